// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// account is what decides whether a person has the workspace that the organization requires.
type account struct {
	email      string
	role       v1alpha1.Role
	access     v1alpha1.AccountAccess
	workspaces []v1alpha1.WorkspaceGrant
	groups     []v1alpha1.ObjectName
}

// accountsOf returns the accounts that an object declares.
func accountsOf(object any) []account {
	switch o := object.(type) {
	case *v1alpha1.OrgUser:
		return []account{{string(o.Spec.Email), effective.RequestedRole(o), o.Spec.Access, o.Spec.Workspaces, o.Spec.Groups}}
	case *v1alpha1.Invitation:
		addresses, _ := emailaddr.ParseList(o.Spec.Emails) // malformed entries are refused as such
		accounts := make([]account, 0, len(addresses))
		for _, a := range addresses {
			accounts = append(accounts, account{a.Email, o.Spec.Role, v1alpha1.AccessFull, o.Spec.Workspaces, o.Spec.Groups})
		}
		return accounts
	}
	return nil
}

// AssignmentKeys returns the addresses and groups that Judge has to look up among the workspaces' members. There are none
// unless the organization requires a workspace for everybody and the request is about an account whose own spec names none.
func AssignmentKeys(r Request) []effective.MemberKey {
	if r.Operation == Delete || r.Status {
		return nil
	}
	var keys []effective.MemberKey
	for _, a := range append(accountsOf(r.New), accountsOf(r.Old)...) {
		if effective.NeedsWorkspace(r.Facts.Organization, a.role, a.access) && len(a.workspaces) == 0 {
			keys = append(keys, effective.KeysOf(a.email, a.groups)...)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// lackingWorkspace returns the addresses of an object's accounts that lack the required workspace.
func lackingWorkspace(r Request, object any) []string {
	var emails []string
	for _, a := range accountsOf(object) {
		named := func(k effective.MemberKey) bool { return r.Facts.Named[k] }
		if effective.NeedsWorkspace(r.Facts.Organization, a.role, a.access) && len(a.workspaces) == 0 &&
			!slices.ContainsFunc(effective.KeysOf(a.email, a.groups), named) {
			emails = append(emails, emailaddr.Normalize(a.email))
		}
	}
	return emails
}

// judgeAssignment refuses a change that would leave a person without the workspace that the organization requires (GTA-5).
// Accounts that lack one already, because the setting or a workspace has changed since, can still be changed otherwise.
func judgeAssignment(r Request) []Violation {
	if r.Operation == Delete || r.Status {
		return nil
	}
	before := lackingWorkspace(r, r.Old)
	without := slices.DeleteFunc(lackingWorkspace(r, r.New), func(email string) bool { return slices.Contains(before, email) })
	if len(without) == 0 {
		return nil
	}
	if len(without) > maxNamed {
		without = append(without[:maxNamed], "…")
	}
	return []Violation{{
		Field: "spec.workspaces", Reason: Invalid, Rule: "workspace-required",
		Message: fmt.Sprintf("organization %q requires a workspace for every user, and %s would have none: name one here, or first "+
			"list the address or one of the groups in spec.members of a Workspace", r.Organization, strings.Join(without, ", ")),
	}}
}

// maxNamed is how many addresses a message names.
const maxNamed = 5
