// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// EmailOf returns the address in force of a user, as the spec spells it if that is the one.
func EmailOf(u *v1alpha1.OrgUser) v1alpha1.EmailAddress {
	if ChangesEmail(u) {
		return v1alpha1.EmailAddress(u.Status.Email)
	}
	return u.Spec.Email
}

// ChangesEmail reports whether a user requests another address than the one in force.
func ChangesEmail(u *v1alpha1.OrgUser) bool {
	return u.Status.Email != "" && !emailaddr.Same(u.Status.Email, string(u.Spec.Email))
}

// HadEmail reports whether a user had an address in force before the present one.
func HadEmail(u *v1alpha1.OrgUser, email v1alpha1.EmailAddress) bool {
	return slices.Contains(u.Status.FormerEmails, emailaddr.Normalize(string(email)))
}

// ConfirmsEmail reports whether a person has to confirm another address before it comes into force. Whoever may change the address of an
// account with onboarding None may create such an account for the other address, and nobody has anything in force before accepting. The
// organization's directory knows whose an address is: the person signs in with the new one from then on.
func ConfirmsEmail(u *v1alpha1.OrgUser) bool {
	return u.Spec.Onboarding != v1alpha1.OnboardingNone && IsAccepted(u) && !FromDirectory(u)
}

// AwaitsInvitee reports whether a user's address is that of an Invitation that the person has not accepted. Another address is another
// person's there, and is to be named by the Invitation.
func AwaitsInvitee(u *v1alpha1.OrgUser) bool {
	return u.Labels[v1alpha1.LabelInvitation] != "" && !IsAccepted(u)
}

// ClaimsBefore reports whether a user who requests the address that another one has in force keeps that one from coming into force: the
// older claim counts, and whoever is in force keeps the address. An account that Usher created by itself is not deleted because of a mere
// claim.
func ClaimsBefore(claimant, other *v1alpha1.OrgUser) bool {
	c := claimant.Status.EmailChange
	return c != nil && ChangesEmail(claimant) && emailaddr.Same(string(c.Email), string(EmailOf(other))) &&
		!inUse(other) && !Yields(other) && c.RequestTime.Before(&other.CreationTimestamp)
}

// HoldsEmail reports whether a user keeps a claimant from the address that the claimant requests: because the user has it in force, has
// been waiting for it longer, or has claimed it earlier. A provisional account gives it up, and so does one that
// was created for a primary administrator who has not accepted.
func HoldsEmail(holder, claimant *v1alpha1.OrgUser) bool {
	c := claimant.Status.EmailChange
	if c == nil || IsProvisional(holder) || isBootstrap(holder) && !inUse(holder) {
		return false
	}
	if emailaddr.Same(string(EmailOf(holder)), string(c.Email)) {
		return !ClaimsBefore(claimant, holder)
	}
	other := holder.Status.EmailChange
	if other == nil || !ChangesEmail(holder) || !emailaddr.Same(string(other.Email), string(c.Email)) {
		return false
	}
	if !other.RequestTime.Equal(&c.RequestTime) {
		return other.RequestTime.Before(&c.RequestTime)
	}
	return holder.Name < claimant.Name
}

// EmailChanged reports whether two states of a user differ in the addresses that the user has or claims.
func EmailChanged(a, b *v1alpha1.OrgUser) bool {
	return EmailOf(a) != EmailOf(b) || ChangesEmail(a) != ChangesEmail(b) || (a.Status.EmailChange == nil) != (b.Status.EmailChange == nil)
}
