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
	"github.com/usher-operator/usher/internal/invitation"
	"github.com/usher-operator/usher/internal/status"
)

const (
	// deliveryWorkers is how many objects of a kind have their mails sent at the same time. They are workers of their own:
	// a mail server that is slow keeps nobody's access waiting.
	deliveryWorkers = 4
	// roundMails and roundTime bound what is sent before what came of it is written: an operator that dies in between
	// sends no more than that again.
	roundMails = 25
	roundTime  = time.Second
	// passTime is how long one object's mails are sent before others have their turn.
	passTime = 5 * time.Second
	// recordTimeout bounds the writing of a delivery, which goes on when the operator is told to stop: a mail that is out
	// and not recorded would be sent again.
	recordTimeout = 20 * time.Second
)

// post sends the mails that written states call for, and writes what came of them.
type post struct {
	Dependencies
	pace *pace
	// recorded counts the rounds since the start whose outcome is written.
	recorded atomic.Int32
}

// sheet is an object in whose status mails are queued.
type sheet struct {
	object status.Object
	// people gives whose mails the object holds, as it is at the moment; nobody while nothing is to be sent.
	people func() []person
	// prepare gathers what the letters have in common; false: nothing is to be sent.
	prepare func(ctx context.Context) (bool, error)
	// write writes a person's letter.
	write func(ctx context.Context, p person) letter
	// conclude brings the object's summary up to date.
	conclude func()
}

// person is somebody who gets mails.
type person struct {
	email string
	// user is the name of the person's OrgUser.
	user   string
	status *v1alpha1.OnboardingStatus
}

// deliver sends what is due of an object that comes from the cache, and gives when to come again.
func (p *post) deliver(ctx context.Context, s sheet) (ctrl.Result, error) {
	key := client.ObjectKeyFromObject(s.object)
	due := p.due(s)
	if len(due) == 0 {
		return ctrl.Result{RequeueAfter: p.wait(s)}, nil
	}
	mails, wait := p.pace.turn(key, len(due), p.Now())
	if mails == 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	// An older state than the newest may not know that a mail was sent.
	if err := p.Live.Get(ctx, key, s.object); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if ok, err := s.prepare(ctx); !ok || err != nil {
		return ctrl.Result{}, err
	}
	if err := p.rounds(ctx, s, mails); err != nil {
		return settled(ctrl.Result{}, client.IgnoreNotFound(err))
	}
	return ctrl.Result{RequeueAfter: p.wait(s)}, nil
}

// rounds sends up to so many mails, round by round, each from the state that the one before has written.
func (p *post) rounds(ctx context.Context, s sheet, mails int) error {
	for ends := p.Now().Add(passTime); mails > 0 && ctx.Err() == nil && p.Now().Before(ends); {
		due := p.due(s)
		due = due[:min(len(due), mails, p.roundSize())]
		if len(due) == 0 {
			return nil
		}
		deliveries := p.round(ctx, s, due)
		if err := p.record(ctx, s, deliveries); err != nil {
			return err
		}
		p.recorded.Add(1)
		mails -= len(deliveries)
	}
	return nil
}

// roundSize begins small and doubles with each round that is written: an operator that dies again and again soon after its
// start sends few people the same mail again.
func (p *post) roundSize() int {
	const doublings = 5 // enough to pass roundMails
	return min(1<<min(p.recorded.Load(), doublings), roundMails)
}

// round sends a few mails over all connections, and gives what came of them by address. It begins none when it has taken
// long, or the operator is told to stop.
func (p *post) round(ctx context.Context, s sheet, due []person) map[string]invitation.Delivery {
	letters := make([]letter, len(due))
	for n := range due {
		letters[n] = s.write(ctx, due[n])
	}
	var next atomic.Int32
	var mu sync.Mutex
	deliveries := make(map[string]invitation.Delivery, len(due))
	deadline := time.Now().Add(roundTime)
	send := func() {
		for ctx.Err() == nil && time.Now().Before(deadline) {
			n := int(next.Add(1)) - 1
			if n >= len(letters) {
				return
			}
			delivery := p.send(ctx, letters[n])
			mu.Lock()
			deliveries[due[n].email] = delivery
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
func (p *post) record(ctx context.Context, s sheet, deliveries map[string]invitation.Delivery) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return status.Amend(ctx, p.Live, p.Client, s.object, func() error {
		for _, person := range s.people() {
			if delivery, sent := deliveries[person.email]; sent {
				invitation.Record(person.status, delivery, p.Now())
			}
		}
		s.conclude()
		return nil
	})
}

// due gives who is to get a mail now: first those who wait for it in front of a page.
func (p *post) due(s sheet) []person {
	if !s.object.GetDeletionTimestamp().IsZero() {
		return nil
	}
	people := slices.DeleteFunc(s.people(), func(q person) bool {
		return !invitation.Due(q.status, p.Now()) || invitation.Expired(q.status, p.Now())
	})
	slices.SortStableFunc(people, func(a, b person) int { return urgency(b) - urgency(a) })
	return people
}

func urgency(p person) int {
	if p.status.Mail.Kind == v1alpha1.MailInvitation {
		return 0
	}
	return 1
}

// wait gives how long until the next mail is due; zero: none is, before something is written.
func (p *post) wait(s sheet) time.Duration {
	if !s.object.GetDeletionTimestamp().IsZero() {
		return 0
	}
	var wait time.Duration
	for _, person := range s.people() {
		if next, queued := invitation.NextAttempt(person.status, p.Now()); queued {
			wait = sooner(wait, max(next, time.Millisecond))
		}
	}
	return wait
}
