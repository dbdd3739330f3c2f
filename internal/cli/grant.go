// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/roster"
	"github.com/usher-operator/usher/internal/effective"
)

// granted is what grant gives and revoke takes away.
type granted struct {
	workspaces      []v1alpha1.WorkspaceGrant
	groups, modules []v1alpha1.ObjectName
}

// parseGrant reads a workspace with its access from arguments, and the rest from flags.
func parseGrant(args, groups, modules []string) (granted, error) {
	var g granted
	access := v1alpha1.WorkspaceView
	var err error
	if len(args) > 1 {
		if access, err = roster.ParseAccess(args[1], access); err != nil {
			return g, err
		}
		args = args[:1]
	}
	if g.workspaces, err = roster.ParseWorkspaces(args, access); err != nil {
		return g, err
	}
	if g.groups, err = roster.ParseNames("group", groups); err != nil {
		return g, err
	}
	if g.modules, err = roster.ParseNames("module", modules); err != nil {
		return g, err
	}
	if len(g.workspaces)+len(g.groups)+len(g.modules) == 0 {
		return g, errors.New("say what: a workspace, --group or --module")
	}
	return g, nil
}

// gets says what somebody gets.
func (g granted) gets() string {
	return "gets " + g.words(func(w v1alpha1.WorkspaceGrant) string {
		return fmt.Sprintf("%s access to workspace %s", w.Access, w.Name)
	})
}

// loses says what somebody loses.
func (g granted) loses() string {
	return "loses " + g.words(func(w v1alpha1.WorkspaceGrant) string { return "workspace " + string(w.Name) })
}

func (g granted) words(workspace func(v1alpha1.WorkspaceGrant) string) string {
	var words []string
	for _, w := range g.workspaces {
		words = append(words, workspace(w))
	}
	for _, group := range g.groups {
		words = append(words, "group "+string(group))
	}
	for _, module := range g.modules {
		words = append(words, "module "+string(module))
	}
	return strings.Join(words, ", ")
}

// addTo gives it to a user. A workspace that the user has by the own list gets the new access.
func (g granted) addTo(u *v1alpha1.OrgUser) error {
	for _, w := range g.workspaces {
		if n := indexOfWorkspace(u, w.Name); n >= 0 {
			u.Spec.Workspaces[n].Access = w.Access
			continue
		}
		u.Spec.Workspaces = append(u.Spec.Workspaces, w)
	}
	u.Spec.Groups = union(u.Spec.Groups, g.groups)
	u.Spec.Modules = union(u.Spec.Modules, g.modules)
	return nil
}

// removeFrom takes it away from a user, or says what the user has not got.
func (g granted) removeFrom(u *v1alpha1.OrgUser) error {
	for _, w := range g.workspaces {
		n := indexOfWorkspace(u, w.Name)
		if n < 0 {
			return fmt.Errorf("workspace %s is not on the own list of %s: %s shows where access comes from", w.Name, labelOf(u),
				command("why", u.Name, string(w.Name), "-n", u.Namespace))
		}
		u.Spec.Workspaces = slices.Delete(slices.Clone(u.Spec.Workspaces), n, n+1)
	}
	var has bool
	for _, group := range g.groups {
		if u.Spec.Groups, has = drop(u.Spec.Groups, group); !has {
			if slices.Contains(u.Status.Groups, group) {
				return fmt.Errorf("%s is in the group %s because of OrgGroup %s: remove %s from its spec.members", labelOf(u), group, group,
					effective.EmailOf(u))
			}
			return fmt.Errorf("%s is not in the group %s", labelOf(u), group)
		}
	}
	for _, module := range g.modules {
		if u.Spec.Modules, has = drop(u.Spec.Modules, module); !has {
			return fmt.Errorf("%s does not have the module %s", labelOf(u), module)
		}
	}
	return nil
}

func indexOfWorkspace(u *v1alpha1.OrgUser, workspace v1alpha1.ObjectName) int {
	return slices.IndexFunc(u.Spec.Workspaces, func(w v1alpha1.WorkspaceGrant) bool { return w.Name == workspace })
}

func union(list, more []v1alpha1.ObjectName) []v1alpha1.ObjectName {
	for _, entry := range more {
		if !slices.Contains(list, entry) {
			list = append(list, entry)
		}
	}
	return list
}
