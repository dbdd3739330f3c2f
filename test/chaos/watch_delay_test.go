// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"regexp"
	"strings"
	"sync"
)

// watchDelay holds back the watch events of some resources on their way to the operator. Its cache of them is then stale, as
// on a busy machine. It is safe for concurrent use.
type watchDelay struct {
	mu sync.Mutex
	// held has a channel for each resource whose events are held back, which is closed to release them.
	held map[string]chan struct{}
	// from matches the write before which events of the resource begin to be held back.
	from     *regexp.Regexp
	resource string
}

// hold holds back the events of a resource.
func (d *watchDelay) hold(resource string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held == nil {
		d.held = map[string]chan struct{}{}
	}
	if d.held[resource] == nil {
		d.held[resource] = make(chan struct{})
	}
}

// holdFrom holds back the events of a resource from just before the operator's next write that matches a regular expression.
func (d *watchDelay) holdFrom(write, resource string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.from, d.resource = regexp.MustCompile(write), resource
}

// release releases all events.
func (d *watchDelay) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, held := range d.held {
		close(held)
	}
	d.held, d.from = nil, nil
}

// observe is called for every fault point.
func (d *watchDelay) observe(at faultPoint, about string) {
	d.mu.Lock()
	due := at == beforeWrite && d.from != nil && d.from.MatchString(about)
	if due {
		d.from = nil
	}
	d.mu.Unlock()
	if due {
		d.hold(d.resource)
	}
}

// wait waits until the events of a watch, by its path, are released.
func (d *watchDelay) wait(path string) {
	d.mu.Lock()
	held := d.held[path[strings.LastIndex(path, "/")+1:]]
	d.mu.Unlock()
	if held != nil {
		<-held
	}
}
