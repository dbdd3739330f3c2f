// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// reconcileDelegates grants each delegate the ClusterRole of its role in the organization's namespace, as it is granted to a
// person (WXP-5), and its directory what makes it work, and deletes the bindings of former delegates and directories. A delegate that fails
// does not keep the others from theirs.
func (r *Reconciler) reconcileDelegates(ctx context.Context, s *scope) (time.Duration, error) {
	existing := map[string][]*rbacv1.RoleBinding{}
	for _, b := range s.delegateBindings {
		name := b.Labels[v1alpha1.LabelDelegate]
		existing[name] = append(existing[name], b)
	}
	var failures []error
	apply := func(whose string, plan rolebinding.Plan) {
		if err := r.bindings.Apply(ctx, plan); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", whose, err))
		}
	}
	for _, delegate := range s.organization.Spec.Delegates {
		holder := rolebinding.DelegateHolder(s.organization, string(delegate.Username))
		wanted := rolebinding.ForRole(s.organization, delegate.Role)
		apply(fmt.Sprintf("delegate %q", delegate.Username), rolebinding.NewPlan(holder, wanted, existing[holder.Name]))
		delete(existing, holder.Name)
	}
	directory, err := r.directoryGrants(ctx, s.organization)
	if err != nil {
		return 0, errors.Join(append(failures, err)...) // what it has stays
	}
	for _, grant := range directory {
		apply("the directory", rolebinding.NewPlan(grant.Holder, grant.Bindings, existing[grant.Holder.Name]))
		delete(existing, grant.Holder.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(existing)) { // in order, so that a condition that repeats is the same
		apply("a former delegate or directory", rolebinding.Plan{Delete: existing[name]})
	}
	return 0, errors.Join(failures...)
}

// orphanedBindings returns the delegates' bindings of an Organization that does not exist.
func (r *Reconciler) orphanedBindings(ctx context.Context, organization types.NamespacedName) ([]*rbacv1.RoleBinding, error) {
	if organization.Name != organization.Namespace {
		return nil, nil
	}
	return r.cache.DelegateBindings(ctx, organization.Namespace)
}
