// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// MaxGroupsOfUser is how many groups of a person can be in force.
const MaxGroupsOfUser = 1000

// GroupsOf returns the groups in which a person is (LMI-9, DIR-5): those that the account or the Invitation names, and the OrgGroups that
// list the address. Listing are the OrgGroups that the index has under the address. Webhooks, reconcilers and pages all ask here. The
// groups beyond MaxGroupsOfUser are left out, and counted; those that the account names come first, the others by name.
func GroupsOf(named []v1alpha1.ObjectName, listing []*v1alpha1.OrgGroup) (groups []v1alpha1.ObjectName, omitted int) {
	listed := make([]v1alpha1.ObjectName, 0, len(listing))
	for _, g := range listing {
		if g.DeletionTimestamp.IsZero() {
			listed = append(listed, v1alpha1.ObjectName(g.Name))
		}
	}
	slices.Sort(listed)
	groups = union(named, listed)
	if omitted = len(groups) - MaxGroupsOfUser; omitted > 0 {
		return groups[:MaxGroupsOfUser], omitted
	}
	return groups, 0
}

// groupsInForce returns the groups of a user in a state, and how many there is no room for. Limited accounts are in none (LMI-9).
func groupsInForce(f UserFacts, state v1alpha1.UserState) (groups []v1alpha1.ObjectName, omitted int) {
	if state != v1alpha1.UserActive || IsLimited(f.User) {
		return nil, 0
	}
	return f.Groups, f.OmittedGroups
}

// KnownGroups returns the groups that a user's own object tells of: those that the spec names, and those in force. It is for whoever does
// not read the OrgGroups, and must not be changed: what goes through all people does not copy the groups of most of them.
func KnownGroups(u *v1alpha1.OrgUser) []v1alpha1.ObjectName {
	if len(u.Spec.Groups) == 0 || len(u.Spec.Groups) == 1 && slices.Equal(u.Spec.Groups, u.Status.Groups) {
		return slices.Clip(u.Status.Groups)
	}
	return union(u.Spec.Groups, u.Status.Groups)
}

// union returns all names, each once, in order.
func union(lists ...[]v1alpha1.ObjectName) []v1alpha1.ObjectName {
	var names []v1alpha1.ObjectName
	seen := map[v1alpha1.ObjectName]bool{}
	for _, name := range slices.Concat(lists...) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// GroupTitle returns the group's name for people.
func GroupTitle(g *v1alpha1.OrgGroup) string { return cmp.Or(string(g.Spec.DisplayName), g.Name) }

// GroupTitleKey returns a group's name for people in the form in which names are compared: regardless of case.
func GroupTitleKey(g *v1alpha1.OrgGroup) string {
	return strings.ToLower(strings.TrimSpace(GroupTitle(g)))
}

// GroupMembers returns the addresses that a group lists in their normal form, each once.
func GroupMembers(g *v1alpha1.OrgGroup) []string {
	if g == nil {
		return nil
	}
	addresses := make([]string, 0, len(g.Spec.Members))
	seen := make(map[string]bool, len(g.Spec.Members))
	for _, m := range g.Spec.Members {
		if address := emailaddr.Normalize(string(m)); !seen[address] {
			seen[address] = true
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// maxGroupGrants is how many workspaces the status of a group lists.
const maxGroupGrants = 1000

// GroupGrants returns the workspaces that a group opens, each with the strongest access that an entry grants it, and how many the status
// has no room for. Listing are the workspaces that list the group, by the access.
func GroupGrants(listing map[v1alpha1.WorkspaceAccess][]*v1alpha1.Workspace) (grants []v1alpha1.GroupGrantStatus, omitted int) {
	seen := map[string]bool{}
	for _, access := range Accesses {
		for _, w := range listing[access] {
			if !seen[w.Name] && w.DeletionTimestamp.IsZero() {
				seen[w.Name] = true
				grants = append(grants, v1alpha1.GroupGrantStatus{Name: w.Name, Access: access})
			}
		}
	}
	slices.SortFunc(grants, func(a, b v1alpha1.GroupGrantStatus) int { return strings.Compare(a.Name, b.Name) })
	if omitted = len(grants) - maxGroupGrants; omitted > 0 {
		return grants[:maxGroupGrants], omitted
	}
	return grants, 0
}

// TitlePrecedes reports whether the first of two groups with the same name for people keeps it: the older one does.
func TitlePrecedes(a, b *v1alpha1.OrgGroup) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Name < b.Name
}
