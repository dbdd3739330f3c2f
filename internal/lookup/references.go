// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

// ReferencesExist reports whether everything that an Invitation's mail mentions exists: the inviter and the workspaces. Objects
// that are declared together may be created in any order.
func (r Reader) ReferencesExist(ctx context.Context, i *v1alpha1.Invitation) (bool, error) {
	for _, grant := range i.Spec.Workspaces {
		w, err := r.workspace(ctx, i.Namespace, string(grant.Name))
		if err != nil || w == nil {
			return false, err
		}
	}
	if _, isPerson := r.names.AddressIn(string(i.Spec.InvitedBy)); !isPerson {
		return true, nil
	}
	inviter, err := r.Inviter(ctx, i)
	return inviter.Kind == authz.ActorPerson, err
}
