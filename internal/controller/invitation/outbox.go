// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/onboardingmail"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

// outbox holds the mails of an Invitation's recipients.
type outbox struct {
	*Mail

	invitation *v1alpha1.Invitation
	// before is the state up to which events were emitted.
	before *v1alpha1.Invitation
	// What all mails have in common, filled by Load.
	organization *v1alpha1.Organization
	inviter      string
	workspaces   []*v1alpha1.Workspace
	authorized   bool
}

// Pending returns no messages until the newest spec is observed: it may take somebody off the list.
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
	b.before = i.DeepCopy()
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
	return b.writer.Send(b.draft(ctx, lookup.Recipient(b.invitation, email)))
}

func (b *outbox) draft(ctx context.Context, r *v1alpha1.RecipientStatus) onboardingmail.Draft {
	i := b.invitation
	d := onboardingmail.NewDraft(b.organization, i.UID, string(r.Email), &r.OnboardingStatus)
	if d.Content.Language == "" {
		d.Content.Language = effective.LanguageOf(b.organization, i.Spec.Language, b.workspaces...)
	}
	user, _ := b.cache.User(ctx, i.Namespace, r.User) // without it, the address names the person
	d.Content.Inviter = b.inviter
	d.Content.Recipient = nameOf(user, r)
	d.Content.Message = i.Spec.Message
	if r.Mail.Kind == v1alpha1.MailWelcome && user != nil {
		// What the person has may differ by now from what the Invitation grants (ORG-22).
		workspaces, _ := b.cache.WorkspacesForGrants(ctx, i.Namespace, user.Spec.Workspaces) // without them, their names stand for titles
		d.SetRole(user.Spec.Role, effective.UsernameOf(user))
		d.Content.Workspaces = onboardingmail.Titles(user.Spec.Workspaces, workspaces)
		return d
	}
	d.SetRole(i.Spec.Role, d.Email)
	d.Content.Workspaces = onboardingmail.Titles(i.Spec.Workspaces, b.workspaces)
	return d
}

// nameOf returns the name by which a mail greets a person: that of the OrgUser, if there is one.
func nameOf(user *v1alpha1.OrgUser, r *v1alpha1.RecipientStatus) string {
	if user == nil {
		user = &v1alpha1.OrgUser{Spec: v1alpha1.OrgUserSpec{Email: r.Email}}
	}
	return effective.DisplayNameOf(user, r.Registration)
}

// Record implements delivery.Outbox. It goes on whatever the portal writes at the same time.
func (b *outbox) Record(ctx context.Context, results map[string]attempt.Result) error {
	i := b.invitation
	return status.Amend(ctx, b.api, b.client, i, func() error {
		for n := range i.Status.Recipients {
			r := &i.Status.Recipients[n]
			if result, tried := results[string(r.Email)]; tried {
				onboarding.Record(&r.OnboardingStatus, result, b.now())
			}
		}
		concludeInvitation(i, b.authorized)
		return nil
	})
}
