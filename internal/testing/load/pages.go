// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// pageTimeout is how long a visitor waits for a page.
const pageTimeout = 15 * time.Second

// visitors view pages through a proxy, each from an address of their own.
type visitors struct {
	seen sequence
	// kept keeps connections open from one page to the next, as a proxy does; fresh opens a connection for each page.
	kept, fresh *http.Client
}

func newVisitors() *visitors {
	browser := func(transport *http.Transport) *http.Client {
		return &http.Client{
			Timeout: pageTimeout, Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &visitors{kept: browser(&http.Transport{MaxIdleConnsPerHost: 10}), fresh: browser(&http.Transport{DisableKeepAlives: true})}
}

// view opens the page of an invitation.
func (o *Organization) view(ctx context.Context) outcome {
	return outcome{what: "view an invitation", refusal: o.visitors.open(ctx, o.link)}
}

// open opens a page with a form, and returns what is wrong with the answer.
func (v *visitors) open(ctx context.Context, link string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return withoutLink(err).Error()
	}
	n := v.seen.next()
	// The portal limits the requests from each address. These are reserved for documentation.
	request.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", n%250+1))
	browser := v.kept
	if n%2 == 0 {
		browser = v.fresh
	}
	response, err := browser.Do(request)
	if err != nil {
		return withoutLink(err).Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return "while reading the page: " + err.Error()
	case response.StatusCode != http.StatusOK:
		return "the portal answered " + response.Status
	case !strings.Contains(string(body), "<form"):
		return "the page has no form"
	default:
		return ""
	}
}

// withoutLink removes the link, which nobody should find in the output of a test, from the error of a request.
func withoutLink(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
