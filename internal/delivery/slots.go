// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"sync"

	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/fair"
)

// slots lets as many mails be sent at the same time as there are connections. The next free one goes to a mail that somebody waits for
// in front of a page, else to the next tenant in turn: bulk that is under way delays nobody by more than the mails that are being sent.
type slots struct {
	mu      sync.Mutex
	free    int
	waiting fair.Queue[chan struct{}]
}

func newSlots(n int) *slots { return &slots{free: max(n, 1)} }

// take waits for a slot until ctx ends, and reports whether it has one. A slot must be given back.
func (s *slots) take(ctx context.Context, of budget.Requester) bool {
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return true
	}
	turn, priority := make(chan struct{}), 0
	if of.Urgent {
		priority = 1
	}
	s.waiting.Push(turn, of.Tenant, priority)
	s.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.waiting.Remove(turn) {
		s.next() // it was this one's turn at the same moment
	}
	return false
}

// give gives a slot back.
func (s *slots) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next()
}

func (s *slots) next() {
	if turn, _, ok := s.waiting.Pop(); ok {
		close(turn)
		return
	}
	s.free++
}
