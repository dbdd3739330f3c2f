// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import "github.com/usher-operator/usher/api/v1alpha1"

// Command is a line for a terminal with which people see what they have.
type Command struct {
	// Name ends the key of its phrase: whoami, organization or workspace.
	Name string
	// Workspace is the title of the workspace that it is about; empty: it is about none.
	Workspace string
	Line      string
}

// Space is a workspace as people know it, with the namespace that it owns.
type Space struct{ Title, Namespace string }

// CommandsFor returns the commands that a person with a role can start with. Organization is the organization's namespace. Spaces without
// a namespace are left out.
func CommandsFor(role v1alpha1.Role, organization string, spaces []Space) []Command {
	commands := []Command{{Name: "whoami", Line: "kubectl auth whoami"}}
	if organization != "" && PowerOf(role, AreaUsers) >= PowerView {
		commands = append(commands, Command{Name: "organization", Line: "kubectl get orgusers,invitations,workspaces -n " + organization})
	}
	for _, s := range spaces {
		if s.Namespace != "" {
			commands = append(commands, Command{Name: "workspace", Workspace: s.Title, Line: "kubectl get all -n " + s.Namespace})
		}
	}
	return commands
}
