// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package authz decides who may do what: the role table, the rules of each kind, the invariants that bind everybody, and
// what is well formed beyond its shape. Webhooks, reconcilers and the portal all ask here. It has no client and no clock.
package authz

//go:generate go run ../../hack/rolesdoc -out ../../docs/roles.md

import (
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Area is a part of an organization that roles manage or view.
type Area string

const (
	// AreaProfile is the profile, settings and contacts.
	AreaProfile Area = "profile, settings and contacts"
	// AreaBilling is where invoices go and how they are paid.
	AreaBilling Area = "billing"
	// AreaSubscription is the plan, the modules and their seats.
	AreaSubscription Area = "subscription"
	// AreaUsers is users and invitations.
	AreaUsers Area = "users and invitations"
	// AreaWorkspaces is workspaces.
	AreaWorkspaces Area = "workspaces"
	// AreaOrganization is the organization's existence and its delegates.
	AreaOrganization Area = "the organization itself"
)

// Power is what a role may do in an area.
type Power int

const (
	// PowerNone neither sees nor changes.
	PowerNone Power = iota
	// PowerView sees.
	PowerView
	// PowerManageMembers sees, and manages users with the role Member (ORG-9 to ORG-12).
	PowerManageMembers
	// PowerManage sees and changes.
	PowerManage
)

type powers map[Area]Power

// roles is the role table, from which docs/roles.md is generated. What is absent is PowerNone.
var roles = map[v1alpha1.Role]powers{
	v1alpha1.RoleOrganizationAdmin: {
		AreaProfile: PowerManage, AreaBilling: PowerManage, AreaSubscription: PowerManage,
		AreaUsers: PowerManage, AreaWorkspaces: PowerManage, AreaOrganization: PowerManage,
	},
	v1alpha1.RoleBillingAdmin: {
		AreaProfile: PowerView, AreaBilling: PowerManage, AreaSubscription: PowerManage,
		AreaUsers: PowerView, AreaWorkspaces: PowerView,
	},
	v1alpha1.RoleFinanceAdmin: {
		AreaProfile: PowerManage, AreaBilling: PowerManage, AreaSubscription: PowerView,
		AreaUsers: PowerView, AreaWorkspaces: PowerManage,
	},
	v1alpha1.RoleUserAdmin: {
		AreaProfile: PowerView, AreaBilling: PowerView,
		AreaUsers: PowerManageMembers, AreaWorkspaces: PowerManage,
	},
	v1alpha1.RoleTechnician: {
		AreaProfile: PowerView, AreaBilling: PowerView, AreaSubscription: PowerView,
		AreaUsers: PowerView, AreaWorkspaces: PowerView,
	},
	v1alpha1.RoleMember:            {},
	v1alpha1.RoleNotificationsOnly: {},
}

// Roles lists all roles, the mightiest first.
func Roles() []v1alpha1.Role {
	return []v1alpha1.Role{
		v1alpha1.RoleOrganizationAdmin, v1alpha1.RoleBillingAdmin, v1alpha1.RoleFinanceAdmin, v1alpha1.RoleUserAdmin,
		v1alpha1.RoleTechnician, v1alpha1.RoleMember, v1alpha1.RoleNotificationsOnly,
	}
}

// Areas lists all areas, in the order of the role table.
func Areas() []Area {
	return []Area{AreaProfile, AreaBilling, AreaSubscription, AreaUsers, AreaWorkspaces, AreaOrganization}
}

// PowerOf gives what a role may do in an area; an unknown role may do nothing.
func PowerOf(role v1alpha1.Role, area Area) Power { return roles[role][area] }

// MayGrant tells whether somebody with one role may give another role to a person (ORG-3, ORG-9).
func MayGrant(role, granted v1alpha1.Role) bool {
	switch PowerOf(role, AreaUsers) {
	case PowerManage:
		return true
	case PowerManageMembers:
		return granted == v1alpha1.RoleMember
	default:
		return false
	}
}

// ReadsPayment tells whether a role reads the Secret with the organization's payment details (ORG-6, ORG-8).
func ReadsPayment(role v1alpha1.Role) bool { return PowerOf(role, AreaBilling) == PowerManage }

// managersOf names the roles that manage an area, for the texts of refusals.
func managersOf(area Area) string {
	return alternatives(func(r v1alpha1.Role) bool { return PowerOf(r, area) == PowerManage })
}

// grantersOf names the roles that may grant a role.
func grantersOf(granted v1alpha1.Role) string {
	return alternatives(func(r v1alpha1.Role) bool { return MayGrant(r, granted) })
}

func alternatives(can func(v1alpha1.Role) bool) string {
	var names []string
	for _, role := range Roles() {
		if can(role) {
			names = append(names, string(role))
		}
	}
	if len(names) == 0 {
		return "nobody"
	}
	article := "a "
	if strings.ContainsRune("AEIOU", rune(names[0][0])) {
		article = "an "
	}
	return article + joinOr(names)
}

func joinOr(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(slices.Clone(names[:last]), ", ") + " or " + names[last]
}
