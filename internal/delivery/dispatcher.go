// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package delivery sends the messages that are queued in objects' states: in batches, over several connections, under a rate
// limit that all objects share. It writes the outcome of each message back.
package delivery

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/requeue"
)

const (
	// maxBatch and batchTime bound what is sent before its outcome is written: an operator that dies in between sends no more
	// than that again.
	maxBatch  = 100
	batchTime = time.Second
	// passTime is how long one object's messages are sent before other objects have their turn. If somebody waits for them in front of a
	// page, so do those for the other objects, and it is no longer than batchTime.
	passTime = 5 * time.Second
	// maxPass is how many messages one object reserves for a pass at most, so that it keeps no budget from others that it cannot use.
	maxPass = 200
	// recordTimeout bounds the writing of an outcome, which continues when the operator is told to stop: a message that was sent
	// without being recorded would be sent again.
	recordTimeout = 20 * time.Second
)

// readers is how many objects of a kind are read and written while the mails of others keep the connections busy: beside a mail server
// that is near, that takes longer than sending.
const readers = 8

// Workers returns the options of controllers that send messages: how many objects of a kind they handle at the same time, which is enough
// for all connections. They have workers of their own, so that a slow mail server does not delay the reconcilers that grant access.
// Organizations take turns.
func (d *Dispatcher) Workers() controller.Options {
	return controller.Options{MaxConcurrentReconciles: readers + max(d.connections, 1), NewQueue: requeue.NewQueue}
}

// Dispatcher sends what outboxes queue. All controllers that send messages share one.
type Dispatcher struct {
	limiter     *RateLimiter
	budgets     *Budgets
	slots       *slots
	connections int
	now         func() time.Time
	// recorded counts the batches since the start whose outcome was written.
	recorded atomic.Int32
}

// NewDispatcher returns a Dispatcher that sends up to connections messages at the same time, and at most perMinute messages a
// minute; zero: without a limit.
func NewDispatcher(connections int, perMinute live.Value[int], now func() time.Time) *Dispatcher {
	return &Dispatcher{limiter: NewRateLimiter(perMinute), slots: newSlots(connections), connections: connections, now: now}
}

// WithBudgets makes messages wait for the budgets of their organizations and destinations, and returns the Dispatcher.
func (d *Dispatcher) WithBudgets(b *Budgets) *Dispatcher {
	d.budgets = b
	return d
}

// Deliver sends the messages of an outbox that are due, as far as the rate limit and the budgets allow, and returns when to come again.
// Of is the outbox's object, of which the kind, the namespace and the name are enough.
func (d *Dispatcher) Deliver(ctx context.Context, of client.Object, box Outbox) (ctrl.Result, error) {
	pending := box.Pending()
	messages := due(pending)
	if len(messages) == 0 {
		return ctrl.Result{RequeueAfter: wait(pending)}, nil
	}
	requester := requesterOf(of, messages[0])
	allowed, delay := d.limiter.Reserve(requester, len(messages), d.now())
	if allowed == 0 {
		return ctrl.Result{RequeueAfter: delay}, nil
	}
	if ok, err := box.Load(ctx); !ok || err != nil {
		d.limiter.GiveBack(allowed)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if err := d.sendAllowed(ctx, box, requester, allowed); err != nil {
		return requeue.IgnoreConflict(of, ctrl.Result{}, client.IgnoreNotFound(err))
	}
	return ctrl.Result{RequeueAfter: wait(box.Pending())}, nil
}

// sendAllowed sends those of the messages that are due for which there is a budget, and records for which budget the others wait.
func (d *Dispatcher) sendAllowed(ctx context.Context, box Outbox, of budget.Requester, allowed int) error {
	g, err := d.budgets.reserve(ctx, of, due(box.Pending()), min(allowed, maxPass))
	if err != nil {
		d.limiter.GiveBack(allowed)
		return err
	}
	defer g.end()
	d.limiter.GiveBack(allowed - len(g.left))
	if err := d.sendBatches(ctx, box, of, g); err != nil || len(g.held) == 0 {
		return err
	}
	return record(ctx, box, g.held)
}

// sendBatches sends what is granted in batches. Each batch is taken from the state that the one before has written.
func (d *Dispatcher) sendBatches(ctx context.Context, box Outbox, of budget.Requester, g *grant) error {
	turn := passTime
	if of.Urgent {
		turn = batchTime
	}
	for ends := d.now().Add(turn); len(g.left) > 0 && ctx.Err() == nil && d.now().Before(ends); {
		batch := slices.DeleteFunc(due(box.Pending()), func(m Message) bool { return g.left[m.ID].ID == "" })
		batch = batch[:min(len(batch), d.batchSize())]
		results := d.sendBatch(ctx, box, of, batch)
		if len(results) == 0 {
			return nil
		}
		for id, result := range results {
			g.tried(id, result)
		}
		if err := record(ctx, box, results); err != nil {
			return err
		}
		d.recorded.Add(1)
	}
	return nil
}

// batchSize returns one message at first, and twice as many after each batch whose outcome was written. The bounds of a batch
// limit what one crash repeats; this limits what a crash loop repeats. An operator that dies each time before it has written an
// outcome, for want of memory or of the permission to write status, sends the first message again at every restart, not the
// first hundred.
func (d *Dispatcher) batchSize() int {
	const doublings = 7 // enough to pass maxBatch
	return min(1<<min(d.recorded.Load(), doublings), maxBatch)
}

// sendBatch sends a few messages over all connections, and returns their results by ID. It starts no further message after
// batchTime, or once the operator is told to stop. The first is sent however long it had to wait for a connection: it had its turn.
func (d *Dispatcher) sendBatch(ctx context.Context, box Outbox, of budget.Requester, batch []Message) map[string]attempt.Result {
	sends := make([]Send, len(batch)) // all rendered before the first is sent, from the same state
	for n := range batch {
		sends[n] = box.Render(ctx, batch[n].ID)
	}
	var next atomic.Int32
	var started atomic.Bool
	var mu sync.Mutex
	results := make(map[string]attempt.Result, len(batch))
	deadline := d.now().Add(batchTime)
	send := func() {
		for ctx.Err() == nil && d.now().Before(deadline) {
			n := int(next.Add(1)) - 1
			if n >= len(sends) {
				return
			}
			if sends[n] == nil {
				continue
			}
			result, tried := d.sendOne(ctx, of, batch[n], sends[n], func() bool {
				return started.CompareAndSwap(false, true) || d.now().Before(deadline)
			})
			if !tried {
				return
			}
			mu.Lock()
			results[batch[n].ID] = result
			mu.Unlock()
		}
	}
	var senders sync.WaitGroup
	for range min(len(batch), max(d.connections, 1)) {
		senders.Go(send)
	}
	senders.Wait()
	return results
}

// sendOne sends a message when there is a slot for it; false: there was none in time.
func (d *Dispatcher) sendOne(ctx context.Context, of budget.Requester, m Message, send Send, inTime func() bool) (attempt.Result, bool) {
	if m.Stream == budget.Phones { // a gateway that is slow keeps no mail waiting
		return send(ctx), true
	}
	if !d.slots.take(ctx, of) {
		return attempt.Result{}, false
	}
	defer d.slots.give()
	if !inTime() {
		return attempt.Result{}, false
	}
	return send(ctx), true
}

// record writes the results of messages, even after the operator was told to stop.
func record(ctx context.Context, box Outbox, results map[string]attempt.Result) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return box.Record(ctx, results)
}
