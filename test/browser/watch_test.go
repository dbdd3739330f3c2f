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

// watch sees all that a tab asks for and all that its pages report. It may be used from several goroutines.
type watch struct {
	mu       sync.Mutex
	found    []string
	requests []request
}

// request is one request that the browser sent.
type request struct {
	Method, URL string
	Type        network.ResourceType
}

// see takes an event of the tab.
func (w *watch) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.requests = append(w.requests, request{e.Request.Method, e.Request.URL, e.Type})
		if u, err := url.Parse(e.Request.URL); err != nil || !local(u) {
			w.add("asked another host: %s", e.Request.URL)
		}
	case *network.EventRequestWillBeSentExtraInfo:
		for name, value := range e.Headers {
			if from, err := url.Parse(fmt.Sprint(value)); strings.EqualFold(name, "Referer") && (err != nil || from.Path != "/") {
				w.add("told from which page it came: Referer %v", value)
			}
		}
	case *runtime.EventConsoleAPICalled:
		w.add("wrote to the console: %s", e.Type)
	case *runtime.EventExceptionThrown:
		w.add("threw an exception: %s", e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if !w.answeredByPage(e.Entry) && !missesTLS(e.Entry) {
			w.add("logged: %s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	}
}

// local is true for what does not leave the machine.
func local(u *url.URL) bool {
	return u.Scheme == "about" || u.Scheme == "data" ||
		u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost" || u.Hostname() == remoteName
}

// answeredByPage is true for the browser's remark that a page came with a status of 400 or above: tests look at the
// status of each page themselves.
func (w *watch) answeredByPage(e *log.Entry) bool {
	if e.Source != log.EntrySourceNetwork || !strings.HasPrefix(e.Text, "Failed to load resource: the server responded with a status") {
		return false
	}
	for _, r := range w.requests {
		if r.URL == e.URL && r.Type == network.ResourceTypeDocument {
			return true
		}
	}
	return false
}

// missesTLS is true for the browser's remark that it leaves a header out of account at a remote site without TLS.
func missesTLS(e *log.Entry) bool {
	u, err := url.Parse(e.URL)
	return err == nil && u.Hostname() == remoteName && strings.Contains(e.Text, "has been ignored, because the URL's origin was untrustworthy")
}

func (w *watch) add(format string, args ...any) {
	w.found = append(w.found, fmt.Sprintf(format, args...))
}

// problems are what must not be.
func (w *watch) problems() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.found...)
}

// sent are the requests so far.
func (w *watch) sent() []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]request(nil), w.requests...)
}
