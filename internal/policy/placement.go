// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/invitation"
)

// needsWorkspace tells whether an organization requires a workspace for an account (GTA-5). Administrators are in all, and
// who only receives notifications or is an outsider can be in none.
func needsWorkspace(o *v1alpha1.Organization, role v1alpha1.Role, access v1alpha1.AccountAccess) bool {
	return o != nil && o.Spec.Settings.WorkspaceAssignment == v1alpha1.AssignmentRequired &&
		role != v1alpha1.RoleOrganizationAdmin && role != v1alpha1.RoleNotificationsOnly && access != v1alpha1.AccessLimited
}

// account is what decides whether somebody has the workspace that the organization requires.
type account struct {
	email      string
	role       v1alpha1.Role
	access     v1alpha1.AccountAccess
	workspaces []v1alpha1.WorkspaceGrant
	groups     []v1alpha1.ObjectName
}

// accountsOf gives the accounts that an object declares.
func accountsOf(object any) []account {
	switch o := object.(type) {
	case *v1alpha1.OrgUser:
		return []account{{string(o.Spec.Email), o.Spec.Role, o.Spec.Access, o.Spec.Workspaces, o.Spec.Groups}}
	case *v1alpha1.Invitation:
		addresses, _ := invitation.ParseAddresses(o.Spec.Emails) // what is malformed is refused as such
		accounts := make([]account, 0, len(addresses))
		for _, a := range addresses {
			accounts = append(accounts, account{a.Email, o.Spec.Role, v1alpha1.AccessFull, o.Spec.Workspaces, o.Spec.Groups})
		}
		return accounts
	}
	return nil
}

// PlacementKeys gives what a judgement must know of whether workspaces name it: nothing, unless the organization requires
// a workspace of everybody and the request is about somebody whose own spec names none.
func PlacementKeys(r Request) []MemberKey {
	if r.Operation == Delete || r.Status {
		return nil
	}
	var keys []MemberKey
	for _, a := range append(accountsOf(r.New), accountsOf(r.Old)...) {
		if needsWorkspace(r.Facts.Organization, a.role, a.access) && len(a.workspaces) == 0 {
			keys = append(keys, keysOf(a.email, a.groups)...)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// unplaced gives the addresses of an object's accounts that lack the workspace that is required of them.
func unplaced(r Request, object any) []string {
	var emails []string
	for _, a := range accountsOf(object) {
		named := func(k MemberKey) bool { return r.Facts.Named[k] }
		if needsWorkspace(r.Facts.Organization, a.role, a.access) && len(a.workspaces) == 0 &&
			!slices.ContainsFunc(keysOf(a.email, a.groups), named) {
			emails = append(emails, invitation.NormalizeAddress(a.email))
		}
	}
	return emails
}

// judgePlacement refuses what would leave somebody without the workspace that the organization requires (GTA-5). Who lacks
// one already, because the setting or a workspace has changed since, can be changed otherwise.
func judgePlacement(r Request) []Violation {
	if r.Operation == Delete || r.Status {
		return nil
	}
	before := unplaced(r, r.Old)
	without := slices.DeleteFunc(unplaced(r, r.New), func(email string) bool { return slices.Contains(before, email) })
	if len(without) == 0 {
		return nil
	}
	if len(without) > maxNamed {
		without = append(without[:maxNamed], "…")
	}
	return []Violation{{
		Field: "spec.workspaces", Reason: Invalid, Rule: "workspace-required",
		Message: fmt.Sprintf("organization %q requires a workspace of everybody, and %s would be in none: name one here, or list "+
			"the address or a group of the person in spec.members of a Workspace first", r.Organization,
			strings.Join(without, ", ")),
	}}
}

// maxNamed is how many addresses a message names.
const maxNamed = 5
