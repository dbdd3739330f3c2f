// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// circle says whom the contacts are told about: everybody in the organization, or who is in the workspace or requests it. It is made
// once for a snapshot: a workspace lists up to 10,000 members, and each user is held against all of them.
type circle struct {
	// workspace is the workspace's name; empty: everybody belongs to the circle.
	workspace v1alpha1.ObjectName
	users     map[string]*v1alpha1.OrgUser
	// lists reports whether the workspace's members name something. Holds returns a function that reports who holds a seat of a module.
	// Each look-up costs the same, however many there are.
	lists func(effective.MemberKey) bool
	holds func(*v1alpha1.ModuleStatus) func(user string) bool
}

func (s Snapshot) circle() circle {
	c := circle{users: make(map[string]*v1alpha1.OrgUser, len(s.Users)), holds: holdersOf}
	for _, u := range s.Users {
		c.users[u.Name] = u
	}
	if s.Workspace == nil {
		return c
	}
	c.workspace = v1alpha1.ObjectName(s.Workspace.Name)
	members := make(map[effective.MemberKey]bool, len(s.Workspace.Spec.Members))
	c.lists = func(key effective.MemberKey) bool { return members[key] }
	groups := make(map[v1alpha1.ObjectName]*v1alpha1.OrgGroup, len(s.Groups))
	for _, g := range s.Groups {
		groups[v1alpha1.ObjectName(g.Name)] = g
	}
	for _, m := range s.Workspace.Spec.Members {
		if key := effective.KeyOfMember(m); key != "" {
			members[key] = true
		}
		if g := groups[m.Group]; m.Group != "" && g != nil && g.DeletionTimestamp.IsZero() {
			for _, address := range effective.GroupMembers(g) {
				members[effective.AddressKey(address)] = true
			}
		}
	}
	return c
}

// invites reports whether a recipient is invited to the workspace, if there is one.
func (c circle) invites(i *v1alpha1.Invitation, r *v1alpha1.RecipientStatus) bool {
	if u := c.users[r.User]; u != nil && effective.IsAccountOf(u, r) {
		return c.includes(u)
	}
	return c.includesPerson(string(r.Email), i.Spec.Workspaces, i.Spec.Groups)
}

// includes reports whether a user is in the workspace, or requests it, if there is one.
func (c circle) includes(u *v1alpha1.OrgUser) bool {
	return c.includesPerson(string(effective.EmailOf(u)), u.Spec.Workspaces, u.Spec.Groups)
}

func (c circle) includesPerson(email string, requested []v1alpha1.WorkspaceGrant, groups []v1alpha1.ObjectName) bool {
	if c.workspace == "" || slices.ContainsFunc(requested, func(g v1alpha1.WorkspaceGrant) bool { return g.Name == c.workspace }) {
		return true
	}
	return slices.ContainsFunc(effective.KeysOf(email, groups), c.lists)
}

// user returns a user by name; nil: there is none.
func (s Snapshot) user(name string) *v1alpha1.OrgUser {
	if n := slices.IndexFunc(s.Users, func(u *v1alpha1.OrgUser) bool { return u.Name == name }); n >= 0 {
		return s.Users[n]
	}
	return nil
}

// holdersOf returns a function that reports whether a user holds a seat of a module.
func holdersOf(m *v1alpha1.ModuleStatus) func(user string) bool {
	holders := make(map[string]bool, len(m.Holders))
	for _, name := range m.Holders {
		holders[name] = true
	}
	return func(user string) bool { return holders[user] }
}
