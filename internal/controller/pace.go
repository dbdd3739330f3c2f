// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"
)

// pace is how fast mails go out. Nobody waits for it: an object is given a turn, and comes again when that has come.
// Turns are given in the order in which they are asked for, so a long list keeps a short one waiting for one turn only.
type pace struct {
	limiter *rate.Limiter

	mu    sync.Mutex
	turns map[types.NamespacedName]turn
}

// turn is a number of mails that may go out from a time on.
type turn struct {
	at    time.Time
	mails int
}

// turnLife is how long a turn that nobody takes is kept.
const turnLife = 10 * time.Minute

// newPace gives a pace of so many mails a minute; 0: as fast as they can be sent.
func newPace(perMinute int) *pace {
	p := &pace{turns: map[types.NamespacedName]turn{}}
	if perMinute > 0 {
		perSecond := float64(perMinute) / time.Minute.Seconds()
		p.limiter = rate.NewLimiter(rate.Limit(perSecond), int(math.Ceil(perSecond)))
	}
	return p
}

// turn gives how many of the wanted mails may go out now. When none may, it gives how long to wait for the turn.
func (p *pace) turn(key types.NamespacedName, wanted int, now time.Time) (int, time.Duration) {
	if p.limiter == nil {
		return wanted, 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t, given := p.turns[key]
	if !given {
		t.mails = min(wanted, p.limiter.Burst())
		t.at = now.Add(p.limiter.ReserveN(now, t.mails).DelayFrom(now))
	}
	if wait := t.at.Sub(now); wait > 0 {
		p.forget(now)
		p.turns[key] = t
		return 0, wait
	}
	delete(p.turns, key)
	return min(t.mails, wanted), 0
}

// forget drops the turns of objects that did not come, because they are gone.
func (p *pace) forget(now time.Time) {
	for key, t := range p.turns {
		if now.Sub(t.at) > turnLife {
			delete(p.turns, key)
		}
	}
}
