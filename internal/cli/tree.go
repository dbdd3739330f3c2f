// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/people"
	"github.com/usher-operator/usher/internal/effective"
)

func newTree(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "tree",
		Short:   "Show the organization, its workspaces and their people",
		GroupID: groupFind,
		Long:    "Show the organization as a tree: its workspaces, who has access to each and why, and who has access to none.",
		Example: examples("tree", "tree --workspace support"),
		Args:    between(0, 0),
	}
	only := cmd.Flags().StringSlice("workspace", nil, "Only these workspaces.")
	must(cmd.RegisterFlagCompletionFunc("workspace", t.completeFlagWorkspaces))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s, err := t.connect()
		if err != nil {
			return err
		}
		return t.tree(cmd.Context(), s, *only)
	}
	return cmd
}

// node is a line of a tree, with what is below.
type node struct {
	text  string
	below []node
}

func (t *tool) tree(ctx context.Context, s *session, only []string) error {
	org, err := s.organization(ctx)
	if err != nil {
		return err
	}
	workspaces, err := s.workspaces(ctx, s.namespace)
	if err != nil {
		return err
	}
	for _, name := range only {
		if !slices.ContainsFunc(workspaces, func(w v1alpha1.Workspace) bool { return w.Name == name }) {
			return fmt.Errorf("no workspace %q in organization %q: the workspaces are %s", name, s.namespace, workspaceNames(workspaces))
		}
	}
	users, err := s.users(ctx, s.namespace)
	if err != nil {
		return err
	}
	root := node{text: fmt.Sprintf("%s  %s  (%d users, %d workspaces)",
		org.Name, effective.OrganizationTitle(org), len(users), len(workspaces))}
	in := peopleIn(users)
	for n := range workspaces {
		w := &workspaces[n]
		if len(only) == 0 || slices.Contains(only, w.Name) {
			root.below = append(root.below, node{text: workspaceLine(w), below: in[w.Name]})
		}
	}
	if without := in[""]; len(only) == 0 && len(without) > 0 {
		root.below = append(root.below, node{text: "(no workspace)", below: without})
	}
	return root.print(t.streams.Out, "", "")
}

func workspaceNames(workspaces []v1alpha1.Workspace) string {
	names := make([]string, 0, len(workspaces))
	for _, w := range workspaces {
		names = append(names, w.Name)
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

func workspaceLine(w *v1alpha1.Workspace) string {
	line := fmt.Sprintf("%s  %s  namespace %s", w.Name, effective.WorkspaceTitle(w), cmp.Or(w.Status.Namespace, "not there yet"))
	if ready := readiness(w.Status.Conditions); ready != "True" {
		line += "  " + ready
	}
	return line
}

// peopleIn returns the people of each workspace, and under the empty name those who have none.
func peopleIn(users []v1alpha1.OrgUser) map[string][]node {
	in := map[string][]node{}
	for n := range users {
		u := &users[n]
		for _, grant := range u.Status.Workspaces {
			from := make([]string, 0, len(grant.Origins))
			for _, origin := range grant.Origins {
				from = append(from, originLabel(u, origin))
			}
			line := fmt.Sprintf("%s  %s  from %s", u.Name, grant.Access, strings.Join(from, ", "))
			in[grant.Name] = append(in[grant.Name], node{text: line})
		}
		if len(u.Status.Workspaces) == 0 {
			in[""] = append(in[""], node{text: fmt.Sprintf("%s  %s  %s", u.Name, standing(u), effective.EmailOf(u))})
		}
	}
	return in
}

// standing says in a word or two what a user without workspaces is.
func standing(u *v1alpha1.OrgUser) string {
	switch {
	case effective.IsLimited(u):
		return "Limited"
	case u.Status.State == v1alpha1.UserActive:
		return string(people.RoleOf(u))
	}
	return fmt.Sprintf("%s (%s)", people.RoleOf(u), u.Status.State)
}

func (n node) print(w io.Writer, first, rest string) error {
	if _, err := fmt.Fprintln(w, first+oneLine(n.text)); err != nil {
		return err
	}
	for i, below := range n.below {
		branch, trunk := "├── ", "│   "
		if i == len(n.below)-1 {
			branch, trunk = "└── ", "    "
		}
		if err := below.print(w, rest+branch, rest+trunk); err != nil {
			return err
		}
	}
	return nil
}
