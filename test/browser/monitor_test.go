// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// monitor records a tab's requests and the problems of its pages. It is safe for concurrent use.
type monitor struct {
	mu       sync.Mutex
	found    []string
	requests []request
	// foreign is the host of pages that are not Usher's, which may do as they like.
	foreign string
}

// request is a request that the browser sent.
type request struct {
	Method, URL string
	Type        network.ResourceType
}

// observe handles an event of the tab.
func (m *monitor) observe(event any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		m.requests = append(m.requests, request{e.Request.Method, e.Request.URL, e.Type})
		if u, err := url.Parse(e.Request.URL); err != nil || !local(u) {
			m.add("requested from another host: %s", e.Request.URL)
		}
	case *network.EventRequestWillBeSentExtraInfo:
		m.observeHeaders(e.Headers)
	case *runtime.EventConsoleAPICalled:
		m.add("wrote to the console: %s", e.Type)
	case *runtime.EventExceptionThrown:
		m.add("threw an exception: %s", e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if !m.answeredByPage(e.Entry) && !missesTLS(e.Entry) && !m.isForeign(e.Entry) {
			m.add("logged: %s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	}
}

// observeHeaders handles what is sent with a request.
func (m *monitor) observeHeaders(headers network.Headers) {
	for name, value := range headers {
		from, err := url.Parse(fmt.Sprint(value))
		if strings.EqualFold(name, "Referer") && (err != nil || from.Path != "/" && from.Host != m.foreign) {
			m.add("revealed its address: Referer %v", value)
		}
	}
}

// local reports whether a URL is on this machine.
func local(u *url.URL) bool {
	return u.Scheme == "about" || u.Scheme == "data" ||
		u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost" || u.Hostname() == remoteName
}

// answeredByPage reports whether a log entry is about a page with a status of 400 or above. Specs check the status of each
// page themselves.
func (m *monitor) answeredByPage(e *log.Entry) bool {
	if e.Source != log.EntrySourceNetwork || !strings.HasPrefix(e.Text, "Failed to load resource: the server responded with a status") {
		return false
	}
	for _, r := range m.requests {
		if r.URL == e.URL && r.Type == network.ResourceTypeDocument {
			return true
		}
	}
	return false
}

// missesTLS reports whether a log entry says that the browser ignores a header of a remote site without TLS.
func missesTLS(e *log.Entry) bool {
	u, err := url.Parse(e.URL)
	return err == nil && u.Hostname() == remoteName && strings.Contains(e.Text, "has been ignored, because the URL's origin was untrustworthy")
}

// isForeign reports whether a log entry is about a page that is not Usher's.
func (m *monitor) isForeign(e *log.Entry) bool {
	u, err := url.Parse(e.URL)
	return err == nil && m.foreign != "" && u.Host == m.foreign
}

func (m *monitor) add(format string, args ...any) {
	m.found = append(m.found, fmt.Sprintf(format, args...))
}

// problems returns the problems so far.
func (m *monitor) problems() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.found...)
}

// sent returns the requests so far.
func (m *monitor) sent() []request {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]request(nil), m.requests...)
}
