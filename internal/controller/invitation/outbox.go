// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"errors"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/onboardingmail"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

// outbox contains the mails to an Invitation's recipients. A message's ID is the recipient's address.
type outbox struct {
	*Mail

	invitation *v1alpha1.Invitation
	// loaded is the Invitation as Load read it, written as Record last wrote it.
	loaded, written *v1alpha1.Invitation
	// What all mails have in common, set by Load.
	organization *v1alpha1.Organization
	inviter      string
	workspaces   []*v1alpha1.Workspace
	authorized   bool
}

// Pending implements delivery.Outbox. It returns nothing until the newest spec is observed, which may have removed somebody from the
// list.
func (b *outbox) Pending() []delivery.Message {
	i := b.invitation
	if !i.DeletionTimestamp.IsZero() || i.Status.ObservedGeneration != i.Generation {
		return nil
	}
	var messages []delivery.Message
	for n := range i.Status.Recipients {
		r := &i.Status.Recipients[n]
		if m, queued := onboardingmail.Pending(string(r.Email), &r.OnboardingStatus, b.now()); queued {
			messages = append(messages, m)
		}
	}
	return messages
}

// Load implements delivery.Outbox.
func (b *outbox) Load(ctx context.Context) (bool, error) {
	i := b.invitation
	if err := status.Read(ctx, b.api, client.ObjectKeyFromObject(i), i); err != nil {
		return false, err
	}
	b.loaded = i.DeepCopy()
	o, err := b.cache.Organization(ctx, i.Namespace)
	if err != nil || o == nil || !o.DeletionTimestamp.IsZero() {
		return false, err
	}
	b.organization = o
	if b.inviter, err = b.cache.InviterName(ctx, i.Namespace, i.Spec.InvitedBy); err != nil {
		return false, err
	}
	if b.workspaces, err = b.cache.WorkspacesForGrants(ctx, i.Namespace, i.Spec.Workspaces); err != nil {
		return false, err
	}
	b.authorized, err = b.cache.InviterAuthorized(ctx, i)
	return err == nil, err
}

// Render implements delivery.Outbox.
func (b *outbox) Render(ctx context.Context, email string) delivery.Send {
	recipients := b.invitation.Status.Recipients
	n := slices.IndexFunc(recipients, func(r v1alpha1.RecipientStatus) bool { return string(r.Email) == email })
	if n < 0 || !onboarding.Queued(&recipients[n].OnboardingStatus) {
		return nil
	}
	return b.writer.Send(b.draft(ctx, &recipients[n]))
}

// draft composes the queued mail to a recipient.
func (b *outbox) draft(ctx context.Context, r *v1alpha1.RecipientStatus) onboardingmail.Draft {
	i := b.invitation
	d := onboardingmail.NewDraft(b.organization, effective.UIDOf(i), string(r.Email), &r.OnboardingStatus)
	if d.Content.Language == "" {
		d.Content.Language = effective.LanguageOf(b.organization, i.Spec.Language, b.workspaces...)
	}
	user, err := b.cache.AccountOf(ctx, i.Namespace, r)
	d.Content.Inviter = b.inviter
	d.Content.Recipient = nameOf(user, r)
	d.Content.Message = i.Spec.Message
	if user == nil {
		user = effective.InvitedUser(i, d.Email)
	}
	outlook, errOutlook := b.cache.Outlook(ctx, user)
	d.SetOutlook(outlook, b.cache.Usernames().Of(user))
	d.SetStart(i.Namespace, outlook)
	contact, errContact := b.cache.ContactFor(ctx, b.organization, i.Spec.InvitedBy, d.Email)
	d.SetContact(contact)
	d.Err = errors.Join(err, errOutlook, errContact)
	return d
}

// nameOf returns the name with which a mail greets a person: that of the OrgUser, if there is one.
func nameOf(user *v1alpha1.OrgUser, r *v1alpha1.RecipientStatus) string {
	if user == nil {
		user = &v1alpha1.OrgUser{Spec: v1alpha1.OrgUserSpec{Email: r.Email}}
	}
	return effective.FormOfAddressOf(user, r.Registration)
}

// Record implements delivery.Outbox. It also succeeds while the portal writes the same status.
func (b *outbox) Record(ctx context.Context, results map[string]attempt.Result) error {
	i := b.invitation
	err := status.AmendRead(ctx, b.api, b.client, i, func() error {
		for n := range i.Status.Recipients {
			r := &i.Status.Recipients[n]
			if result, tried := results[string(r.Email)]; tried {
				onboarding.Record(&r.OnboardingStatus, result, b.now())
			}
		}
		refreshConditions(i, b.authorized)
		return nil
	})
	if err == nil {
		b.written = i.DeepCopy()
	}
	return err
}
