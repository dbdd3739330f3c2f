// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// fakeOutbox keeps two states: the one that the cache shows and, in newest, the one that was written last.
type fakeOutbox struct {
	// pending is what the state queues: at first the cache's.
	pending []Message
	// newest replaces pending when the outbox is loaded.
	newest []Message
	// calls are the calls in order, for example "record a b".
	calls []string

	loads     bool
	loadErr   error
	recordErr error
	// missing are messages that Render does not find.
	missing []string
	// sending is called while a message is sent.
	sending func(id string)
	// recording is called with the context of Record.
	recording func(context.Context)

	// result is what sending leads to; nil: the message is accepted.
	result *attempt.Result
	// held are the messages that wait for a budget.
	held map[string]attempt.Result

	mu   sync.Mutex
	sent []string
}

func (b *fakeOutbox) Pending() []Message { return b.pending }

func (b *fakeOutbox) Load(context.Context) (bool, error) {
	b.calls = append(b.calls, "load")
	b.pending = b.newest
	return b.loads, b.loadErr
}

func (b *fakeOutbox) Render(_ context.Context, id string) Send {
	if slices.Contains(b.missing, id) {
		return nil
	}
	return func(context.Context) attempt.Result {
		if b.sending != nil {
			b.sending(id)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.sent = append(b.sent, id)
		if b.result != nil {
			return *b.result
		}
		return attempt.Result{MessageID: id}
	}
}

// Record takes the messages with a result out of the state.
func (b *fakeOutbox) Record(ctx context.Context, results map[string]attempt.Result) error {
	call := "record"
	for _, m := range b.pending {
		if _, sent := results[m.ID]; sent {
			call += " " + m.ID
		}
	}
	b.calls = append(b.calls, call)
	if b.recording != nil {
		b.recording(ctx)
	}
	if b.recordErr != nil {
		return b.recordErr
	}
	b.hold(results)
	b.pending = slices.DeleteFunc(slices.Clone(b.pending), func(m Message) bool { return results[m.ID].MessageID == m.ID })
	b.newest = b.pending
	return nil
}

// hold lets the messages that are held wait for a minute or two.
func (b *fakeOutbox) hold(results map[string]attempt.Result) {
	b.pending = slices.Clone(b.pending)
	for n, m := range b.pending {
		if result := results[m.ID]; result.Budget != "" {
			b.pending[n].Wait = 2 * time.Minute
			if b.held == nil {
				b.held = map[string]attempt.Result{}
			}
			b.held[m.ID] = result
		}
	}
}

// outboxOf returns an outbox whose state is the same in the cache and at the API server.
func outboxOf(messages ...Message) *fakeOutbox {
	return &fakeOutbox{pending: messages, newest: messages, loads: true}
}

func messages(ids ...string) []Message {
	var all []Message
	for _, id := range ids {
		all = append(all, Message{ID: id})
	}
	return all
}
