// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// scope is what one pass over an Organization works on. Its status is written once, at the end of the pass: every phase changes
// its own part of it, and one that fails leaves that part as it was.
type scope struct {
	organization *v1alpha1.Organization
	// before is the Organization as it was read.
	before *v1alpha1.Organization

	// These are read from the cache. Users is shared with it and must not be changed in place.
	users            []*v1alpha1.OrgUser
	workspaces       []*v1alpha1.Workspace
	groups           []*v1alpha1.OrgGroup
	assignees        effective.UsersByAddress
	delegateBindings []*rbacv1.RoleBinding
	moduleProblems   []effective.ModuleProblem
	// refusedRoles says which roles groups are to give and cannot; empty: none.
	refusedRoles string

	// held names the administrator who stays in the ledger although the spec of the user asks for the opposite; empty: nobody.
	held string
}

func (r *Reconciler) newScope(ctx context.Context, o *v1alpha1.Organization) (*scope, error) {
	s := &scope{organization: o, before: o.DeepCopy()}
	var err error
	if s.users, err = r.cache.Users(ctx, o.Namespace); err != nil {
		return nil, err
	}
	if s.workspaces, err = r.cache.Workspaces(ctx, o.Namespace); err != nil {
		return nil, err
	}
	if s.groups, err = r.cache.Groups(ctx, o.Namespace); err != nil {
		return nil, err
	}
	if s.assignees, err = r.cache.Assignees(ctx, o.Namespace, o.Spec.Contacts); err != nil {
		return nil, err
	}
	if s.delegateBindings, err = r.cache.DelegateBindings(ctx, o.Namespace); err != nil {
		return nil, err
	}
	states, err := r.cache.ClusterRoles(ctx, o)
	if err != nil {
		return nil, err
	}
	s.moduleProblems, s.refusedRoles = effective.ModuleProblems(o, states), r.refusedRoles(o)
	return s, nil
}
