// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/accesschange"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/mail"
)

// setAccessChange sets what the person is to be told of in the status, beside what is in force: it is written at the same time.
func (r *Reconciler) setAccessChange(s *scope) {
	u := s.user
	plan := accesschange.Plan{
		UID: effective.UIDOf(u), Email: string(effective.EmailOf(u)), MailDomain: r.mailDomain, Now: r.now(),
		Off: !effective.TellsAccess(s.facts.Organization) || effective.IsLimited(u) || !u.DeletionTimestamp.IsZero(),
	}
	if u.Spec.Onboarding == v1alpha1.OnboardingNone {
		plan.Known = u.CreationTimestamp.Time
	}
	u.Status.AccessChange = plan.Next(&s.before.Status, &u.Status)
}

// accessChangeID is the ID of the mail about changed access in an outbox. It is not an address, which all other mails go by.
const accessChangeID = "access-change"

// pendingAccessChange returns the mail about changed access that a user's status queues; false: none is queued, or the organization does
// not want it any more.
func (b *outbox) pendingAccessChange() (delivery.Message, bool) {
	c := b.user.Status.AccessChange
	if !accesschange.Queued(c) || b.organization != nil && !effective.TellsAccess(b.organization) {
		return delivery.Message{}, false
	}
	var wait time.Duration
	if c.Mail.NextAttemptTime != nil {
		wait = max(c.Mail.NextAttemptTime.Sub(b.now()), 0)
	}
	return delivery.Message{
		ID: accessChangeID, MessageID: c.Mail.MessageID, Wait: wait, Stream: budget.Access,
		Destination: emailaddr.Normalize(string(effective.EmailOf(b.user))),
	}, true
}

// renderAccessChange composes the mail, and keeps what it says the access is.
func (b *outbox) renderAccessChange(ctx context.Context) delivery.Send {
	u := b.user
	if !accesschange.Queued(u.Status.AccessChange) {
		return nil
	}
	message := mail.Message{To: string(effective.EmailOf(u)), MessageID: u.Status.AccessChange.Mail.MessageID}
	content, err := b.accessContent(ctx, &message)
	b.said = accesschange.Of(&u.Status)
	return func(ctx context.Context) attempt.Result {
		return delivery.Try(ctx, content.Kind, message.MessageID, func(ctx context.Context) error {
			if err != nil {
				return err
			}
			return b.postbox.Send(ctx, message, content)
		})
	}
}

// accessContent returns what the mail says, and sets the names and addresses that its headers show.
func (b *outbox) accessContent(ctx context.Context, m *mail.Message) (mail.Content, error) {
	u, o := b.user, b.organization
	c := mail.Content{
		Kind: mail.AccessChange, Organization: effective.OrganizationTitle(o), Location: effective.LocationOf(o),
		Recipient: emailaddr.FormOfAddress(u.Status.DisplayName), Language: effective.LanguageOf(o, languageOf(u)),
	}
	m.FromName = c.Organization
	summary := accesschange.Summarize(&u.Status)
	workspaces, err := b.cache.WorkspacesForGrants(ctx, u.Namespace, listed(&summary))
	if err != nil {
		return c, err
	}
	c.Facts = accessFacts(&summary, workspaces)
	contact, err := b.cache.ContactFor(ctx, o, "", m.To)
	if mail.CanReplyTo(contact.Email) {
		m.ReplyTo, c.Contact, c.Answered = contact.Email, contact.String(), true
	}
	c.Facts = append(c.Facts, mail.FactOf("change.contact", mail.WordOf(contact.String())))
	return c, err
}

// languageOf returns the language that a person chose when they registered; empty: they chose none.
func languageOf(u *v1alpha1.OrgUser) v1alpha1.LanguageTag {
	if u.Status.Registration == nil {
		return ""
	}
	return u.Status.Registration.Language
}
