// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package activity moves OrgUser.status.lastActive (ORG-17) when a person makes requests. Requests come from admission and,
// where a kube-apiserver is told to send them, from its audit events. They are noted in memory and written later, so that
// they cost the one who asks nothing, and seldom, so that activity is no load: a person costs one write an interval, and
// all people together no more than a set number of writes a second. What is not written yet when a replica ends is lost;
// the person's next request makes up for it.
package activity

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/time/rate"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/status"
)

const (
	// writesPerSecond spreads the writes of people who come at the same time: 5,000 take eight minutes.
	writesPerSecond = 10
	// maxPeople bounds the memory of a tracker: about 200 bytes a person, 10 MB in all.
	maxPeople = 50_000
	// writeTimeout bounds one write, waiting for its turn and conflicts included.
	writeTimeout = 5 * time.Second
	// retryDelay is how long nothing is written after a write failed.
	retryDelay = time.Second
	// sweepInterval is how often memory is given back.
	sweepInterval = time.Minute
)

// Options are what a Tracker works with.
type Options struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Interval is how long a person's activity is written once only.
	Interval time.Duration
	// Now is the clock.
	Now func() time.Time
	// Log takes errors, and says when there was no room.
	Log logr.Logger
}

// Tracker notes when people were seen, and writes it. It is a Runnable of every replica: each writes what it saw.
type Tracker struct {
	Options

	limiter *rate.Limiter
	// work holds something while somebody waits to be written.
	work chan struct{}

	mu   sync.Mutex
	book *book
}

// New makes a tracker, which writes while it is started.
func New(o Options) *Tracker {
	return &Tracker{
		Options: o,
		limiter: rate.NewLimiter(writesPerSecond, 1),
		work:    make(chan struct{}, 1),
		book:    newBook(maxPeople),
	}
}

// Seen notes that the person of an OrgUser, of that name in that namespace, made a request. It asks nobody and does not
// wait, and may be called from several goroutines.
func (t *Tracker) Seen(namespace, user string, at time.Time) {
	t.mu.Lock()
	more := t.book.note(person{Namespace: namespace, Name: user}, at)
	t.mu.Unlock()
	if more {
		t.wake()
	}
}

func (t *Tracker) wake() {
	select {
	case t.work <- struct{}{}:
	default: // it is awake
	}
}

// NeedLeaderElection says that every replica writes: each sees other requests.
func (t *Tracker) NeedLeaderElection() bool { return false }

// Start writes what was seen, until its context ends.
func (t *Tracker) Start(ctx context.Context) error {
	sweep := time.NewTicker(sweepInterval)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-sweep.C:
			t.sweep()
		case <-t.work:
			t.writeNext(ctx)
		}
	}
}

func (t *Tracker) sweep() {
	t.mu.Lock()
	dropped := t.book.sweep(t.Now())
	t.mu.Unlock()
	if dropped > 0 {
		t.Log.Info("more people are active than is kept track of, so some last activities are not moved",
			"requests", dropped, "people", maxPeople)
	}
}

// writeNext writes who has waited longest, and sees to it that the next one's turn comes.
func (t *Tracker) writeNext(ctx context.Context) {
	t.mu.Lock()
	who, s, waits := t.book.next()
	t.mu.Unlock()
	if !waits {
		return
	}
	defer t.wake()
	until, err := t.write(ctx, who, s.at)
	if apierrors.IsNotFound(err) {
		until, err = time.Time{}, nil // gone meanwhile
	}
	if err == nil {
		t.mu.Lock()
		t.book.done(until)
		t.mu.Unlock()
		return
	}
	if ctx.Err() != nil {
		return
	}
	t.mu.Lock()
	again := t.book.again(s)
	t.mu.Unlock()
	t.Log.Error(err, "cannot write when a person was last active", "triedAgain", again)
	pause(ctx, retryDelay)
}

// write moves a person's last activity if that is due, and gives the time until which it is not due again.
func (t *Tracker) write(ctx context.Context, who person, at time.Time) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	u := &v1alpha1.OrgUser{}
	u.Namespace, u.Name = who.Namespace, who.Name
	var until time.Time
	// The cache is new enough: what is decided on an old copy is refused by its resource version and decided again. So a
	// movement costs one request.
	err := status.Amend(ctx, t.Client, t.Client, u, func() error {
		var moved bool
		until, moved = move(&u.Status, at, t.Interval)
		if !moved {
			return nil
		}
		return t.limiter.Wait(ctx)
	})
	return until, err
}

// pause waits for a while, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
