// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"regexp"
	"strings"
	"sync"
)

// news is what watches bring to the operator. News of a resource can be held back: its cache is late then, as on a busy
// machine. It is safe for concurrent use.
type news struct {
	mu sync.Mutex
	// held is closed for each resource when its news may pass; there is none for news that is not held back.
	held map[string]chan struct{}
	// from says which write begins to hold back news, and of what.
	from     *regexp.Regexp
	resource string
}

// hold holds back the news of a resource.
func (n *news) hold(resource string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.held == nil {
		n.held = map[string]chan struct{}{}
	}
	if n.held[resource] == nil {
		n.held[resource] = make(chan struct{})
	}
}

// holdFrom does so from the operator's next write on that matches a regular expression, before that write.
func (n *news) holdFrom(write, resource string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.from, n.resource = regexp.MustCompile(write), resource
}

// release lets all news pass.
func (n *news) release() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, held := range n.held {
		close(held)
	}
	n.held, n.from = nil, nil
}

// reach hears of what the operator asks for.
func (n *news) reach(at moment, about string) {
	n.mu.Lock()
	due := at == beforeWrite && n.from != nil && n.from.MatchString(about)
	if due {
		n.from = nil
	}
	n.mu.Unlock()
	if due {
		n.hold(n.resource)
	}
}

// wait waits until news from a path may pass.
func (n *news) wait(path string) {
	n.mu.Lock()
	held := n.held[path[strings.LastIndex(path, "/")+1:]]
	n.mu.Unlock()
	if held != nil {
		<-held
	}
}
