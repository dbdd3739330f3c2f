// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// groupDeletionWarnings says which workspaces go on listing a group that is to be deleted: whoever names the group in spec.groups keeps the
// access, and so has the next OrgGroup with this name.
func (r Reader) groupDeletionWarnings(ctx context.Context, g *v1alpha1.OrgGroup) ([]string, error) {
	organization, err := r.Organization(ctx, g.Namespace)
	if err != nil || organization == nil || !organization.DeletionTimestamp.IsZero() {
		return nil, err
	}
	listing, err := r.WorkspacesByGroup(ctx, g.Namespace, g.Name)
	if err != nil {
		return nil, err
	}
	grants, _ := effective.GroupGrants(listing)
	if len(grants) == 0 {
		return nil, nil
	}
	names := make([]string, 0, len(grants))
	for _, grant := range grants {
		names = append(names, grant.Name)
	}
	return []string{fmt.Sprintf("spec.members of workspaces still names the group: %s. Users who name it in spec.groups keep that access; "+
		"remove it there unless the group returns", firstOf(names))}, nil
}
