// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package accesschange finds out what has changed about a person's access in force since the person was last told, and when a mail says
// so. It has no client and no clock.
//
// What a person was last told is not stored. It is what the status has in force, but for the differences that the status lists beside
// it: nothing is listed for a person who has been told of everything.
package accesschange

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Access is what a person is told of. The zero Access is that of a person who is not in force.
type Access struct {
	Role v1alpha1.Role
	// Workspaces maps the names of workspaces to the access to them. An OrganizationAdmin has none here, because the role gives access to
	// all: administrators are not told of every workspace that is created.
	Workspaces map[string]v1alpha1.WorkspaceAccess
	Modules    []v1alpha1.ObjectName

	// digest takes the place of Workspaces if it is not empty.
	digest string
}

// Of returns the access that a status has in force.
func Of(s *v1alpha1.OrgUserStatus) Access {
	if !inForce(s) {
		return Access{}
	}
	a := Access{Role: s.Role, Modules: s.Modules}
	if s.Role == v1alpha1.RoleOrganizationAdmin {
		return a
	}
	a.Workspaces = make(map[string]v1alpha1.WorkspaceAccess, len(s.Workspaces))
	for n := range s.Workspaces {
		a.Workspaces[s.Workspaces[n].Name] = s.Workspaces[n].Access
	}
	return a
}

// inForce reports whether a person has access. A Limited account has no role, nor has somebody whom the ledger of administrators has not
// taken in yet.
func inForce(s *v1alpha1.OrgUserStatus) bool { return s.State == v1alpha1.UserActive && s.Role != "" }

// Told returns what a person was last told, according to the changes that a status lists.
func Told(s *v1alpha1.OrgUserStatus) Access {
	a, c := Of(s), s.AccessChange
	if c == nil {
		return a
	}
	if c.FormerRole != "" {
		a.Role = c.FormerRole
	}
	a.digest = c.WorkspacesDigest
	if len(c.Workspaces) > 0 {
		a.Workspaces = maps.Clone(a.Workspaces)
		if a.Workspaces == nil {
			a.Workspaces = map[string]v1alpha1.WorkspaceAccess{}
		}
	}
	for _, former := range c.Workspaces {
		if former.Access == "" {
			delete(a.Workspaces, former.Name)
		} else {
			a.Workspaces[former.Name] = former.Access
		}
	}
	a.Modules = slices.DeleteFunc(slices.Clone(a.Modules), func(m v1alpha1.ObjectName) bool { return slices.Contains(c.AddedModules, m) })
	a.Modules = append(a.Modules, c.RemovedModules...)
	return a
}

// digestOf identifies access to workspaces.
func digestOf(a Access) string {
	if a.digest != "" {
		return a.digest
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(a.Workspaces)) {
		_, _ = fmt.Fprintf(h, "%s=%s\n", name, a.Workspaces[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
