// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"

	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// What a visitor does on the portal.
const (
	accept  = "accept"
	decline = "decline"
)

// portalVisitors use the portal as browsers do. They are safe for concurrent use.
type portalVisitors struct {
	mu       sync.Mutex
	rejected []string
}

// visit opens a link, sends its form and opens the page that the answer leads to. It fails if there is no answer; callers
// then repeat the whole visit. It records unexpected answers: a restart of the operator must not cause a rejection.
func (p *portalVisitors) visit(ctx context.Context, link, action string) error {
	if _, err := p.request(ctx, http.MethodGet, link, nil, http.StatusOK); err != nil {
		return err
	}
	next, err := p.submit(ctx, link, action)
	if err != nil {
		return err
	}
	_, err = p.request(ctx, http.MethodGet, next, nil, http.StatusOK)
	return err
}

// submit sends the form of a link and returns the address that the answer leads to.
func (p *portalVisitors) submit(ctx context.Context, link, action string) (string, error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { usher.reached(formSent, link) },
	})
	return p.request(ctx, http.MethodPost, link, formOf(action), http.StatusSeeOther)
}

// formOf returns the values for the form of any page.
func formOf(action string) url.Values {
	return url.Values{"action": {action}, "displayName": {"Somebody"}, "phone": {""}, "language": {"es"}}
}

// request sends one request and returns the address that the answer leads to, if any.
func (p *portalVisitors) request(ctx context.Context, method, address string, form url.Values, wanted int) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := browser.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return "", err
	}
	if response.StatusCode != wanted {
		return "", p.reject(fmt.Errorf("%s %s: the portal answered %s", method, r.URL.Path[:len(inviteLink)], response.Status))
	}
	to, err := response.Location()
	if errors.Is(err, http.ErrNoLocation) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return to.String(), nil
}

func (p *portalVisitors) reject(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rejected = append(p.rejected, err.Error())
	return err
}

// rejections returns the answers that no visitor should ever see.
func (p *portalVisitors) rejections() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.rejected...)
}

// browser does not follow redirects, and opens a new connection for each page.
var browser = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// The kinds of mail, by the link that they contain.
const (
	inviteLink  = "/i/"
	confirmLink = "/c/"
	noLink      = ""
	kinds       = 3
)

// linkOf returns the link of a mail to a page of the portal other than its home page, or "" if there is none.
func linkOf(m mailbox.Message) string {
	for _, link := range m.Links() {
		if kindOf(link) != noLink {
			return link
		}
	}
	return ""
}

// kindOf returns the kind of the mail with a link.
func kindOf(link string) string {
	path, _ := strings.CutPrefix(link, usher.options.PortalURL)
	for _, kind := range []string{inviteLink, confirmLink} {
		if strings.HasPrefix(path, kind) {
			return kind
		}
	}
	return noLink
}
