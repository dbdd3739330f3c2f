// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package activity updates OrgUser.status.lastActive (ORG-17) when a person makes requests. It learns of requests from admission and,
// if a kube-apiserver is configured to send them, from its audit events. Requests are recorded in memory and written later, so that
// they are not delayed. Writes are rare, so that activity is no load: one per person and interval, and no more than a fixed number
// per second for all people together. What a replica has not written when it ends is lost; the person's next request makes up for
// it.
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
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/status"
)

const (
	// writesPerSecond spreads the writes if many people are active at the same time: 5,000 take eight minutes.
	writesPerSecond = 10
	// maxPeople bounds the memory of a tracker: about 200 bytes per person, 10 MB in total.
	maxPeople = 50_000
	// writeTimeout is the timeout of one write, including the wait for the rate limiter and conflicts.
	writeTimeout = 5 * time.Second
	// retryDelay is the pause after a write has failed.
	retryDelay = time.Second
	// pruneInterval is how often memory is released.
	pruneInterval = time.Minute
)

// Options configure a Tracker.
type Options struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Held reports whether nothing is written in a namespace, because its organization is paused; nil: none is.
	Held func(ctx context.Context, namespace string) (bool, error)
	// Interval is the time within which a person's activity is written at most once; zero: it is not tracked.
	Interval live.Value[time.Duration]
	// Now is the clock.
	Now func() time.Time
	// Log receives errors and dropped requests.
	Log logr.Logger
}

// Tracker records when people were last active, and writes it. It is a Runnable of every replica: each writes what it has seen.
type Tracker struct {
	Options

	limiter *rate.Limiter
	// work contains a token while there may be pending updates.
	work chan struct{}

	mu    sync.Mutex
	queue *updateQueue
}

// New returns a Tracker, which writes once it is started.
func New(o Options) *Tracker {
	return &Tracker{
		Options: o,
		limiter: rate.NewLimiter(writesPerSecond, 1),
		work:    make(chan struct{}, 1),
		queue:   newUpdateQueue(maxPeople),
	}
}

// Seen records that a person, by the namespace and name of their OrgUser, made a request. It makes no request itself, does not
// wait, and is safe for concurrent use.
func (t *Tracker) Seen(namespace, user string, at time.Time) {
	if t.Interval.Load() == 0 {
		return
	}
	t.mu.Lock()
	added := t.queue.add(person{Namespace: namespace, Name: user}, at)
	t.mu.Unlock()
	if added {
		t.wake()
	}
}

func (t *Tracker) wake() {
	select {
	case t.work <- struct{}{}:
	default: // it is awake already
	}
}

// NeedLeaderElection is false: each replica sees different requests and writes them.
func (t *Tracker) NeedLeaderElection() bool { return false }

// Start writes updates until its context ends.
func (t *Tracker) Start(ctx context.Context) error {
	prune := time.NewTicker(pruneInterval)
	defer prune.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-prune.C:
			t.prune()
		case <-t.work:
			t.writeNext(ctx)
		}
	}
}

func (t *Tracker) prune() {
	t.mu.Lock()
	dropped := t.queue.prune(t.Now())
	t.mu.Unlock()
	if dropped > 0 {
		t.Log.Info("too many people are active to be tracked: the last activity of some is not updated",
			"requests", dropped, "people", maxPeople)
	}
}

// writeNext writes the oldest update, and wakes the tracker up for the next one.
func (t *Tracker) writeNext(ctx context.Context) {
	t.mu.Lock()
	who, u, ok := t.queue.next()
	t.mu.Unlock()
	if !ok {
		return
	}
	defer t.wake()
	until, err := t.write(ctx, who, u.at)
	if apierrors.IsNotFound(err) {
		until, err = time.Time{}, nil // deleted in the meantime
	}
	if err == nil {
		t.mu.Lock()
		t.queue.done(until)
		t.mu.Unlock()
		return
	}
	if ctx.Err() != nil {
		return
	}
	t.mu.Lock()
	retried := t.queue.retry(u)
	t.mu.Unlock()
	t.Log.Error(err, "cannot write when a person was last active", "retried", retried)
	pause(ctx, retryDelay)
}

// write updates a person's last activity if that is due. It returns the time until which it is not due again.
func (t *Tracker) write(ctx context.Context, who person, at time.Time) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if t.Held != nil {
		if held, err := t.Held(ctx, who.Namespace); held || err != nil {
			return time.Time{}, err
		}
	}
	u := &v1alpha1.OrgUser{}
	u.Namespace, u.Name = who.Namespace, who.Name
	var until time.Time
	// The cache is recent enough: a decision on an outdated copy is refused because of its resource version, and made again. So an
	// update costs one request.
	err := status.Amend(ctx, t.Client, t.Client, u, func() error {
		var advanced bool
		until, advanced = advance(&u.Status, at, t.Interval.Load())
		if !advanced {
			return nil
		}
		return t.limiter.Wait(ctx)
	})
	return until, err
}

// pause waits until the time is over or the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
