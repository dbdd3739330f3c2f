// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// IsLimited tells whether an account is wished to be an outsider's: active without being invited, and without role, access,
// seats and a Kubernetes user name (LMI-2).
func IsLimited(u *v1alpha1.OrgUser) bool { return u.Spec.Access == v1alpha1.AccessLimited }

// IsProvisional tells whether Usher made a Limited account by itself, and nobody has made it Full. It gives its address up
// to any user who is declared with it.
func IsProvisional(u *v1alpha1.OrgUser) bool {
	return IsLimited(u) && u.Labels[v1alpha1.LabelOrigin] != ""
}

// Yields tells whether a user goes when somebody else precedes it at its address: the one made for a primary administrator,
// and a provisional account.
func Yields(u *v1alpha1.OrgUser) bool { return isBootstrap(u) || IsProvisional(u) }

// LimitedAccount gives the account that Usher makes by itself for an outsider (LMI-3, LMI-4). Made Full, it is invited
// (LMI-12). The name is derived from the address, so there is one however often it is made.
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
