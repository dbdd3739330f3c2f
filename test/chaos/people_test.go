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

// What somebody does on the portal.
const (
	accept  = "accept"
	decline = "decline"
)

// people use the portal as their browsers do. They are safe for concurrent use.
type people struct {
	mu  sync.Mutex
	odd []string
}

// visit opens a link, sends its form and opens the page that this leads to. It fails when there is no answer: whoever
// visits does it again then, from the start. An answer other than that all is well is noted: nobody must be turned away
// because the operator was started again.
func (p *people) visit(ctx context.Context, link, action string) error {
	if _, err := p.ask(ctx, http.MethodGet, link, nil, http.StatusOK); err != nil {
		return err
	}
	next, err := p.submit(ctx, link, action)
	if err != nil {
		return err
	}
	_, err = p.ask(ctx, http.MethodGet, next, nil, http.StatusOK)
	return err
}

// submit sends the form of a link and gives the address to which the answer leads.
func (p *people) submit(ctx context.Context, link, action string) (string, error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { usher.reach(formSent, link) },
	})
	return p.ask(ctx, http.MethodPost, link, formOf(action), http.StatusSeeOther)
}

// formOf gives what the form of any page is filled in with.
func formOf(action string) url.Values {
	return url.Values{"action": {action}, "displayName": {"Somebody"}, "phone": {""}, "language": {"es"}}
}

// ask makes one request and gives the address to which the answer leads, if it does.
func (p *people) ask(ctx context.Context, method, address string, form url.Values, wanted int) (string, error) {
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
		return "", p.note(fmt.Errorf("%s %s: the portal answered %s", method, r.URL.Path[:len(inviteLink)], response.Status))
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

func (p *people) note(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.odd = append(p.odd, err.Error())
	return err
}

// turnedAway gives the answers that nobody should ever see.
func (p *people) turnedAway() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.odd...)
}

// browser follows no redirect by itself, and connects anew for each page.
var browser = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// The kinds of mail, by the link that they hold.
const (
	inviteLink  = "/i/"
	confirmLink = "/c/"
	noLink      = ""
	kinds       = 3
)

// linkOf gives the link of a mail to the portal that is more than the portal itself; empty: it holds none.
func linkOf(m mailbox.Message) string {
	for _, link := range m.Links() {
		if kindOf(link) != noLink {
			return link
		}
	}
	return ""
}

// kindOf gives the kind of mail that holds a link.
func kindOf(link string) string {
	path, _ := strings.CutPrefix(link, usher.options.PortalURL)
	for _, kind := range []string{inviteLink, confirmLink} {
		if strings.HasPrefix(path, kind) {
			return kind
		}
	}
	return noLink
}
