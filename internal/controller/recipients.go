// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/invitation"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/policy"
)

// moveAll makes the recipients what the spec, the clock and the resend annotation ask for. It gives true when a
// recipient moved, so that a mail's intent may be new and must be written before the mail is sent.
func (r *invitationReconciler) moveAll(ctx context.Context, i *v1alpha1.Invitation, o *v1alpha1.Organization,
	addresses []string,
) (bool, error) {
	moved := false
	if err := r.noteInviter(ctx, i); err != nil {
		return false, err
	}
	resend := resendWanted(i)
	for _, address := range addresses {
		recipient := lookup.Recipient(i, address)
		if recipient == nil {
			i.Status.Recipients = append(i.Status.Recipients, v1alpha1.RecipientStatus{
				Email:            v1alpha1.EmailAddress(address),
				OnboardingStatus: v1alpha1.OnboardingStatus{State: v1alpha1.RecipientPending},
			})
			recipient = &i.Status.Recipients[len(i.Status.Recipients)-1]
			moved = true
		}
		m, err := r.move(ctx, i, o, recipient, resend)
		if err != nil {
			return false, err
		}
		moved = moved || m
	}
	revoked, err := r.revokeOthers(ctx, i, o, addresses)
	return moved || revoked, err
}

// noteInviter notes with whose authority the Invitation was made. The webhooks let only the platform's identities and
// delegates name somebody else, so a name that is nobody's in the organization is the platform's; it becomes a person's
// when that person comes.
func (r *invitationReconciler) noteInviter(ctx context.Context, i *v1alpha1.Invitation) error {
	if i.Status.InviterKind == v1alpha1.InviterPerson || i.Status.InviterKind == v1alpha1.InviterDelegate {
		return nil
	}
	actor, err := r.lookup().Actor(ctx, policy.Platform{}, i.Namespace, string(i.Spec.InvitedBy), nil)
	i.Status.InviterKind = policy.InviterKindOf(actor)
	return err
}

// resendWanted notes the resend annotation, and tells whether it asks for something new (WXP-7).
func resendWanted(i *v1alpha1.Invitation) bool {
	value := invitation.Shorten(i.Annotations[v1alpha1.AnnotationResend], maxResendLength)
	wanted := value != "" && value != i.Status.ObservedResend && len(i.Status.Recipients) > 0
	i.Status.ObservedResend = value
	return wanted
}

// maxResendLength is how many bytes of the annotation's value count.
const maxResendLength = 256

// move makes one recipient what is asked for.
func (r *invitationReconciler) move(ctx context.Context, i *v1alpha1.Invitation, o *v1alpha1.Organization,
	recipient *v1alpha1.RecipientStatus, resend bool,
) (bool, error) {
	subject := r.subject(o, i.UID, string(recipient.Email))
	status := &recipient.OnboardingStatus
	switch {
	case recipient.State == v1alpha1.RecipientPending,
		recipient.State == v1alpha1.RecipientRevoked && recipient.RevocationReason != v1alpha1.RevokedInviterUnauthorized:
		return r.admit(ctx, i, recipient, subject)
	case recipient.State == v1alpha1.RecipientRevoked:
		return false, r.removePending(ctx, i, recipient)
	case resend && recipient.State != v1alpha1.RecipientActive:
		if _, err := r.ensureUser(ctx, i, recipient); err != nil {
			return false, err
		}
		return invitation.Apply(status, invitation.EventResend, subject), nil
	case invitation.Expired(status, subject.Now):
		return invitation.Apply(status, invitation.EventExpire, subject), nil
	}
	return false, nil
}

