// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// describeContacts resolves the assignees of the contacts (ORG-27). It goes on from the written status, which remembers
// who was assigned; the write fails if that is no longer the newest.
func (r *workspaceReconciler) describeContacts(ctx context.Context, w *v1alpha1.Workspace) error {
	users, err := r.lookup().Assignees(ctx, w.Namespace, w.Spec.Contacts)
	w.Status.Contacts = effective.NextContacts(w.Spec.Contacts, w.Status.Contacts, users)
	return err
}

// ofAssignee: a user's coming, going and standing concern the workspaces of which a contact or a device is assigned to the
// address.
func (r *workspaceReconciler) ofAssignee(ctx context.Context, c change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !standingChanged(c) {
		return nil, nil
	}
	return keysOf(r.lookup().WorkspacesByAssignee(ctx, c.newest().Namespace, string(c.newest().Spec.Email)))
}

// standingChanged tells whether a change of a user may change whom a contact is assigned to.
func standingChanged(c change[*v1alpha1.OrgUser]) bool {
	return c.created() || c.deleted() || c.before.Status.State != c.after.Status.State || c.before.UID != c.after.UID ||
		effective.IsProvisional(c.before) != effective.IsProvisional(c.after)
}
