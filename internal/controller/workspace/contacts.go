// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
)

// describeContacts resolves the assignees of the contacts (ORG-27). It goes on from the written status, which remembers
// who was assigned; the write fails if that is no longer the newest.
func (r *Reconciler) describeContacts(ctx context.Context, w *v1alpha1.Workspace) error {
	users, err := r.cache.Assignees(ctx, w.Namespace, w.Spec.Contacts)
	w.Status.Contacts = effective.NextContacts(w.Spec.Contacts, w.Status.Contacts, users)
	return err
}

// ofAssignee: a user's coming, going and standing concern the workspaces of which a contact or a device is assigned to the
// address.
func (r *Reconciler) ofAssignee(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !mapper.StandingChanged(c) {
		return nil, nil
	}
	return mapper.KeysOf(r.cache.WorkspacesByAssignee(ctx, c.Newest().Namespace, string(c.Newest().Spec.Email)))
}
