// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package authz decides who may do what: the role table, the rules of each kind, the invariants that bind everybody, and
// the rules of content that the API's schema cannot express. Webhooks, reconcilers and the portal all ask here. It has no
// client and no clock.
package authz

//go:generate go run ../../hack/rolesdoc -out ../../docs/roles.md

import (
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
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
	// AreaUsers is users, groups and invitations.
	AreaUsers Area = "users, groups and invitations"
	// AreaWorkspaces is workspaces.
	AreaWorkspaces Area = "workspaces"
	// AreaOrganization is the organization's existence and its delegates.
	AreaOrganization Area = "the organization itself"
)

// Power is what a role may do in an area.
type Power int

const (
	// PowerNone permits neither viewing nor changing.
	PowerNone Power = iota
	// PowerView permits viewing.
	PowerView
	// PowerManageMembers permits viewing, and managing users with the role Member, and groups as far as such users are concerned (ORG-9 to
	// ORG-12).
	PowerManageMembers
	// PowerManage permits viewing and changing.
	PowerManage
)

type powers map[Area]Power

// roles is the role table, from which docs/roles.md is generated. Areas that a role does not list are PowerNone.
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

// Roles returns all roles, the most powerful first.
func Roles() []v1alpha1.Role { return effective.Roles() }

// Areas returns all areas, in the order of the role table.
func Areas() []Area {
	return []Area{AreaProfile, AreaBilling, AreaSubscription, AreaUsers, AreaWorkspaces, AreaOrganization}
}

// PowerOf returns what a role may do in an area. An unknown role may do nothing.
func PowerOf(role v1alpha1.Role, area Area) Power { return roles[role][area] }

// mayGrant reports whether a role may grant another role to a person (ORG-3, ORG-9).
func mayGrant(role, granted v1alpha1.Role) bool {
	switch PowerOf(role, AreaUsers) {
	case PowerManage:
		return true
	case PowerManageMembers:
		return granted == v1alpha1.RoleMember
	default:
		return false
	}
}

// ReadsPayment reports whether a role can read the Secret with the organization's payment details (ORG-6, ORG-8).
func ReadsPayment(role v1alpha1.Role) bool { return PowerOf(role, AreaBilling) == PowerManage }

// managersOf names the roles that manage an area, for refusals.
func managersOf(area Area) string {
	return alternatives(func(r v1alpha1.Role) bool { return PowerOf(r, area) == PowerManage })
}

// grantersOf names the roles that may grant a role, for refusals.
func grantersOf(granted v1alpha1.Role) string {
	return alternatives(func(r v1alpha1.Role) bool { return mayGrant(r, granted) })
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
