// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// settleDelegates gives each delegate the ClusterRole of its role in the organization's namespace, like a person (WXP-5).
func (r *organizationReconciler) settleDelegates(ctx context.Context, o *v1alpha1.Organization) error {
	existing, err := r.lookup().DelegateBindings(ctx, o.Namespace)
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
		h := delegateOf(o, string(delegate.Username))
		plan := planBindings(h, roleBindings(o, delegate.Role), byDelegate[h.name])
		failed = append(failed, r.carryOut(ctx, plan))
		delete(byDelegate, h.name)
	}
	for _, left := range byDelegate {
		failed = append(failed, r.carryOut(ctx, bindingPlan{take: left}))
	}
	return errors.Join(failed...)
}

// delegateOf names a delegate's bindings by a digest: a user name may hold what an object's name cannot.
func delegateOf(o *v1alpha1.Organization, username string) holder {
	sum := sha256.Sum256([]byte(username))
	return holder{
		organization: o.Namespace,
		label:        v1alpha1.LabelDelegate,
		name:         "delegate-" + hex.EncodeToString(sum[:6]),
		username:     username,
	}
}

// ofBinding: what somebody does to a delegate's binding is set right.
func (r *organizationReconciler) ofBinding(_ context.Context, c change[*rbacv1.RoleBinding]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, b := range []*rbacv1.RoleBinding{c.before, c.after} {
		if b != nil && b.Labels[v1alpha1.LabelDelegate] != "" {
			organization := b.Labels[v1alpha1.LabelOrganization]
			keys = append(keys, types.NamespacedName{Namespace: organization, Name: organization})
		}
	}
	return keys, nil
}
