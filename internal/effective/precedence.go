// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import "github.com/usher-operator/usher/api/v1alpha1"

// Precedes tells which of two users with the same address has it in force: anybody before a provisional account, the one
// who has accepted, else the one who needs not to, else the one that somebody declared before one that Usher made for a
// primary administrator, else the oldest (ORG-28).
func Precedes(a, b *v1alpha1.OrgUser) bool {
	if one, other := IsProvisional(a), IsProvisional(b); one != other {
		return other
	}
	if one, other := inUse(a), inUse(b); one != other {
		return one
	}
	if one, other := needsNoAcceptance(a), needsNoAcceptance(b); one != other {
		return one
	}
	if one, other := isBootstrap(a), isBootstrap(b); one != other {
		return other
	}
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Name < b.Name
}

// ByPrecedence orders users with the same address for package slices: the one who has it in force first, see Precedes.
func ByPrecedence(a, b *v1alpha1.OrgUser) int {
	switch {
	case Precedes(a, b):
		return -1
	case Precedes(b, a):
		return 1
	default:
		return 0
	}
}

// OwnsUsername tells whether a user keeps another, who wishes the same Kubernetes user name, from having it: who has the name
// in force keeps it, and of two who have not, or both have, the address's rule decides. A Limited account needs none.
func OwnsUsername(holder, other *v1alpha1.OrgUser) bool {
	name := UsernameOf(other)
	has := inUse(holder) && holder.Status.Username == name
	if IsLimited(other) || IsLimited(holder) && !has {
		return false
	}
	hasOther := inUse(other) && other.Status.Username == name
	if has != hasOther {
		return has
	}
	return (has || UsernameOf(holder) == name) && Precedes(holder, other)
}

func inUse(u *v1alpha1.OrgUser) bool {
	return u.Status.State == v1alpha1.UserActive || u.Status.State == v1alpha1.UserSuspended
}

func needsNoAcceptance(u *v1alpha1.OrgUser) bool {
	return u.Spec.Onboarding == v1alpha1.OnboardingNone && !IsLimited(u)
}

func isBootstrap(u *v1alpha1.OrgUser) bool { return u.Labels[v1alpha1.LabelBootstrap] != "" }
