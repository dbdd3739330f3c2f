// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package delivery sends the messages that are queued in objects' states: in batches, over several connections, under a rate
// limit that all objects share. It writes the outcome of each message back.
package delivery

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/requeue"
)

const (
	// maxBatch and batchTime bound what is sent before its outcome is written: an operator that dies in between sends no more
	// than that again.
	maxBatch  = 25
	batchTime = time.Second
	// passTime is how long one object's messages are sent before other objects have their turn.
	passTime = 5 * time.Second
	// recordTimeout bounds the writing of an outcome, which continues when the operator is told to stop: a message that was sent
	// without being recorded would be sent again.
	recordTimeout = 20 * time.Second
)

// Workers are the options of controllers that send messages: how many objects of a kind they handle at the same time. They have
// workers of their own, so that a slow mail server does not delay the reconcilers that grant access. Organizations take turns.
var Workers = controller.Options{MaxConcurrentReconciles: 4, NewQueue: requeue.NewQueue}

// Dispatcher sends what outboxes queue. All controllers that send messages share one.
type Dispatcher struct {
	limiter     *RateLimiter
	connections int
	now         func() time.Time
	// recorded counts the batches since the start whose outcome was written.
	recorded atomic.Int32
}

// NewDispatcher returns a Dispatcher that sends up to connections messages at the same time, and at most perMinute messages a
// minute; zero: without a limit.
func NewDispatcher(connections, perMinute int, now func() time.Time) *Dispatcher {
	return &Dispatcher{limiter: NewRateLimiter(perMinute), connections: connections, now: now}
}

// Deliver sends the messages of an outbox that are due, as far as the rate limit allows, and returns when to come again. Of is the
// outbox's object, of which the kind, the namespace and the name are enough.
func (d *Dispatcher) Deliver(ctx context.Context, of client.Object, box Outbox) (ctrl.Result, error) {
	pending := box.Pending()
	count := len(due(pending))
	if count == 0 {
		return ctrl.Result{RequeueAfter: wait(pending)}, nil
	}
	allowed, delay := d.limiter.Reserve(client.ObjectKeyFromObject(of), count, d.now())
	if allowed == 0 {
		return ctrl.Result{RequeueAfter: delay}, nil
	}
	if ok, err := box.Load(ctx); !ok || err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if err := d.sendBatches(ctx, box, allowed); err != nil {
		return requeue.IgnoreConflict(of, ctrl.Result{}, client.IgnoreNotFound(err))
	}
	return ctrl.Result{RequeueAfter: wait(box.Pending())}, nil
}

// sendBatches sends up to allowed messages in batches. Each batch is taken from the state that the one before has written.
func (d *Dispatcher) sendBatches(ctx context.Context, box Outbox, allowed int) error {
	for ends := d.now().Add(passTime); allowed > 0 && ctx.Err() == nil && d.now().Before(ends); {
		batch := due(box.Pending())
		batch = batch[:min(len(batch), allowed, d.batchSize())]
		results := d.sendBatch(ctx, box, batch)
		if len(results) == 0 {
			return nil
		}
		if err := record(ctx, box, results); err != nil {
			return err
		}
		d.recorded.Add(1)
		allowed -= len(results)
	}
	return nil
}

// batchSize returns one message at first, and twice as many after each batch whose outcome was written. The bounds of a batch
// limit what one crash repeats; this limits what a crash loop repeats. An operator that dies each time before it has written an
// outcome, for want of memory or of the permission to write status, sends the first message again at every restart, not the
// first 25.
func (d *Dispatcher) batchSize() int {
	const doublings = 5 // enough to pass maxBatch
	return min(1<<min(d.recorded.Load(), doublings), maxBatch)
}

// sendBatch sends a few messages over all connections, and returns their results by ID. It starts no further message after
// batchTime, or once the operator is told to stop.
func (d *Dispatcher) sendBatch(ctx context.Context, box Outbox, batch []Message) map[string]attempt.Result {
	sends := make([]Send, len(batch)) // all rendered before the first is sent, from the same state
	for n := range batch {
		sends[n] = box.Render(ctx, batch[n].ID)
	}
	var next atomic.Int32
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
			result := sends[n](ctx)
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

// record writes the results of messages, even after the operator was told to stop.
func record(ctx context.Context, box Outbox, results map[string]attempt.Result) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return box.Record(ctx, results)
}
