// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// usersForOrganization: the creation and deletion of the organization concern all users, as does whether everybody needs a
// workspace. The ledgers concern those who are entered or dropped, and the one administrator who is left. A module's ClusterRole
// concerns those who have its seats. What groups give concerns those whom the directory keeps. Whether people are told of changed access
// concerns those who wait for it. All users are reconciled anyway when the watch begins.
func (r *Reconciler) usersForOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if c.Initial {
		return nil, nil
	}
	if c.Created() || c.Deleted() || c.Before.DeletionTimestamp.IsZero() != c.After.DeletionTimestamp.IsZero() ||
		c.Before.Spec.Settings.WorkspaceAssignment != c.After.Spec.Settings.WorkspaceAssignment {
		return mapper.KeysOf(r.cache.Users(ctx, c.Newest().Namespace))
	}
	keys, err := r.usersToTell(ctx, c)
	if err != nil {
		return nil, err
	}
	given, err := mapper.KeysOf(r.usersGivenOtherwise(ctx, c))
	if err != nil {
		return nil, err
	}
	keys = append(keys, given...)
	changed := mapper.Difference(c.Before.Status.Administrators, c.After.Status.Administrators)
	if left := c.After.Status.Administrators; len(left) == 1 && len(changed) > 0 {
		changed = append(changed, left[0])
	}
	for _, name := range append(changed, mapper.Difference(effective.SeatHolders(c.Before), effective.SeatHolders(c.After))...) {
		keys = append(keys, types.NamespacedName{Namespace: c.After.Namespace, Name: name[strings.LastIndex(name, "/")+1:]})
	}
	keys = append(keys, seatHoldersOfChangedModules(c)...)
	waiting, err := mapper.KeysOf(r.waitingForChangedSeats(ctx, c))
	if err != nil {
		return keys, err
	}
	keys = append(keys, waiting...)
	if (rolebinding.PaymentRules(c.Before) == nil) == (rolebinding.PaymentRules(c.After) == nil) {
		return keys, nil
	}
	payers, err := mapper.KeysOf(r.payers(ctx, c.After.Namespace))
	return append(keys, payers...), err
}

// usersGivenOtherwise returns those whose accounts the directory keeps, if what groups give to them changes.
func (r *Reconciler) usersGivenOtherwise(ctx context.Context, c mapper.Change[*v1alpha1.Organization]) ([]*v1alpha1.OrgUser, error) {
	before, after := c.Before.Spec.Directory, c.After.Spec.Directory
	if equality.Semantic.DeepEqual(before.Roles, after.Roles) && equality.Semantic.DeepEqual(before.Modules, after.Modules) {
		return nil, nil
	}
	users, err := r.cache.Users(ctx, c.After.Namespace)
	return slices.DeleteFunc(users, func(u *v1alpha1.OrgUser) bool { return !effective.FromDirectory(u) }), err
}

// usersToTell returns those who wait to be told of changes, if the organization no longer wants it.
func (r *Reconciler) usersToTell(ctx context.Context, c mapper.Change[*v1alpha1.Organization]) ([]types.NamespacedName, error) {
	if effective.TellsAccess(c.Before) == effective.TellsAccess(c.After) {
		return nil, nil
	}
	users, err := r.cache.Users(ctx, c.After.Namespace)
	return mapper.KeysOf(slices.DeleteFunc(users, func(u *v1alpha1.OrgUser) bool { return u.Status.AccessChange == nil }), err)
}

// payers returns those who may read the payment details.
func (r *Reconciler) payers(ctx context.Context, organization string) ([]*v1alpha1.OrgUser, error) {
	users, err := r.cache.Users(ctx, organization)
	return slices.DeleteFunc(users, func(u *v1alpha1.OrgUser) bool {
		return !authz.ReadsPayment(effective.RequestedRole(u)) && !authz.ReadsPayment(u.Status.Role)
	}), err
}
