// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"sync"

	"github.com/usher-operator/usher/internal/live"
)

// rates are limits, and what counts towards them.
type rates struct {
	limits Limits

	senders, networks, workspaces, accounts *limiter
	// unproven and domains count the mails of those for whom nobody vouches.
	unproven, domains *limiter
	// organizations counts both apart.
	organizations *limiter
}

// liveRates are rates whose limits may change. What counts towards a limit that stays is kept, and starts anew with another limit.
type liveRates struct {
	limits live.Value[Limits]

	mu      sync.Mutex
	current *rates
}

// inForce returns the rates of the limits in force.
func (l *liveRates) inForce() *rates {
	limits := l.limits.Load().withDefaults()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current == nil || l.current.limits != limits {
		l.current = l.current.with(limits)
	}
	return l.current
}

// with returns the rates with other limits.
func (r *rates) with(limits Limits) *rates {
	if r == nil {
		r = &rates{}
	}
	keep := func(l *limiter, perHour int) *limiter {
		if l != nil && l.perHour == perHour {
			return l
		}
		return newLimiter(perHour)
	}
	return &rates{
		limits:  limits,
		senders: keep(r.senders, limits.PerSender), networks: keep(r.networks, limits.PerNetwork),
		workspaces: keep(r.workspaces, limits.PerWorkspace), accounts: keep(r.accounts, limits.NewAccounts),
		unproven: keep(r.unproven, limits.unproven()), domains: keep(r.domains, limits.UnprovenPerDomain),
		organizations: keep(r.organizations, limits.PerOrganization),
	}
}
