// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"errors"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// settleDelegates gives each delegate the ClusterRole of its role in the organization's namespace, like a person (WXP-5).
func (r *Reconciler) settleDelegates(ctx context.Context, o *v1alpha1.Organization) error {
	existing, err := r.cache.DelegateBindings(ctx, o.Namespace)
	if err != nil {
		return err
	}
	byDelegate := map[string][]*rbacv1.RoleBinding{}
	for _, b := range existing {
		name := b.Labels[v1alpha1.LabelDelegate]
		byDelegate[name] = append(byDelegate[name], b)
	}
	var failed []error
	for _, delegate := range o.Spec.Delegates {
		h := rolebinding.DelegateHolder(o, string(delegate.Username))
		plan := rolebinding.NewPlan(h, rolebinding.ForRole(o, delegate.Role), byDelegate[h.Name])
		failed = append(failed, r.bindings.Apply(ctx, plan))
		delete(byDelegate, h.Name)
	}
	for _, left := range byDelegate {
		failed = append(failed, r.bindings.Apply(ctx, rolebinding.Plan{Delete: left}))
	}
	return errors.Join(failed...)
}

// ofBinding: what somebody does to a delegate's binding is set right.
func (r *Reconciler) ofBinding(_ context.Context, c mapper.Change[*rbacv1.RoleBinding]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, b := range []*rbacv1.RoleBinding{c.Before, c.After} {
		if b != nil && b.Labels[v1alpha1.LabelDelegate] != "" {
			organization := b.Labels[v1alpha1.LabelOrganization]
			keys = append(keys, types.NamespacedName{Namespace: organization, Name: organization})
		}
	}
	return keys, nil
}
