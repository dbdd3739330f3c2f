// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// lookInterval is how exact the times of a chronicle are.
const lookInterval = 100 * time.Millisecond

// chronicle notes who leads and which pods serve, from when to when.
type chronicle struct {
	mu      sync.Mutex
	moments []moment
}

// moment is what was found at a time, and until the next one.
type moment struct {
	at     time.Time
	holder string
	// serving are Service/pod.
	serving []string
}

// serves reports whether any Service leads to a pod.
func (m moment) serves(pod string) bool {
	return slices.ContainsFunc(m.serving, func(s string) bool { return strings.HasSuffix(s, "/"+pod) })
}

// watch begins a chronicle, which ends with the spec, and returns when its first moment is noted. While the API server does not answer,
// nothing is noted.
func watch(ctx context.Context) *chronicle {
	GinkgoHelper()
	c, ended := &chronicle{}, make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer close(ended)
		for ; ctx.Err() == nil; time.Sleep(lookInterval) {
			c.look(ctx)
		}
	}()
	DeferCleanup(func() {
		cancel()
		<-ended
	})
	c.first(ctx, time.Time{}, "something is known", func(moment) bool { return true })
	return c
}

func (c *chronicle) look(ctx context.Context) {
	found, complete := moment{at: time.Now()}, true
	g := NewGomega(func(string, ...int) { complete = false })
	found.holder = holderOf(ctx, g)
	found.serving = servingPods(ctx, g)
	if !complete {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.moments); n > 0 && c.moments[n-1].holder == found.holder && slices.Equal(c.moments[n-1].serving, found.serving) {
		return
	}
	c.moments = append(c.moments, found)
}

// first waits for the first moment after a time of which something is true, and returns when that was.
func (c *chronicle) first(ctx context.Context, after time.Time, what string, is func(moment) bool) time.Time {
	GinkgoHelper()
	var at time.Time
	Eventually(ctx, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for i, m := range c.moments {
			lasts := i == len(c.moments)-1 || c.moments[i+1].at.After(after)
			if lasts && is(m) {
				at = m.at
				return true
			}
		}
		return false
	}).Should(BeTrue(), what)
	if at.Before(after) {
		return after
	}
	return at
}

// newLeader waits for the first moment after a time at which somebody else leads than before.
func (c *chronicle) newLeader(ctx context.Context, after time.Time, former string) time.Time {
	GinkgoHelper()
	return c.first(ctx, after, "somebody else leads", func(m moment) bool { return m.holder != "" && m.holder != former })
}

// released waits for the first moment after a time at which the former leader leads no longer.
func (c *chronicle) released(ctx context.Context, after time.Time, former string) time.Time {
	GinkgoHelper()
	return c.first(ctx, after, "the former leader leads no longer", func(m moment) bool { return m.holder != former })
}

// bypassed waits for the first moment after a time at which no Service leads to a pod.
func (c *chronicle) bypassed(ctx context.Context, after time.Time, pod string) time.Time {
	GinkgoHelper()
	return c.first(ctx, after, "no Service leads to "+pod, func(m moment) bool { return !m.serves(pod) })
}
