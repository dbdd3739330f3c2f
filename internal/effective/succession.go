// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// Succession says who takes over from an administrator whose object is renamed. Kubernetes cannot rename an object: the person is
// declared under the new name, with the same address, and the former object is deleted.
type Succession struct {
	// User is the name of the user who gets the address when the former one is gone. Empty if there is none.
	User string
	// Obstacle says what keeps that user from taking over the administration, as something to do. Empty if nothing does.
	Obstacle string
}

// Possible reports whether somebody takes over.
func (s Succession) Possible() bool { return s.User != "" && s.Obstacle == "" }

// Heir returns, among the users with the same address, the one who gets it when the former one is gone; nil: there is none.
func Heir(former *v1alpha1.OrgUser, same []*v1alpha1.OrgUser) *v1alpha1.OrgUser {
	var first *v1alpha1.OrgUser
	for _, u := range same {
		if u.Name != former.Name && u.DeletionTimestamp.IsZero() && emailaddr.Same(string(EmailOf(u)), string(EmailOf(former))) &&
			(first == nil || Precedes(u, first)) {
			first = u
		}
	}
	return first
}

// SuccessionOf returns whether a user, who gets the address of a former administrator, takes over the administration as well: if
// nothing but the address kept them from being an administrator at once. UsernameOwner is the name of somebody else than the former
// administrator who keeps the heir from having their Kubernetes user name. Nil for heir: nobody takes over.
func (n Usernames) SuccessionOf(heir *v1alpha1.OrgUser, usernameOwner string) Succession {
	if heir == nil {
		return Succession{}
	}
	s := Succession{User: heir.Name}
	switch {
	case RequestedRole(heir) != v1alpha1.RoleOrganizationAdmin:
		s.Obstacle = "set its spec.role to OrganizationAdmin"
	case heir.Spec.Suspend:
		s.Obstacle = "set its spec.suspend to false"
	case !needsNoAcceptance(heir) && !IsAccepted(heir):
		s.Obstacle = "set its spec.onboarding to None"
	case usernameOwner != "":
		s.Obstacle = fmt.Sprintf("set another spec.username on it, because user %q has %s", usernameOwner, n.Of(heir))
	}
	return s
}

// HandsOver reports whether a former administrator who is being deleted makes room for another user with the same address, although
// still in force: the ledger names the other one. For as long as both are on the list, they stand for the same person. The former one
// must not leave before the next one acts, or nobody would be an administrator in between (ORG-4).
func HandsOver(o *v1alpha1.Organization, former, next *v1alpha1.OrgUser) bool {
	return !former.DeletionTimestamp.IsZero() && InLedger(o, next) &&
		emailaddr.Same(string(EmailOf(former)), string(EmailOf(next)))
}
