// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// IsLimited reports whether a user is requested to be a Limited account, which is an outsider's: active without being
// invited, and without role, access, seats and Kubernetes user name (LMI-2).
func IsLimited(u *v1alpha1.OrgUser) bool { return u.Spec.Access == v1alpha1.AccessLimited }

// IsProvisional reports whether a user is a Limited account that Usher created on its own and nobody has made Full. It gives
// up its address to any user who is declared with it.
func IsProvisional(u *v1alpha1.OrgUser) bool {
	return IsLimited(u) && u.Labels[v1alpha1.LabelOrigin] != ""
}

// IsUntouched reports whether a provisional account is as Usher created it: nobody has changed its spec since.
func IsUntouched(u *v1alpha1.OrgUser) bool { return IsProvisional(u) && u.Generation <= 1 }

// Expires reports whether a user is an account that Usher created for an outsider who wrote or asked, and deletes again after a time. One
// that was created for a device lasts as long as the device's assignee.
func Expires(u *v1alpha1.OrgUser) bool {
	origin := u.Labels[v1alpha1.LabelOrigin]
	return IsUntouched(u) && (origin == v1alpha1.OriginIntake || origin == v1alpha1.OriginPortal)
}

// IsProven reports whether somebody vouches for a user's address: the organization, which has declared or changed the user, or the
// address's owner, who has confirmed it on a workspace's page. A mail proves nothing, because anybody can write any sender into it. The
// organization vouches for nobody whom it has suspended.
func IsProven(u *v1alpha1.OrgUser) bool {
	return !u.Spec.Suspend && (!IsUntouched(u) || u.Labels[v1alpha1.LabelOrigin] != v1alpha1.OriginIntake)
}

// Yields reports whether a user is removed when another user precedes it at its address: one that was created for a primary
// administrator, and a provisional account.
func Yields(u *v1alpha1.OrgUser) bool { return isBootstrap(u) || IsProvisional(u) }

// LimitedAccount returns the account that Usher creates on its own for an outsider (LMI-3, LMI-4). When it is made Full, it is
// invited (LMI-12). The name is derived from the address, so creating it twice results in one account.
func LimitedAccount(namespace, email, origin string) *v1alpha1.OrgUser {
	u := &v1alpha1.OrgUser{}
	u.Namespace, u.Name = namespace, emailaddr.ObjectName(email)
	u.Finalizers = []string{v1alpha1.Finalizer}
	u.Labels = map[string]string{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue, v1alpha1.LabelOrigin: origin}
	u.Spec = v1alpha1.OrgUserSpec{
		Email: v1alpha1.EmailAddress(email), Role: v1alpha1.RoleMember, Access: v1alpha1.AccessLimited,
		Onboarding: v1alpha1.OnboardingInvite,
	}
	return u
}
