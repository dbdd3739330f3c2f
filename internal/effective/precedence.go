// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import "github.com/usher-operator/usher/api/v1alpha1"

// Precedes reports whether the first of two users with the same address has it in force. The first of these rules that tells
// them apart decides: a provisional account comes last, a user who has accepted comes first, then one who need not accept, a
// declared user comes before one that Usher created for a primary administrator, and an older user before a younger one
// (ORG-28).
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
	if one, other := CreatedAt(a), CreatedAt(b); !one.Equal(&other) {
		return one.Before(&other)
	}
	return a.Name < b.Name
}

// ByPrecedence compares users with the same address for package slices: the one who has it in force first; see Precedes.
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

func inUse(u *v1alpha1.OrgUser) bool {
	return u.Status.State == v1alpha1.UserActive || u.Status.State == v1alpha1.UserSuspended
}

func needsNoAcceptance(u *v1alpha1.OrgUser) bool {
	return u.Spec.Onboarding == v1alpha1.OnboardingNone && !IsLimited(u)
}

func isBootstrap(u *v1alpha1.OrgUser) bool { return u.Labels[v1alpha1.LabelBootstrap] != "" }
