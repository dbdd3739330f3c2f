// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"maps"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/mapper"
)

// organizationsIn returns the key of a namespace's organization, which also stands for delegates' bindings without one, and those of
// misnamed ones.
func (r *Reconciler) organizationsIn(ctx context.Context, namespace string) ([]types.NamespacedName, error) {
	keys := []types.NamespacedName{{Namespace: namespace, Name: namespace}}
	var list v1alpha1.OrganizationList
	err := r.cache.List(ctx, &list, client.InNamespace(namespace))
	for n := range list.Items {
		keys = append(keys, client.ObjectKeyFromObject(&list.Items[n]))
	}
	return keys, err
}

// organizationForLedgers maps a user who has or requests the role of an administrator or a module: the ledgers follow at once.
func organizationForLedgers(_ context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	for _, u := range []*v1alpha1.OrgUser{c.Before, c.After} {
		if u != nil && (effective.RequestedRole(u) == v1alpha1.RoleOrganizationAdmin || u.Status.Role == v1alpha1.RoleOrganizationAdmin ||
			len(u.Spec.Modules)+len(u.Status.Modules)+len(u.Status.ByGroup.Modules) > 0) {
			return []types.NamespacedName{mapper.OrganizationKey(u)}, nil
		}
	}
	return nil, nil
}

// organizationForAssignee maps a user whose creation, deletion or change of state decides whether a contact of the organization
// is assigned: the contact follows at once.
func (r *Reconciler) organizationForAssignee(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser],
) ([]types.NamespacedName, error) {
	if !mapper.StandingChanged(c) {
		return nil, nil
	}
	user := c.Newest()
	o, err := r.cache.Organization(ctx, user.Namespace)
	if err != nil || o == nil {
		return nil, err
	}
	for n := range o.Spec.Contacts {
		if assignee := string(o.Spec.Contacts[n].Assignee); assignee != "" &&
			(isAt(user, assignee) || c.Before != nil && isAt(c.Before, assignee)) {
			return []types.NamespacedName{mapper.OrganizationKey(o)}, nil
		}
	}
	return nil, nil
}

func isAt(u *v1alpha1.OrgUser, email string) bool {
	return emailaddr.Same(email, string(effective.EmailOf(u)))
}

// organizationForUser maps any user: the organization counts its users.
func organizationForUser(_ context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}

// organizationForWorkspace maps a workspace when the number of workspaces or the groups that they name change: the organization
// counts both.
func organizationForWorkspace(_ context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && (c.Before.Generation == c.After.Generation ||
		maps.Equal(groupsNamed(c.Before), groupsNamed(c.After))) {
		return nil, nil
	}
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}

// organizationForGroup maps a group that is new or gone: the organization lists its groups, and one that is being deleted waits for them.
func organizationForGroup(_ context.Context, c mapper.Change[*v1alpha1.OrgGroup]) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() {
		return nil, nil
	}
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}

// organizationForInvitation maps an Invitation that is gone: an Organization that is being deleted waits for that.
func organizationForInvitation(_ context.Context, c mapper.Change[*v1alpha1.Invitation]) ([]types.NamespacedName, error) {
	if !c.Deleted() {
		return nil, nil
	}
	return []types.NamespacedName{mapper.OrganizationKey(c.Before)}, nil
}

// organizationForDelegateBinding maps the RoleBinding of a delegate: what somebody else does to it is corrected.
func organizationForDelegateBinding(_ context.Context, c mapper.Change[*rbacv1.RoleBinding]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, b := range []*rbacv1.RoleBinding{c.Before, c.After} {
		if b != nil && b.Labels[v1alpha1.LabelDelegate] != "" {
			organization := b.Labels[v1alpha1.LabelOrganization]
			keys = append(keys, types.NamespacedName{Namespace: organization, Name: organization})
		}
	}
	return keys, nil
}

// organizationForPaymentRole maps the Role that grants payment details: what somebody else does to it is corrected.
func organizationForPaymentRole(_ context.Context, c mapper.Change[*rbacv1.Role]) ([]types.NamespacedName, error) {
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}

// organizationsForClusterRole maps a ClusterRole to the organizations with a module that names it: their conditions say whether it
// can be bound.
func (r *Reconciler) organizationsForClusterRole(ctx context.Context, c mapper.Change[*metav1.PartialObjectMetadata],
) ([]types.NamespacedName, error) {
	return mapper.KeysOf(mapper.OrganizationsNaming(ctx, r.cache, c))
}
