// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// MemberNotice says, as a sentence that follows the address, what an Invitation does not give to a person who is a user already, because
// it changes no user, and which OrgUser to edit. It is empty if the person has everything that the Invitation grants.
func MemberNotice(u *v1alpha1.OrgUser, i *v1alpha1.InvitationSpec) string {
	if IsLimited(u) {
		return fmt.Sprintf("has a Limited account, which this Invitation does not change: to invite them, set spec.access to Full on "+
			"OrgUser %q", u.Name)
	}
	lacking := lackingGrants(u, i)
	if len(lacking) == 0 {
		return ""
	}
	return fmt.Sprintf("is a user already, whom this Invitation does not change: to give them %s, edit OrgUser %q", someOf(lacking), u.Name)
}

// lackingGrants returns what an Invitation grants and a user does not have.
func lackingGrants(u *v1alpha1.OrgUser, i *v1alpha1.InvitationSpec) []string {
	var lacking []string
	if u.Spec.Role != i.Role {
		lacking = append(lacking, fmt.Sprintf("the role %q", i.Role))
	}
	for _, grant := range i.Workspaces {
		if !hasAccess(u, grant) {
			lacking = append(lacking, fmt.Sprintf("the workspace %q (%s)", grant.Name, grant.Access))
		}
	}
	for _, group := range i.Groups {
		if !slices.Contains(u.Spec.Groups, group) {
			lacking = append(lacking, fmt.Sprintf("the group %q", group))
		}
	}
	for _, module := range i.Modules {
		if !slices.Contains(u.Spec.Modules, module) {
			lacking = append(lacking, fmt.Sprintf("the module %q", module))
		}
	}
	return lacking
}

// hasAccess reports whether a user has the access of a grant, or a stronger one: requested, or in force from whatever source.
func hasAccess(u *v1alpha1.OrgUser, wanted v1alpha1.WorkspaceGrant) bool {
	enough := func(access v1alpha1.WorkspaceAccess) bool { return weakness(access) <= weakness(wanted.Access) }
	return RequestedRole(u) == v1alpha1.RoleOrganizationAdmin ||
		slices.ContainsFunc(u.Spec.Workspaces, func(g v1alpha1.WorkspaceGrant) bool {
			return g.Name == wanted.Name && enough(g.Access)
		}) ||
		slices.ContainsFunc(u.Status.Workspaces, func(g v1alpha1.WorkspaceGrantStatus) bool {
			return g.Name == string(wanted.Name) && enough(g.Access)
		})
}

// maxLacking is how many grants a notice names.
const maxLacking = 3

func someOf(phrases []string) string {
	if more := len(phrases) - maxLacking; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(phrases[:maxLacking], ", "), more)
	}
	return strings.Join(phrases, ", ")
}
