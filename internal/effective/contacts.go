// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// UsersByAddress maps addresses, as emailaddr.Normalize returns them, to the users who have them.
type UsersByAddress map[string][]*v1alpha1.OrgUser

// NextContacts returns the contacts with their assignees in force, in the order of the spec. The assignee in force is the
// active user, Limited or not, who has the assignee's address.
//
// Once a user is assigned, their UID is remembered while the spec names the same address: after a suspension the same person
// is assigned again, and after a removal the contact stays unassigned, whoever gets the address later (ORG-27). Accounts that
// Usher created on its own are not remembered: they stand for their address, and give it up to any user who is declared with
// it.
func NextContacts(requested []v1alpha1.Contact, previous []v1alpha1.ContactStatus, users UsersByAddress,
) []v1alpha1.ContactStatus {
	var next []v1alpha1.ContactStatus
	for _, c := range requested {
		memory := v1alpha1.ContactStatus{Name: string(c.Name)}
		if n := slices.IndexFunc(previous, func(p v1alpha1.ContactStatus) bool { return p.Name == string(c.Name) }); n >= 0 {
			memory = previous[n]
		}
		next = append(next, nextContact(c, memory, users[emailaddr.Normalize(string(c.Assignee))]))
	}
	return next
}

func nextContact(c v1alpha1.Contact, memory v1alpha1.ContactStatus, users []*v1alpha1.OrgUser) v1alpha1.ContactStatus {
	next := v1alpha1.ContactStatus{Name: string(c.Name)}
	if c.Assignee == "" {
		return next
	}
	next.ObservedAssignee = string(c.Assignee)
	if memory.ObservedAssignee != "" && emailaddr.Same(memory.ObservedAssignee, string(c.Assignee)) {
		next.AssigneeUID = memory.AssigneeUID
	}
	users = slices.DeleteFunc(slices.Clone(users), func(u *v1alpha1.OrgUser) bool {
		return u.Status.State == v1alpha1.UserRemoving || next.AssigneeUID != "" && IdentityOf(u).UID != next.AssigneeUID
	})
	active := slices.IndexFunc(users, func(u *v1alpha1.OrgUser) bool { return u.Status.State == v1alpha1.UserActive })
	switch {
	case active >= 0:
		next.Assignee = string(c.Assignee)
		if u := users[active]; !IsProvisional(u) {
			next.AssigneeUID = IdentityOf(u).UID
		}
	case len(users) > 0:
		next.Reason = v1alpha1.UnassignedNotActive
	case next.AssigneeUID != "":
		next.Reason = v1alpha1.UnassignedRemoved
	default:
		next.Reason = v1alpha1.UnassignedUnknown
	}
	return next
}
