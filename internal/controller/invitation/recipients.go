// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/onboarding"
)

// maxRecipients is how many people an Invitation may have named over time: as many as its status holds. Who was taken off
// the list is kept, so that their old links stay dead when they are invited again.
const maxRecipients = 1000

// wishes are what is asked for of all recipients in one pass.
type wishes struct {
	organization *v1alpha1.Organization
	// authorized: the inviter may give the role; resend: and who has not accepted is to be invited again.
	authorized, resend bool
}

// moveAll makes the recipients what the spec, the clock and the resend annotation ask for. It tells whether the inviter may
// give the role.
func (r *Reconciler) moveAll(ctx context.Context, i *v1alpha1.Invitation, o *v1alpha1.Organization,
	people []emailaddr.Addressee,
) (authorized bool, err error) {
	if err := r.noteInviter(ctx, i); err != nil {
		return false, err
	}
	if authorized, err = r.cache.InviterAuthorized(ctx, i); err != nil {
		return false, err
	}
	wish := wishes{organization: o, authorized: authorized}
	if authorized { // until then the request waits
		value := onboarding.ResendValue(i)
		wish.resend = onboarding.ResendRequested(value, i.Status.ObservedResend) && len(i.Status.Recipients) > 0
		i.Status.ObservedResend = value
	}
	places := lookup.RecipientIndex(i)
	for _, p := range people {
		place, listed := places[emailaddr.Normalize(p.Email)]
		if !listed {
			if len(i.Status.Recipients) >= maxRecipients {
				continue
			}
			place = len(i.Status.Recipients)
			i.Status.Recipients = append(i.Status.Recipients, v1alpha1.RecipientStatus{
				Email:            v1alpha1.EmailAddress(p.Email),
				OnboardingStatus: v1alpha1.OnboardingStatus{State: v1alpha1.RecipientPending},
			})
		}
		if err := r.move(ctx, i, &i.Status.Recipients[place], p, wish); err != nil {
			return false, err
		}
	}
	return authorized, r.revokeOthers(ctx, i, o, people)
}

// noteInviter notes with whose authority the Invitation was made. The webhooks let only the platform's identities and
// delegates name somebody else, so a name that is nobody's in the organization is the platform's; it becomes a person's
// when that person comes.
func (r *Reconciler) noteInviter(ctx context.Context, i *v1alpha1.Invitation) error {
	if i.Status.InviterKind == v1alpha1.InviterPerson || i.Status.InviterKind == v1alpha1.InviterDelegate {
		return nil
	}
	var err error
	i.Status.InviterKind, err = r.cache.InviterKind(ctx, i)
	return err
}

// move makes one recipient what is asked for.
func (r *Reconciler) move(ctx context.Context, i *v1alpha1.Invitation, recipient *v1alpha1.RecipientStatus,
	p emailaddr.Addressee, wish wishes,
) error {
	if recipient.State == v1alpha1.RecipientRevoked && recipient.RevocationReason == v1alpha1.RevokedAddressRemoved {
		subject := r.subject(wish.organization, i.UID, string(recipient.Email))
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventName, subject)
	}
	turnedAway := recipient.State == v1alpha1.RecipientRevoked && recipient.RevocationReason == v1alpha1.RevokedInviterUnauthorized
	switch {
	case recipient.State == v1alpha1.RecipientActive:
		recipient.HeldBy = ""
		return nil
	case turnedAway && !wish.resend:
		return r.removePending(ctx, i, recipient)
	}
	user, err := r.ensureUser(ctx, i, recipient, p, wish.resend)
	if err != nil || user == nil {
		recipient.HeldBy = ""
		return err
	}
	subject := r.subject(wish.organization, i.UID, string(recipient.Email))
	recipient.User, recipient.HeldBy = user.Name, ""
	switch {
	case effective.IsAccepted(user):
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventRecognize, subject)
		return r.removeDuplicates(ctx, i, user)
	case user.Labels[v1alpha1.LabelInvitation] != i.Name:
		recipient.HeldBy = heldBy(user)
		expire(recipient, subject)
		return nil
	case !user.DeletionTimestamp.IsZero():
		return nil // its end brings the next pass, and another user
	}
	return r.moveOwn(ctx, i, recipient, user, p, wish)
}

