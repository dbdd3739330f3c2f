// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"errors"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/accesschange"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/onboardingmail"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

// outbox holds the mails to a user: those of a person who is declared without an Invitation, the one to an address that is to be
// confirmed, and the one about changed access.
type outbox struct {
	*Mail

	user *v1alpha1.OrgUser
	// said is the access that the latest mail about changed access says.
	said accesschange.Access
	// Filled by Load.
	organization *v1alpha1.Organization
	inviter      string
	workspaces   []*v1alpha1.Workspace
	// emailHeld is true if another account has the address in force that is to be confirmed.
	emailHeld bool
}

// Pending returns no message until the newest spec is observed.
func (b *outbox) Pending() []delivery.Message {
	u := b.user
	if u.Status.ObservedGeneration != u.Generation || !u.DeletionTimestamp.IsZero() {
		return nil
	}
	var all []delivery.Message
	if hostsOnboarding(u) && u.Status.Onboarding != nil {
		if m, queued := onboardingmail.Pending(string(effective.EmailOf(u)), u.Status.Onboarding, b.now()); queued {
			all = append(all, m)
		}
	}
	if o := emailConfirmation(u); o != nil && !b.emailHeld {
		if m, queued := onboardingmail.Pending(string(u.Spec.Email), o, b.now()); queued {
			all = append(all, m)
		}
	}
	if m, queued := b.pendingPassword(); queued {
		all = append(all, m)
	}
	if m, queued := b.pendingAccessChange(); queued {
		all = append(all, m)
	}
	return all
}

// emailConfirmation returns what the mail to a requested address goes by, or nil if none is to be confirmed.
func emailConfirmation(u *v1alpha1.OrgUser) *v1alpha1.OnboardingStatus {
	if !effective.ChangesEmail(u) || !u.DeletionTimestamp.IsZero() {
		return nil
	}
	return onboarding.ConfirmationOf(u.Status.EmailChange)
}

// queued returns what the mail to an address goes by: the change of address if that is the requested one, else the onboarding.
func (b *outbox) queued(email string) *v1alpha1.OnboardingStatus {
	if o := emailConfirmation(b.user); o != nil && email == string(b.user.Spec.Email) {
		return o
	}
	return b.user.Status.Onboarding
}

// Load implements delivery.Outbox. Nobody is invited to an address that another account has in force.
func (b *outbox) Load(ctx context.Context) (bool, error) {
	u := b.user
	if err := status.Read(ctx, b.api, client.ObjectKeyFromObject(u), u); err != nil {
		return false, err
	}
	facts, err := b.cache.UserFacts(ctx, u)
	if err != nil {
		return false, err
	}
	b.organization = facts.Organization
	if emailConfirmation(u) != nil {
		holder, err := b.cache.EmailHolder(ctx, u)
		if err != nil {
			return false, err
		}
		b.emailHeld = holder != ""
	}
	if b.inviter, err = b.cache.InviterOf(ctx, u); err != nil {
		return false, err
	}
	b.workspaces, err = b.cache.WorkspacesForGrants(ctx, u.Namespace, u.Spec.Workspaces)
	return b.organization != nil && facts.AddressOwner == "", err
}

// Render implements delivery.Outbox.
func (b *outbox) Render(ctx context.Context, email string) delivery.Send {
	if email == accessChangeID {
		return b.renderAccessChange(ctx)
	}
	if email == passwordID {
		return b.renderPassword(ctx)
	}
	u := b.user
	d := onboardingmail.NewDraft(b.organization, effective.UIDOf(u), email, b.queued(email))
	d.Content.Language = effective.LanguageOf(b.organization, v1alpha1.LanguageTag(d.Content.Language), b.workspaces...)
	outlook, err := b.cache.Outlook(ctx, u)
	d.SetOutlook(outlook, b.cache.Usernames().Of(u))
	d.SetStart(u.Namespace, outlook)
	d.Content.Inviter, d.Content.Message = b.inviter, u.Spec.Message
	d.Content.Recipient = emailaddr.FormOfAddress(u.Status.DisplayName)
	if u.Status.Onboarding != nil {
		d.Content.Recipient = effective.FormOfAddressOf(u, u.Status.Onboarding.Registration)
	}
	contact, errContact := b.cache.ContactFor(ctx, b.organization, u.Spec.InvitedBy, email)
	d.SetContact(contact)
	d.Err = errors.Join(err, errContact)
	return b.writer.Send(d)
}

// Record implements delivery.Outbox. It goes on whatever the portal writes at the same time.
func (b *outbox) Record(ctx context.Context, results map[string]attempt.Result) error {
	u := b.user
	return status.AmendRead(ctx, b.api, b.client, u, func() error {
		for email, result := range results {
			if email == accessChangeID {
				accesschange.Record(&u.Status, b.said, result, b.now())
			} else if email == passwordID {
				b.recordPassword(result)
			} else if o := b.queued(email); o != nil {
				onboarding.Record(o, result, b.now())
			}
		}
		return nil
	})
}
