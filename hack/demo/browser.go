// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// browser visits pages like a browser without scripts: it reads the form on a page and submits it.
type browser struct{ client *http.Client }

func newBrowser() *browser {
	return &browser{client: &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// visit is a page and how it was reached.
type visit struct {
	page
	url *url.URL
	// steps are the requests that were made, each with the status of its answer.
	steps []string
}

// open gets a page.
func (b *browser) open(ctx context.Context, address string) (*visit, error) {
	return b.follow(ctx, http.MethodGet, address, nil)
}

// press submits the form of a page with one of its buttons. Given values replace those in the form's fields.
func (b *browser) press(ctx context.Context, v *visit, button string, given map[string]string) (*visit, error) {
	target, err := v.url.Parse(v.form.action)
	if err != nil {
		return nil, fmt.Errorf("the page's form leads to %q: %w", v.form.action, err)
	}
	values, err := v.form.fill(button, given)
	if err != nil {
		return nil, err
	}
	return b.follow(ctx, http.MethodPost, target.String(), values)
}

// follow makes a request and follows its redirects.
func (b *browser) follow(ctx context.Context, method, address string, values url.Values) (*visit, error) {
	var steps []string
	for range 5 {
		response, err := b.send(ctx, method, address, values)
		if err != nil {
			return nil, err
		}
		steps = append(steps, strings.TrimSpace(fmt.Sprintf("%s %s %s", method, address, show(values)))+"\n  "+response.Status)
		if location, err := response.Location(); err == nil && response.StatusCode < 400 {
			_ = response.Body.Close()
			method, address, values = http.MethodGet, location.String(), nil
			continue
		}
		v := &visit{url: response.Request.URL, steps: steps}
		v.page, err = readPage(response.Body)
		_ = response.Body.Close()
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s %s answered %s: %s", method, address, response.Status, v.heading)
		}
		return v, err
	}
	return nil, fmt.Errorf("%s redirects too often", address)
}

func (b *browser) send(ctx context.Context, method, address string, values url.Values) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(values.Encode()))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", request.URL.Scheme+"://"+request.URL.Host)
	}
	return b.client.Do(request)
}

// show formats a form's values in one line.
func show(values url.Values) string {
	var parts []string
	for _, name := range []string{"displayName", "phone", "language", "action"} {
		if value := values.Get(name); value != "" {
			parts = append(parts, fmt.Sprintf("%s=%q", name, value))
		}
	}
	return strings.Join(parts, " ")
}
