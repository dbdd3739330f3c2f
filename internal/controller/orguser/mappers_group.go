// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
)

// usersForGroup: people whom a group lists newly, or no longer, enter or leave it. A group that is being deleted lists nobody.
func (r *Reconciler) usersForGroup(ctx context.Context, c mapper.Change[*v1alpha1.OrgGroup]) ([]types.NamespacedName, error) {
	if c.Initial {
		return nil, nil // all users are reconciled when the watch begins
	}
	addresses := mapper.Difference(listedBy(c.Before), listedBy(c.After))
	entries := make([]v1alpha1.WorkspaceMember, 0, len(addresses))
	for _, address := range addresses {
		entries = append(entries, v1alpha1.WorkspaceMember{Email: v1alpha1.MemberAddress(address)})
	}
	return r.usersForMembers(ctx, c.Newest().Namespace, entries)
}

func listedBy(g *v1alpha1.OrgGroup) []string {
	if g == nil || !g.DeletionTimestamp.IsZero() {
		return nil
	}
	return effective.GroupMembers(g)
}
