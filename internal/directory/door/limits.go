// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package door

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// defaultRate is twice what Entra ID requires.
	defaultRate = 50
	// burstSeconds is for how many seconds' requests may come at once.
	burstSeconds = 2
)

// limits are the rates of organizations. There is one for each organization whose token was right, so strangers add none.
type limits struct {
	rate rate.Limit

	mu            sync.Mutex
	organizations map[string]*rate.Limiter
}

func newLimits(perSecond float64) *limits {
	if perSecond <= 0 {
		perSecond = defaultRate
	}
	return &limits{rate: rate.Limit(perSecond), organizations: map[string]*rate.Limiter{}}
}

func (l *limits) allow(organization string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.organizations[organization]
	if limiter == nil {
		limiter = rate.NewLimiter(l.rate, max(1, int(float64(l.rate)*burstSeconds)))
		l.organizations[organization] = limiter
	}
	return limiter.AllowN(now, 1)
}
