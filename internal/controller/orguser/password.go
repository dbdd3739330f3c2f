// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/onboardingmail"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
)

// passwordID is the ID of the mail with a link to choose a password in an outbox. It is not an address, which most mails go by.
const passwordID = "password"

// pendingPassword returns the mail with a link to choose a password; false: none is queued, or nobody could use its link.
func (b *outbox) pendingPassword() (delivery.Message, bool) {
	a := b.user.Status.Account
	if !effective.MaySetPassword(b.user) {
		return delivery.Message{}, false
	}
	o := onboarding.PasswordOf(a)
	if o == nil {
		return delivery.Message{}, false
	}
	m, queued := onboardingmail.Pending(a.Email, o, b.now())
	m.ID = passwordID
	return m, queued
}

func (b *outbox) renderPassword(ctx context.Context) delivery.Send {
	u := b.user
	o := onboarding.PasswordOf(u.Status.Account)
	if !onboarding.Queued(o) {
		return nil
	}
	d := onboardingmail.NewDraft(b.organization, effective.UIDOf(u), u.Status.Account.Email, o)
	d.Content.Language = effective.LanguageOf(b.organization, languageOf(u), b.workspaces...)
	d.Content.Recipient = emailaddr.FormOfAddress(u.Status.DisplayName)
	contact, err := b.cache.ContactFor(ctx, b.organization, u.Spec.InvitedBy, d.Email)
	d.SetContact(contact)
	d.Err = err
	return b.writer.Send(d)
}

func (b *outbox) recordPassword(result attempt.Result) {
	if o := onboarding.PasswordOf(b.user.Status.Account); o != nil {
		onboarding.Record(o, result, b.now())
	}
}
