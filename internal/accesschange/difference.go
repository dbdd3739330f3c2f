// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accesschange

import (
	"maps"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// MaxWorkspaces is how many workspaces a status lists as changed.
const MaxWorkspaces = 100

// difference returns how access differs from what a person was told; nil: it does not.
func difference(told, now Access) *v1alpha1.AccessChangeStatus {
	c := &v1alpha1.AccessChangeStatus{AddedModules: without(now.Modules, told.Modules), RemovedModules: without(told.Modules, now.Modules)}
	if told.Role != now.Role {
		c.FormerRole = told.Role
	}
	c.Workspaces, c.WorkspacesDigest = workspaceDifference(told, now)
	if !differs(c) {
		return nil
	}
	return c
}

// workspaceDifference returns the workspaces whose access differs, with what the person was told of, or the digest of all that the person
// was told of if there are too many.
func workspaceDifference(told, now Access) ([]v1alpha1.FormerAccess, string) {
	if told.digest != "" {
		if digestOf(now) == told.digest {
			return nil, ""
		}
		return nil, told.digest
	}
	names := map[string]bool{}
	for name, access := range told.Workspaces {
		names[name] = now.Workspaces[name] != access
	}
	for name := range now.Workspaces {
		names[name] = now.Workspaces[name] != told.Workspaces[name]
	}
	maps.DeleteFunc(names, func(_ string, differs bool) bool { return !differs })
	if len(names) > MaxWorkspaces {
		return nil, digestOf(told)
	}
	var former []v1alpha1.FormerAccess
	for _, name := range slices.Sorted(maps.Keys(names)) {
		former = append(former, v1alpha1.FormerAccess{Name: name, Access: told.Workspaces[name]})
	}
	return former, ""
}

// differs reports whether a status lists changes.
func differs(c *v1alpha1.AccessChangeStatus) bool {
	return c != nil && (c.FormerRole != "" || c.WorkspacesDigest != "" ||
		len(c.Workspaces)+len(c.AddedModules)+len(c.RemovedModules) > 0)
}

// without returns the modules that are not among others, by name.
func without(modules, others []v1alpha1.ObjectName) []v1alpha1.ObjectName {
	var rest []v1alpha1.ObjectName
	for _, m := range modules {
		if !slices.Contains(others, m) {
			rest = append(rest, m)
		}
	}
	slices.Sort(rest)
	return rest
}

// same reports whether two states have the same access in force. It allocates nothing: most passes over a user change no access.
func same(a, b *v1alpha1.OrgUserStatus) bool {
	return inForce(a) == inForce(b) && a.Role == b.Role && slices.Equal(a.Modules, b.Modules) &&
		slices.EqualFunc(a.Workspaces, b.Workspaces, func(v, w v1alpha1.WorkspaceGrantStatus) bool {
			return v.Name == w.Name && v.Access == w.Access
		})
}