// moveOwn moves a recipient whose pending user is this Invitation's.
func (r *Reconciler) moveOwn(ctx context.Context, i *v1alpha1.Invitation, recipient *v1alpha1.RecipientStatus,
	user *v1alpha1.OrgUser, p emailaddr.Addressee, wish wishes,
) error {
	subject := r.subject(wish.organization, i.UID, string(recipient.Email))
	switch {
	case effective.IsLimited(user): // somebody has made it so, and invites again by making it Full
		subject.Reason = v1alpha1.RevokedAccessLimited
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventRevoke, subject)
		return nil
	case recipient.State == v1alpha1.RecipientPending, recipient.State == v1alpha1.RecipientRevoked:
		if !wish.authorized {
			return nil // nobody could accept
		}
		if err := r.admit(ctx, i, recipient, subject); err != nil {
			return err
		}
	case wish.resend:
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventResend, subject)
	default:
		expire(recipient, subject)
	}
	if !onboarding.Open(recipient.State) {
		return nil
	}
	return r.follow(ctx, i, user, p)
}

func expire(recipient *v1alpha1.RecipientStatus, subject onboarding.Subject) {
	if onboarding.Expired(&recipient.OnboardingStatus, subject.Now) {
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventExpire, subject)
	}
}

// admit invites a recipient, once what was declared together with the Invitation is there.
func (r *Reconciler) admit(ctx context.Context, i *v1alpha1.Invitation, recipient *v1alpha1.RecipientStatus,
	subject onboarding.Subject,
) error {
	complete, err := r.cache.ReferencesExist(ctx, i)
	if err == nil && (complete || r.settling(i) == 0) {
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventAdmit, subject)
	}
	return err
}

// revokeOthers takes the invitation back from everybody whom the spec no longer names: the link is dead, and the
// pending user goes. Who has accepted stays.
func (r *Reconciler) revokeOthers(ctx context.Context, i *v1alpha1.Invitation, o *v1alpha1.Organization,
	people []emailaddr.Addressee,
) error {
	named := make(map[string]bool, len(people))
	for _, p := range people {
		named[emailaddr.Normalize(p.Email)] = true
	}
	for n := range i.Status.Recipients {
		recipient := &i.Status.Recipients[n]
		if named[emailaddr.Normalize(string(recipient.Email))] {
			continue
		}
		recipient.HeldBy = ""
		subject := r.subject(o, i.UID, string(recipient.Email))
		subject.Reason = v1alpha1.RevokedAddressRemoved
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventRevoke, subject)
		if recipient.State != v1alpha1.RecipientRevoked {
			continue
		}
		recipient.RevocationReason = v1alpha1.RevokedAddressRemoved
		if err := r.removePending(ctx, i, recipient); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reconciler) removePending(ctx context.Context, i *v1alpha1.Invitation,
	recipient *v1alpha1.RecipientStatus,
) error {
	user, err := r.cache.User(ctx, i.Namespace, recipient.User)
	if err != nil || user == nil || stays(user) || user.Labels[v1alpha1.LabelInvitation] != i.Name {
		return err
	}
	return r.removeUser(ctx, user)
}

// stays tells whether a user outlives the Invitation that it was made for.
func stays(u *v1alpha1.OrgUser) bool { return effective.IsAccepted(u) || effective.IsLimited(u) }

func (r *Reconciler) subject(o *v1alpha1.Organization, host types.UID, email string) onboarding.Subject {
	return onboarding.Subject{
		UID: host, Email: email, Now: r.now(), Validity: effective.ValidityOf(o), MailDomain: r.mailDomain,
	}
}
