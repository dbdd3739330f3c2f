// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"strconv"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// ensureAccount creates the author's account, unless there is one already or no person wrote the mail (LMI-3, LMI-7).
func (a *agent) ensureAccount(ctx context.Context, m *message, to *Destination) *reply {
	if m.author == "" || a.isOwnAddress(m.author, to) {
		return nil
	}
	known, err := a.directory.Known(ctx, to.Organization, m.author)
	if err != nil {
		a.log.Error(err, "cannot look up a sender", "organization", to.Organization, "id", m.id)
		return &accountFailed
	}
	if known {
		return nil
	}
	if !a.accounts.reserve(to.key(), a.now()) {
		return new(accountLimit.fill("limit", strconv.Itoa(a.limits.NewAccounts)))
	}
	created, err := a.directory.Create(ctx, to.Organization, m.author)
	if created {
		accountsTotal.Inc()
	} else {
		a.accounts.cancel(to.key(), a.now())
	}
	if err != nil {
		a.log.Error(err, "cannot create an account for a sender", "organization", to.Organization, "id", m.id)
		return &accountFailed
	}
	return nil
}

// isOwnAddress reports whether an address belongs to the service itself: people who write to the intake from the queue are not
// customers.
func (a *agent) isOwnAddress(address string, to *Destination) bool {
	for _, own := range []string{to.Queue, to.Intake, a.relay.Address()} {
		if emailaddr.Same(own, address) {
			return true
		}
	}
	return false
}
