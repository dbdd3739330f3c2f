// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

const (
	// deliveryWorkers is how many objects of a kind have their mails sent at the same time. They are workers of their own:
	// a mail server that is slow keeps nobody's access waiting.
	deliveryWorkers = 4
	// maxBatch and batchTime bound what is sent before what came of it is written: an operator that dies in between
	// sends no more than that again.
	maxBatch  = 25
	batchTime = time.Second
	// passTime is how long one object's mails are sent before others have their turn.
	passTime = 5 * time.Second
	// recordTimeout bounds the writing of a delivery, which goes on when the operator is told to stop: a mail that is out
	// and not recorded would be sent again.
	recordTimeout = 20 * time.Second
)

// dispatcher sends the messages that written states call for, and writes what came of them.
type dispatcher struct {
	Dependencies
	pace *pace
	// recorded counts the batches since the start whose outcome is written.
	recorded atomic.Int32
}

// queuedMessage is a message that an object's status holds: the intent to send it, and what came of it.
type queuedMessage interface {
	// name identifies it among the messages of its object.
	name() string
	// next gives how long until it is to be sent; false: it is not.
	next(now time.Time) (time.Duration, bool)
	// urgency: those with more of it go first.
	urgency() int
	// record writes what came of it.
	record(delivery attempt.Result, now time.Time)
}

// sendFunc sends one message and gives what came of it.
type sendFunc func(ctx context.Context) attempt.Result

// outbox is an object with the messages that its status queues.
type outbox[T queuedMessage] struct {
	object status.Object
	// messages gives the messages that the object holds, as it is at the moment; none while nothing is to be sent.
	messages func() []T
	// prepare gathers what the messages have in common; false: nothing is to be sent.
	prepare func(ctx context.Context) (bool, error)
	// write writes a message.
	write func(ctx context.Context, e T) sendFunc
	// conclude brings the object's summary up to date.
	conclude func()
}

// deliver sends what is due of an object that comes from the cache, and gives when to come again.
func deliver[T queuedMessage](ctx context.Context, p *dispatcher, s outbox[T]) (ctrl.Result, error) {
	key := client.ObjectKeyFromObject(s.object)
	due := s.due(p.Now())
	if len(due) == 0 {
		return ctrl.Result{RequeueAfter: s.wait(p.Now())}, nil
	}
	mails, wait := p.pace.turn(key, len(due), p.Now())
	if mails == 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	// An older state than the newest may not know that a mail was sent.
	if err := status.Read(ctx, p.Live, key, s.object); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if ok, err := s.prepare(ctx); !ok || err != nil {
		return ctrl.Result{}, err
	}
	if err := sendBatches(ctx, p, s, mails); err != nil {
		return settled(ctrl.Result{}, client.IgnoreNotFound(err))
	}
	return ctrl.Result{RequeueAfter: s.wait(p.Now())}, nil
}

// sendBatches sends up to so many messages, batch by batch, each from the state that the one before has written.
func sendBatches[T queuedMessage](ctx context.Context, p *dispatcher, s outbox[T], mails int) error {
	for ends := p.Now().Add(passTime); mails > 0 && ctx.Err() == nil && p.Now().Before(ends); {
		due := s.due(p.Now())
		due = due[:min(len(due), mails, p.batchSize())]
		if len(due) == 0 {
			return nil
		}
		deliveries := sendBatch(ctx, p, s, due)
		if err := s.record(ctx, p, deliveries); err != nil {
			return err
		}
		p.recorded.Add(1)
		mails -= len(deliveries)
	}
	return nil
}

// batchSize begins small and doubles with each batch that is recorded: an operator that dies again and again soon after its
// start sends few people the same mail again.
func (d *dispatcher) batchSize() int {
	const doublings = 5 // enough to pass maxBatch
	return min(1<<min(d.recorded.Load(), doublings), maxBatch)
}

// sendBatch sends a few messages over all connections, and gives what came of them by name. It begins none when it has taken
// long, or the operator is told to stop.
func sendBatch[T queuedMessage](ctx context.Context, p *dispatcher, s outbox[T], due []T) map[string]attempt.Result {
	sends := make([]sendFunc, len(due))
	for n := range due {
		sends[n] = s.write(ctx, due[n])
	}
	var next atomic.Int32
	var mu sync.Mutex
	deliveries := make(map[string]attempt.Result, len(due))
	deadline := time.Now().Add(batchTime)
	send := func() {
		for ctx.Err() == nil && time.Now().Before(deadline) {
			n := int(next.Add(1)) - 1
			if n >= len(sends) {
				return
			}
			delivery := sends[n](ctx)
			mu.Lock()
			deliveries[due[n].name()] = delivery
			mu.Unlock()
		}
	}
	var senders sync.WaitGroup
	for range min(len(due), max(p.MailConnections, 1)) {
		senders.Go(send)
	}
	senders.Wait()
	return deliveries
}

// record writes what came of the mails, whatever the portal writes at the same time.
func (s outbox[T]) record(ctx context.Context, p *dispatcher, deliveries map[string]attempt.Result) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return status.Amend(ctx, p.Live, p.Client, s.object, func() error {
		for _, e := range s.messages() {
			if delivery, sent := deliveries[e.name()]; sent {
				e.record(delivery, p.Now())
			}
		}
		s.conclude()
		return nil
	})
}

// due gives the messages to send at once, the most urgent first.
func (s outbox[T]) due(now time.Time) []T {
	if !s.object.GetDeletionTimestamp().IsZero() {
		return nil
	}
	messages := slices.DeleteFunc(s.messages(), func(e T) bool {
		wait, queued := e.next(now)
		return !queued || wait > 0
	})
	slices.SortStableFunc(messages, func(a, b T) int { return b.urgency() - a.urgency() })
	return messages
}

// wait gives how long until the next mail is due; zero: none is, before something is written.
func (s outbox[T]) wait(now time.Time) time.Duration {
	if !s.object.GetDeletionTimestamp().IsZero() {
		return 0
	}
	var wait time.Duration
	for _, e := range s.messages() {
		if next, queued := e.next(now); queued {
			wait = sooner(wait, max(next, time.Millisecond))
		}
	}
	return wait
}

// onboardingMessage is the mail of somebody who is being invited.
type onboardingMessage struct {
	email string
	// user is the name of the person's OrgUser.
	user   string
	status *v1alpha1.OnboardingStatus
}

func (m onboardingMessage) name() string { return m.email }

// next: a link whose time is over is of no use.
func (m onboardingMessage) next(now time.Time) (time.Duration, bool) {
	if onboarding.Expired(m.status, now) {
		return 0, false
	}
	return onboarding.NextAttempt(m.status, now)
}

// urgency: somebody waits in front of a page for the mails that follow registration.
func (m onboardingMessage) urgency() int {
	if m.status.Mail.Kind == v1alpha1.MailInvitation {
		return 0
	}
	return 1
}

func (m onboardingMessage) record(delivery attempt.Result, now time.Time) {
	onboarding.Record(m.status, delivery, now)
}
