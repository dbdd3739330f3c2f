// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/budget"
)

// Outbox is the queue of messages in one object's state. A message is queued by writing the state, before anything is sent, and
// its result is written afterwards: an operator that dies in between sends it again under the same Message-ID.
//
// The Dispatcher calls Pending for the state in the cache. If a message is due and the rate limit allows it, it calls Load, and
// then Pending, Render and Record for one batch after another. It calls one method at a time; the functions that Render returned
// run at the same time as each other.
type Outbox interface {
	// Pending returns the messages that the state queues, whether they are due or not. It returns none while the object is being
	// deleted.
	Pending() []Message
	// Load replaces the state, which came from the cache, with the newest one, because an older state may not know that a message
	// was sent. It also reads what the messages have in common. False: nothing is to be sent.
	Load(ctx context.Context) (bool, error)
	// Render composes a message and returns the function that sends it; nil: the message is not queued. The id is one that Pending
	// has just returned. The function must not change the state.
	Render(ctx context.Context, id string) Send
	// Record writes the results of messages, by ID, into the newest state. A result whose message is no longer queued changes
	// nothing. After an error, nothing further is sent in this pass.
	Record(ctx context.Context, results map[string]attempt.Result) error
}

// Message is a queued message of an Outbox.
type Message struct {
	// ID identifies the message: no other message of the same Outbox has it. It need not be the Message-ID.
	ID string
	// MessageID identifies the message to those who receive it.
	MessageID string
	// Organization is the one whose message it is; empty: that of the object's namespace.
	Organization string
	// Stream is the kind of message, and Destination the address or number it goes to: what budgets count; empty: it has none.
	Stream      budget.Stream
	Destination string
	// Wait is how long until the message is due; zero or less: it is due.
	Wait time.Duration
	// Urgency decides the order in which messages that are due are sent, highest first. Equally urgent messages keep the order of
	// Pending.
	Urgency int
}

// Awaited reports whether somebody waits for the message in front of a page.
func (m Message) Awaited() bool { return m.Stream == budget.Awaited || m.Stream == budget.Unproven }

// Send tries once to send a message.
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
