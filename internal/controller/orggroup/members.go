// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orggroup

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// reconcileMembers counts the people who are in the group in force.
func (r *Reconciler) reconcileMembers(ctx context.Context, s *scope) (time.Duration, error) {
	users, err := r.cache.UsersInGroup(ctx, s.group.Namespace, s.group.Name)
	if err == nil {
		s.group.Status.Members = status.Count(len(users))
	}
	return 0, err
}

// reconcileAccounts says which listed addresses no user has.
func (r *Reconciler) reconcileAccounts(ctx context.Context, s *scope) (time.Duration, error) {
	g := s.group
	if s.organization == nil || !s.organization.DeletionTimestamp.IsZero() {
		return 0, nil
	}
	if wait := requeue.Settling(g, r.settleDelay, r.now()); wait > 0 {
		return wait, nil // users who are declared together with the group have to arrive
	}
	var missing []string
	for _, address := range effective.GroupMembers(g) {
		known, err := r.cache.HasEmail(ctx, g.Namespace, address)
		if err != nil {
			return 0, err
		}
		if !known {
			missing = append(missing, address)
		}
	}
	if len(missing) == 0 {
		meta.RemoveStatusCondition(&g.Status.Conditions, v1alpha1.ConditionAccountsExist)
		return 0, nil
	}
	status.Set(g, v1alpha1.ConditionAccountsExist, false, v1alpha1.ReasonAccountMissing, fmt.Sprintf("spec.members names addresses that "+
		"no user has: %s. The next user with such an address is in the group: remove it there, unless the person is to join",
		wording.Some(missing)))
	return 0, nil
}
