// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import "github.com/usher-operator/usher/api/v1alpha1"

// judgeRestoredStatus judges a status that the platform writes, to restore it from a backup. Whatever it holds, the reconcilers compute
// from it anew what is in force, under the same invariants as always. Only an empty list of administrators would be lost for them: the
// organization would have nobody until somebody requests the role (ORG-4).
func judgeRestoredStatus(r Request) []Violation {
	before, isOrganization := r.Old.(*v1alpha1.Organization)
	after, remains := r.New.(*v1alpha1.Organization)
	if !isOrganization || !remains || len(before.Status.Administrators) == 0 || len(after.Status.Administrators) > 0 {
		return nil
	}
	return []Violation{r.refuse("status.administrators", Invalid, "administrators-kept",
		"the list of administrators in force cannot be emptied; write a status that contains it")}
}

// restoresInviter reports whether a request creates an Invitation that was saved together with the kind of authority that admission had
// recorded for it. Only the platform may declare it, and it stays as it was: whoever restores an Invitation does not answer for it.
func restoresInviter(actor Actor, old, requested *v1alpha1.Invitation) bool {
	switch v1alpha1.InviterKind(requested.Annotations[v1alpha1.AnnotationInviterKind]) {
	case v1alpha1.InviterPerson, v1alpha1.InviterDelegate, v1alpha1.InviterPlatform:
		return old == nil && actor.Kind == ActorPlatform
	default:
		return false
	}
}
