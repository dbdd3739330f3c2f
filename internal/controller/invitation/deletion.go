// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"errors"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/object"
)

// reconcileDelete deletes the users who have not accepted. It removes the finalizer once they are deleted and every acceptance has
// reached its user.
func (r *Reconciler) reconcileDelete(ctx context.Context, i *v1alpha1.Invitation) error {
	if !slices.Contains(i.Finalizers, v1alpha1.Finalizer) {
		return nil
	}
	var users v1alpha1.OrgUserList // read past the cache: no later pass would find a user that the cache does not show yet
	ours := client.MatchingLabels{v1alpha1.LabelInvitation: i.Name}
	if err := r.api.List(ctx, &users, client.InNamespace(i.Namespace), ours); err != nil {
		return err
	}
	waiting, index := false, lookup.RecipientIndex(i)
	var failed []error
	for n := range users.Items {
		u := &users.Items[n]
		place, listed := index[emailaddr.Normalize(string(effective.EmailOf(u)))]
		switch {
		case outlivesInvitation(u):
		case listed && i.Status.Recipients[place].State == v1alpha1.RecipientActive && u.DeletionTimestamp.IsZero():
			waiting = true // the user's acceptance leads to the next pass
		default:
			failed = append(failed, r.deleteUser(ctx, u)) // a conflict means that the user was recreated: the next pass follows soon
		}
	}
	if err := errors.Join(failed...); err != nil || waiting {
		return err
	}
	return object.Release(ctx, r.client, i, r.written)
}
