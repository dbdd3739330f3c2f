// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"time"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// ensureAccount creates the author's account, unless there is one already or no person wrote the mail (LMI-3, LMI-7). Whatever keeps the
// account from being created keeps no mail from its queue: the author's next mail makes up for it.
func (a *agent) ensureAccount(ctx context.Context, m *message, to *Destination) {
	if m.author == "" || a.isOwnAddress(m.author, to) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, accountTimeout)
	defer cancel()
	log := a.log.WithValues("organization", to.Organization, "id", m.id)
	known, err := a.directory.Known(ctx, to.Organization, m.author)
	if err != nil {
		log.Error(err, "cannot look up a sender: the mail is passed on without an account")
		countSkipped(skippedFailed)
		return
	}
	if known {
		return
	}
	in := a.rates.inForce()
	if !in.accounts.reserve(to.key(), a.now()) {
		log.Info("a sender gets no account, because too many new ones have written within an hour", "limit", in.limits.NewAccounts)
		countSkipped(skippedLimited)
		return
	}
	created, err := a.directory.Create(ctx, to.Organization, m.author)
	if created {
		accountsTotal.Inc()
	} else {
		in.accounts.cancel(to.key(), a.now())
	}
	if err != nil {
		log.Error(err, "cannot create an account for a sender: the mail is passed on without it")
		countSkipped(skippedFailed)
	}
}

// accountTimeout limits how long a mail waits for its sender's account.
const accountTimeout = 5 * time.Second

// isProven reports whether somebody vouches for the sender of a mail. If that cannot be found out, nobody does.
func (a *agent) isProven(ctx context.Context, m *message, to *Destination) bool {
	if m.sender == "" {
		return false
	}
	proven, err := a.directory.Proven(ctx, to.Organization, m.sender)
	if err != nil {
		a.log.Error(err, "cannot look up a sender: the mail counts as an unknown sender's", "organization", to.Organization, "id", m.id)
	}
	return err == nil && proven
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
