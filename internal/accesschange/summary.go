// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accesschange

import (
	"github.com/usher-operator/usher/api/v1alpha1"
)

// Workspace is a workspace that a mail names, with the access in force and what the person was last told of; empty: none.
type Workspace struct {
	Name           string
	Access, Former v1alpha1.WorkspaceAccess
}

// Summary is what a mail says.
type Summary struct {
	// Role is the role in force, and FormerRole the one before; empty: the role is the same.
	Role, FormerRole v1alpha1.Role
	// Added, Changed and Removed are the workspaces whose access differs.
	Added, Changed, Removed []Workspace
	// AllWorkspaces is true if the role gives access to all workspaces, and did not before.
	AllWorkspaces bool
	// ListsPresent is true if Present, all workspaces that the person has, takes the place of Added, Changed and Removed: there are too
	// many differences, or the role gave access to all workspaces before.
	ListsPresent bool
	Present      []Workspace
	// AddedModules and RemovedModules are the modules that differ.
	AddedModules, RemovedModules []v1alpha1.ObjectName
}

// Summarize returns what the mail says that a status queues.
func Summarize(s *v1alpha1.OrgUserStatus) Summary {
	c, now := s.AccessChange, Of(s)
	out := Summary{AddedModules: c.AddedModules, RemovedModules: c.RemovedModules}
	if c.FormerRole != "" {
		out.Role, out.FormerRole = now.Role, c.FormerRole
	}
	switch {
	case now.Role == v1alpha1.RoleOrganizationAdmin:
		out.AllWorkspaces = c.FormerRole != ""
	case c.FormerRole == v1alpha1.RoleOrganizationAdmin, c.WorkspacesDigest != "":
		out.ListsPresent = true
		for n := range s.Workspaces {
			out.Present = append(out.Present, Workspace{Name: s.Workspaces[n].Name, Access: s.Workspaces[n].Access})
		}
	default:
		out.addChanges(c.Workspaces, now)
	}
	return out
}

func (s *Summary) addChanges(former []v1alpha1.FormerAccess, now Access) {
	for _, f := range former {
		w := Workspace{Name: f.Name, Access: now.Workspaces[f.Name], Former: f.Access}
		switch {
		case w.Former == "":
			s.Added = append(s.Added, w)
		case w.Access == "":
			s.Removed = append(s.Removed, w)
		default:
			s.Changed = append(s.Changed, w)
		}
	}
}
