// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// Outbox is the queue of messages in one object's state. The state is written before a message is sent, and what came of the
// message is written after: an operator that dies in between sends it again under the same Message-ID.
type Outbox interface {
	// Pending returns the messages that the state queues, whether they are due or not; none while the object is being deleted.
	Pending() []Message
	// Load replaces the state, which comes from the cache, by the newest one, since an older state may not know that a message
	// was sent. It also gathers what the messages have in common. False: nothing is to be sent.
	Load(ctx context.Context) (bool, error)
	// Render composes a pending message and returns the function that sends it.
	Render(ctx context.Context, id string) Send
	// Record writes what came of messages, by their ids.
	Record(ctx context.Context, results map[string]attempt.Result) error
}

// Message is a queued message of an Outbox.
type Message struct {
	// ID identifies the message within its Outbox.
	ID string
	// Wait is how long until the message is due; zero or less: it is due.
	Wait time.Duration
	// Urgency decides which of the due messages goes first: the most urgent.
	Urgency int
}

// Send tries once to hand a message over.
type Send func(ctx context.Context) attempt.Result

// due returns the messages to send now, the most urgent first.
func due(pending []Message) []Message {
	messages := slices.DeleteFunc(slices.Clone(pending), func(m Message) bool { return m.Wait > 0 })
	slices.SortStableFunc(messages, func(a, b Message) int { return cmp.Compare(b.Urgency, a.Urgency) })
	return messages
}

// wait returns how long until the next message is due; zero: none is queued.
func wait(pending []Message) time.Duration {
	var next time.Duration
	for _, m := range pending {
		next = attempt.Lowest(next, max(m.Wait, time.Millisecond))
	}
	return next
}
