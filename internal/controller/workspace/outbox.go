// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

// outbox holds the mail to the owner of a workspace's queue.
type outbox struct {
	*Mail

	workspace *v1alpha1.Workspace
	// organization is filled by Load.
	organization *v1alpha1.Organization
}

// asOnboarding returns the mail of a queue in the form in which the onboarding records outcomes.
func asOnboarding(q *v1alpha1.QueueStatus) *v1alpha1.OnboardingStatus {
	return &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientInvited, Mail: q.Mail, ExpirationTime: q.ExpirationTime}
}

// Pending returns no message unless the owner of the address in the newest spec is to be asked.
func (b *outbox) Pending() []delivery.Message {
	w := b.workspace
	q := &w.Status.Queue
	if !w.DeletionTimestamp.IsZero() || q.State != v1alpha1.QueueRequested || w.Spec.Portal == nil ||
		!emailaddr.Same(string(q.Email), string(w.Spec.Portal.QueueEmail)) {
		return nil
	}
	wait, queued := onboarding.NextAttempt(asOnboarding(q), b.now())
	if !queued || q.ExpirationTime != nil && !b.now().Before(q.ExpirationTime.Time) {
		return nil
	}
	return []delivery.Message{{ // like an invitation, it goes at a tenant's will to any address
		ID: q.Mail.MessageID, MessageID: q.Mail.MessageID, Wait: wait, Stream: budget.Invitations,
		Destination: emailaddr.Normalize(string(q.Email)),
	}}
}

// Load implements delivery.Outbox.
func (b *outbox) Load(ctx context.Context) (bool, error) {
	w := b.workspace
	if err := status.Read(ctx, b.api, client.ObjectKeyFromObject(w), w); err != nil {
		return false, err
	}
	var err error
	b.organization, err = b.cache.Organization(ctx, w.Namespace)
	return b.organization != nil && b.organization.DeletionTimestamp.IsZero(), err
}

// Render implements delivery.Outbox.
func (b *outbox) Render(ctx context.Context, id string) delivery.Send {
	w, q := b.workspace, *b.workspace.Status.Queue.DeepCopy()
	content := mail.Content{
		Kind: mail.QueueConfirmation, Language: effective.LanguageOf(b.organization, "", w),
		Organization: effective.OrganizationTitle(b.organization), Location: effective.LocationOf(b.organization),
		Values: map[string]string{"workspace": effective.WorkspaceTitle(w)}, Expires: q.ExpirationTime.Time,
	}
	contact, _ := b.cache.OrganizationContact(ctx, b.organization, string(q.Email)) // without one, the mail is sent all the same
	message := mail.Message{To: string(q.Email), FromName: content.Organization, MessageID: id}
	if mail.CanReplyTo(contact.Email) {
		message.ReplyTo, content.Contact, content.Answered = contact.Email, contact.String(), true
	}
	return func(ctx context.Context) attempt.Result {
		return delivery.Try(ctx, content.Kind, id, func(ctx context.Context) error {
			var err error
			if content.URL, err = b.links.URL(linktoken.PurposeQueue, effective.UIDOf(w), string(q.Email), q.SendCount); err != nil {
				return err
			}
			return b.postbox.Send(ctx, message, content)
		})
	}
}

// Record implements delivery.Outbox.
func (b *outbox) Record(ctx context.Context, results map[string]attempt.Result) error {
	w := b.workspace
	return status.AmendRead(ctx, b.api, b.client, w, func() error {
		q := &w.Status.Queue
		if q.Mail == nil || q.State != v1alpha1.QueueRequested {
			return nil
		}
		if result, tried := results[q.Mail.MessageID]; tried {
			o := asOnboarding(q)
			onboarding.Record(o, result, b.now())
			q.ExpirationTime = o.ExpirationTime
			if o.State == v1alpha1.RecipientUndeliverable {
				q.State = v1alpha1.QueueUndeliverable
			}
		}
		return nil
	})
}