// admit invites a recipient who has an OrgUser of this Invitation, and recognizes one who is a user already. Somebody
// who is on the way to be a user by another way stays pending.
func (r *invitationReconciler) admit(ctx context.Context, i *v1alpha1.Invitation, recipient *v1alpha1.RecipientStatus,
	subject invitation.Subject,
) (bool, error) {
	user, err := r.ensureUser(ctx, i, recipient)
	if err != nil {
		return false, err
	}
	settled, err := r.lookup().Settled(ctx, i)
	if err != nil {
		return false, err
	}
	switch {
	case !settled && r.settling(i) > 0:
		return false, nil
	case isAccepted(user):
		return invitation.Apply(&recipient.OnboardingStatus, invitation.EventRecognize, subject), nil
	case user.Labels[v1alpha1.LabelInvitation] == i.Name && user.DeletionTimestamp.IsZero():
		return invitation.Apply(&recipient.OnboardingStatus, invitation.EventAdmit, subject), nil
	}
	return false, nil
}

// ensureUser gives the recipient an OrgUser: the one that has the address, or a new one, pending (ORG-22).
func (r *invitationReconciler) ensureUser(ctx context.Context, i *v1alpha1.Invitation, recipient *v1alpha1.RecipientStatus,
) (*v1alpha1.OrgUser, error) {
	users, err := r.lookup().UsersByEmail(ctx, i.Namespace, string(recipient.Email))
	if err != nil {
		return nil, err
	}
	if len(users) > 0 {
		user := slices.MinFunc(users, func(a, b *v1alpha1.OrgUser) int {
			if policy.Precedes(a, b) {
				return -1
			}
			return 1
		})
		recipient.User = user.Name
		return user, nil
	}
	user := userFor(i, recipient)
	if err := r.Client.Create(ctx, user, FieldOwner); err != nil && !apierrors.IsAlreadyExists(err) {
		return nil, err
	}
	recipient.User = user.Name
	return user, nil
}

func userFor(i *v1alpha1.Invitation, recipient *v1alpha1.RecipientStatus) *v1alpha1.OrgUser {
	return &v1alpha1.OrgUser{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:  i.Namespace,
			Name:       invitation.UserName(string(recipient.Email)),
			Finalizers: []string{v1alpha1.Finalizer},
			Labels: map[string]string{
				v1alpha1.ManagedByLabel:  v1alpha1.ManagedByValue,
				v1alpha1.LabelInvitation: i.Name,
			},
		},
		Spec: v1alpha1.OrgUserSpec{
			Email:      recipient.Email,
			Role:       i.Spec.Role,
			Workspaces: i.Spec.Workspaces,
			Groups:     i.Spec.Groups,
			Modules:    i.Spec.Modules,
			Onboarding: v1alpha1.OnboardingInvite,
		},
	}
}

// revokeOthers takes the invitation back from everybody whom the spec no longer names: the link is dead, and the
// pending user goes. Who has accepted stays.
func (r *invitationReconciler) revokeOthers(ctx context.Context, i *v1alpha1.Invitation, o *v1alpha1.Organization,
	addresses []string,
) (bool, error) {
	named := make(map[string]bool, len(addresses))
	for _, address := range addresses {
		named[invitation.NormalizeAddress(address)] = true
	}
	revoked := false
	for n := range i.Status.Recipients {
		recipient := &i.Status.Recipients[n]
		if named[invitation.NormalizeAddress(string(recipient.Email))] {
			continue
		}
		subject := r.subject(o, i.UID, string(recipient.Email))
		subject.Reason = v1alpha1.RevokedAddressRemoved
		revoked = invitation.Apply(&recipient.OnboardingStatus, invitation.EventRevoke, subject) || revoked
		if recipient.State != v1alpha1.RecipientRevoked {
			continue
		}
		if err := r.removePending(ctx, i, recipient); err != nil {
			return false, err
		}
	}
	return revoked, nil
}

func (r *invitationReconciler) removePending(ctx context.Context, i *v1alpha1.Invitation,
	recipient *v1alpha1.RecipientStatus,
) error {
	user, err := r.lookup().User(ctx, i.Namespace, recipient.User)
	if err != nil || user == nil || isAccepted(user) || user.Labels[v1alpha1.LabelInvitation] != i.Name {
		return err
	}
	return r.removeUser(ctx, user)
}

func isAccepted(u *v1alpha1.OrgUser) bool {
	return meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionAccepted)
}
