// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Accesses lists all kinds of access, the strongest first.
var Accesses = []v1alpha1.WorkspaceAccess{v1alpha1.WorkspaceAdmin, v1alpha1.WorkspaceEdit, v1alpha1.WorkspaceView}

// weakness orders accesses, the strongest first.
func weakness(access v1alpha1.WorkspaceAccess) int { return slices.Index(Accesses, access) }

// grants returns the access in force in each workspace, which is the strongest of all sources, with all of them (ORG-2,
// ORG-23, LMI-9), the requested workspaces that do not exist, and how many there is no room for.
func grants(f UserFacts, in InForce) (granted []v1alpha1.WorkspaceGrantStatus, missing []string, omitted int) {
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
	for _, requested := range f.User.Spec.Workspaces {
		if !existing[string(requested.Name)] {
			missing = append(missing, string(requested.Name))
		}
	}
	slices.SortFunc(granted, func(a, b v1alpha1.WorkspaceGrantStatus) int { return strings.Compare(a.Name, b.Name) })
	granted, omitted = FitGrants(granted)
	return granted, missing, omitted
}

// sources lists all sources, in the order in which sources of the same access are listed.
var sources = []v1alpha1.GrantSource{
	v1alpha1.GrantedByRole, v1alpha1.GrantedByUser, v1alpha1.GrantedByMember, v1alpha1.GrantedByGroup,
}

// originsIn returns every source of access to a workspace, the strongest first.
func originsIn(workspace string, f UserFacts, role v1alpha1.Role) []v1alpha1.GrantOrigin {
	var origins []v1alpha1.GrantOrigin
	if role == v1alpha1.RoleOrganizationAdmin {
		origins = append(origins, v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByRole, Access: v1alpha1.WorkspaceAdmin})
	}
	for _, requested := range f.User.Spec.Workspaces {
		if string(requested.Name) == workspace {
			origins = append(origins, v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByUser, Access: requested.Access})
		}
	}
	origins = append(origins, f.Named[workspace]...)
	slices.SortFunc(origins, func(a, b v1alpha1.GrantOrigin) int {
		return cmp.Or(weakness(a.Access)-weakness(b.Access),
			slices.Index(sources, a.Source)-slices.Index(sources, b.Source), strings.Compare(a.Group, b.Group))
	})
	// An address or group that a workspace lists twice counts once, with the stronger access.
	seen := map[v1alpha1.GrantOrigin]bool{}
	origins = slices.DeleteFunc(origins, func(o v1alpha1.GrantOrigin) bool {
		o.Access = ""
		again := seen[o]
		seen[o] = true
		return again
	})
	return origins[:min(len(origins), maxOrigins)]
}

// maxOrigins is how many sources of one access a status lists, the strongest first. A person may be in more groups that a workspace lists.
const maxOrigins = 64
