// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// HoldsAccount reports whether a user may have an account at the platform's identity provider: a person who was invited, can sign in to
// something, and is neither suspended nor being removed. Somebody with onboarding None has an identity already.
func HoldsAccount(u *v1alpha1.OrgUser) bool {
	inForce := u.Status.State == v1alpha1.UserActive || u.Status.State == v1alpha1.UserPending
	return inForce && u.Spec.Onboarding != v1alpha1.OnboardingNone && !IsLimited(u) && u.Spec.Role != v1alpha1.RoleNotificationsOnly
}

// MaySetPassword reports whether a user may choose a password now. It says no as soon as the spec does.
func MaySetPassword(u *v1alpha1.OrgUser) bool {
	a := u.Status.Account
	return HoldsAccount(u) && !u.Spec.Suspend && u.DeletionTimestamp.IsZero() && a != nil && a.Email == AccountAddressOf(u) &&
		a.State != v1alpha1.AccountClosed
}

// HasAccount reports whether Usher has created an account for a user at the identity provider, or may have.
func HasAccount(u *v1alpha1.OrgUser) bool {
	a := u.Status.Account
	return a != nil && (a.State == v1alpha1.AccountSetting || a.State == v1alpha1.AccountReady)
}

// AccountAddressOf returns the address of a user's account: the one in force.
func AccountAddressOf(u *v1alpha1.OrgUser) string { return emailaddr.Normalize(string(EmailOf(u))) }
