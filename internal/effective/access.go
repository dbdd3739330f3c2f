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

// MemberKey is what an entry among a workspace's members names: an address or a group. All spellings of one account's
// address have the same key.
type MemberKey string

// AddressKey gives the key of an address.
func AddressKey(email string) MemberKey {
	return MemberKey("address/" + emailaddr.Normalize(email))
}

// GroupKey gives the key of a group.
func GroupKey(group v1alpha1.ObjectName) MemberKey { return MemberKey("group/" + string(group)) }

// KeyOfMember gives what an entry among a workspace's members names; empty: nobody, as it names both or neither. Such an
// entry came past the webhook.
func KeyOfMember(m v1alpha1.WorkspaceMember) MemberKey {
	switch {
	case (m.Email == "") == (m.Group == ""):
		return ""
	case m.Group != "":
		return GroupKey(m.Group)
	default:
		return AddressKey(string(m.Email))
	}
}

// KeysOfUser gives what an entry may name so that it is about a user: the address, or one of the groups.
func KeysOfUser(u *v1alpha1.OrgUser) []MemberKey { return KeysOf(string(u.Spec.Email), u.Spec.Groups) }

// KeysOf returns the keys of an address and of groups.
func KeysOf(email string, groups []v1alpha1.ObjectName) []MemberKey {
	keys := []MemberKey{AddressKey(email)}
	for _, group := range groups {
		keys = append(keys, GroupKey(group))
	}
	return keys
}

// OriginOfMember gives the access that an entry among a workspace's members gives, and why.
func OriginOfMember(key MemberKey, access v1alpha1.WorkspaceAccess) v1alpha1.GrantOrigin {
	if group, is := strings.CutPrefix(string(key), "group/"); is {
		return v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByGroup, Group: group, Access: access}
	}
	return v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByMember, Access: access}
}

// Accesses are all there are, the strongest first.
var Accesses = []v1alpha1.WorkspaceAccess{v1alpha1.WorkspaceAdmin, v1alpha1.WorkspaceEdit, v1alpha1.WorkspaceView}

// weakness orders accesses, the strongest first.
func weakness(access v1alpha1.WorkspaceAccess) int { return slices.Index(Accesses, access) }

// grants gives the access in force in each workspace, the strongest of every source, with all of them (ORG-2, ORG-23,
// LMI-9), and the wished workspaces that are not there.
func grants(f UserFacts, in InForce) (granted []v1alpha1.WorkspaceGrantStatus, missing []string) {
	existing := make(map[string]bool, len(f.Workspaces))
	hasAccess := in.State == v1alpha1.UserActive && in.Role != "" && in.Role != v1alpha1.RoleNotificationsOnly
	for _, w := range f.Workspaces {
		existing[w.Name] = true
		if origins := originsIn(w.Name, f, in.Role); hasAccess && len(origins) > 0 {
			granted = append(granted, v1alpha1.WorkspaceGrantStatus{
				Name: w.Name, Access: origins[0].Access, Origins: origins,
			})
		}
	}
	for _, wish := range f.User.Spec.Workspaces {
		if !existing[string(wish.Name)] {
			missing = append(missing, string(wish.Name))
		}
	}
	slices.SortFunc(granted, func(a, b v1alpha1.WorkspaceGrantStatus) int { return strings.Compare(a.Name, b.Name) })
	return granted, missing
}

// sources are all there are, in the order in which they are listed when they give the same access.
var sources = []v1alpha1.GrantSource{
	v1alpha1.GrantedByRole, v1alpha1.GrantedByUser, v1alpha1.GrantedByMember, v1alpha1.GrantedByGroup,
}

// originsIn gives every source of an access to a workspace, the strongest first.
func originsIn(workspace string, f UserFacts, role v1alpha1.Role) []v1alpha1.GrantOrigin {
	var origins []v1alpha1.GrantOrigin
	if role == v1alpha1.RoleOrganizationAdmin {
		origins = append(origins, v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByRole, Access: v1alpha1.WorkspaceAdmin})
	}
	for _, wish := range f.User.Spec.Workspaces {
		if string(wish.Name) == workspace {
			origins = append(origins, v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByUser, Access: wish.Access})
		}
	}
	origins = append(origins, f.Named[workspace]...)
	slices.SortFunc(origins, func(a, b v1alpha1.GrantOrigin) int {
		return cmp.Or(weakness(a.Access)-weakness(b.Access),
			slices.Index(sources, a.Source)-slices.Index(sources, b.Source), strings.Compare(a.Group, b.Group))
	})
	// An address or a group that a workspace lists twice counts once, with the stronger access.
	seen := map[v1alpha1.GrantOrigin]bool{}
	return slices.DeleteFunc(origins, func(o v1alpha1.GrantOrigin) bool {
		o.Access = ""
		again := seen[o]
		seen[o] = true
		return again
	})
}

// ModuleRole is the ClusterRole that a module in force adds in each workspace in force (GTA-10).
type ModuleRole struct {
	Module, ClusterRole string
}

// boundRoles gives the ClusterRoles of the modules in force: those that may be bound.
func boundRoles(f UserFacts, modules []v1alpha1.ObjectName) []ModuleRole {
	var roles []ModuleRole
	for _, m := range f.Organization.Spec.Subscription.Modules {
		if m.ClusterRoleName != "" && slices.Contains(modules, m.Name) && f.ClusterRoles[m.ClusterRoleName] == Grantable {
			roles = append(roles, ModuleRole{Module: string(m.Name), ClusterRole: m.ClusterRoleName})
		}
	}
	return roles
}

// WithModules gives what is in force with other modules, which have to be modules of the organization.
func (in InForce) WithModules(f UserFacts, modules []v1alpha1.ObjectName) InForce {
	in.Modules, in.ModuleRoles = modules, nil
	if f.Organization != nil && len(in.Workspaces) > 0 {
		in.ModuleRoles = boundRoles(f, modules)
	}
	return in
}
