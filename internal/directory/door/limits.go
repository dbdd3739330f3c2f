// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package door

import (
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/usher-operator/usher/internal/live"
)

const (
	// defaultRate is twice what Entra ID requires.
	defaultRate = 50
	// burstSeconds is for how many seconds' requests may come at once.
	burstSeconds = 2
)

// limits are the rates of organizations. There is one for each organization whose token was right, so strangers add none.
type limits struct {
	rate live.Value[float64]

	mu            sync.Mutex
	organizations map[string]*rate.Limiter
	builtOf       float64
}

// allow counts a request of an organization, and reports whether it is within the limit. With a new limit, all counts start anew.
func (l *limits) allow(organization string, now time.Time) bool {
	perSecond := l.rate.Load()
	if perSecond < 0 {
		return true
	}
	if perSecond == 0 {
		perSecond = defaultRate
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.organizations == nil || l.builtOf != perSecond {
		l.organizations, l.builtOf = map[string]*rate.Limiter{}, perSecond
	}
	limiter := l.organizations[organization]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond*burstSeconds)))
		l.organizations[organization] = limiter
	}
	return limiter.AllowN(now, 1)
}

const (
	// maxStrangers bounds the memory for those whose tokens were wrong.
	maxStrangers = 10000
	// strangerBurst is how many wrong tokens are answered at once, and strangerRate how many in a second after that.
	strangerBurst, strangerRate = 20, 1
)

// strangers are the networks from which wrong tokens came, by the organization that they were for. A right token always opens: identity
// providers send the requests of all their customers from the same networks.
type strangers struct {
	mu   sync.Mutex
	seen map[stranger]*rate.Limiter
}

type stranger struct{ network, organization string }

// allow counts a wrong token, and reports whether it is within the limit.
func (s *strangers) allow(network, organization string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := stranger{network, organization}
	limiter := s.seen[key]
	if limiter == nil {
		s.makeRoom(now)
		limiter = rate.NewLimiter(strangerRate, strangerBurst)
		s.seen[key] = limiter
	}
	return limiter.AllowN(now, 1)
}

// makeRoom forgets those who may send as many as at first, which loses nothing, and if that is not enough, all.
func (s *strangers) makeRoom(now time.Time) {
	if len(s.seen) >= maxStrangers {
		maps.DeleteFunc(s.seen, func(_ stranger, l *rate.Limiter) bool { return l.TokensAt(now) >= strangerBurst })
	}
	if s.seen == nil || len(s.seen) >= maxStrangers {
		s.seen = map[stranger]*rate.Limiter{}
	}
}
