// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package dex

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// Browser fills in Dex's pages as a person does in a browser: one with cookies and without scripts.
type Browser struct {
	client *http.Client
}

// NewBrowser returns a browser that has not been anywhere. It uses the transport of a client, which must trust the server's certificate.
func NewBrowser(client *http.Client) *Browser {
	jar, _ := cookiejar.New(nil) // never fails
	return &Browser{client: &http.Client{Transport: client.Transport, Jar: jar}}
}

// Browser returns a new browser that trusts this server.
func (s *Server) Browser() *Browser { return NewBrowser(s.client) }

// Page is what a browser shows.
type Page struct {
	// URL is where redirects have led.
	URL *url.URL
	// Status is the HTTP status code.
	Status int
	// Body is the content.
	Body string
}

// ErrRefused says that Dex did not take the password.
var ErrRefused = errors.New("dex refused the address or the password")

// SignIn opens the address of a sign-in, fills in the form, and returns the page on which the person ends up: the client's.
func (b *Browser) SignIn(ctx context.Context, address, email, password string) (*Page, error) {
	form, err := b.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	page, err := b.Submit(ctx, form, url.Values{"login": {email}, "password": {password}})
	if err == nil && strings.Contains(page.Body, `id="login-error"`) {
		return nil, ErrRefused
	}
	return page, err
}

// Approve opens the address that the device flow shows, submits the code in it, signs in, and returns the last page.
func (b *Browser) Approve(ctx context.Context, address, email, password string) (*Page, error) {
	form, err := b.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	code := form.URL.Query().Get("user_code")
	page, err := b.Submit(ctx, form, url.Values{"user_code": {code}})
	if err != nil {
		return nil, err
	}
	page, err = b.Submit(ctx, page, url.Values{"login": {email}, "password": {password}})
	if err == nil && strings.Contains(page.Body, `id="login-error"`) {
		return nil, ErrRefused
	}
	return page, err
}

// Open returns the page at an address.
func (b *Browser) Open(ctx context.Context, address string) (*Page, error) {
	return b.do(ctx, http.MethodGet, address, "")
}

var formAction = regexp.MustCompile(`<form method="post" action="([^"]*)"`)

// Submit fills in the form on a page.
func (b *Browser) Submit(ctx context.Context, page *Page, fields url.Values) (*Page, error) {
	action := formAction.FindStringSubmatch(page.Body)
	if action == nil {
		return nil, fmt.Errorf("%s has no form (status %d):\n%s", page.URL, page.Status, page.Body)
	}
	target, err := page.URL.Parse(html.UnescapeString(action[1]))
	if err != nil {
		return nil, err
	}
	return b.do(ctx, http.MethodPost, target.String(), fields.Encode())
}

func (b *Browser) do(ctx context.Context, method, address, body string) (*Page, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := b.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return &Page{URL: response.Request.URL, Status: response.StatusCode, Body: string(content)}, err
}
