// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
)

// workspacesIn returns all workspaces of an organization.
func (r *Reconciler) workspacesIn(ctx context.Context, organization string) ([]types.NamespacedName, error) {
	return mapper.KeysOf(r.cache.Workspaces(ctx, organization))
}

// itselfOnNewSpec maps a new spec of a Workspace to the Workspace.
func itselfOnNewSpec(_ context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && c.Before.Generation == c.After.Generation {
		return nil, nil
	}
	return []types.NamespacedName{client.ObjectKeyFromObject(c.Newest())}, nil
}

// workspacesForOrganization returns the organization's workspaces if its settings change. If it is deleted, workspaces of other
// organizations may now have a namespace that would have looked like its own.
func (r *Reconciler) workspacesForOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && equality.Semantic.DeepEqual(c.Before.Spec.Settings, c.After.Spec.Settings) {
		return nil, nil
	}
	keys, err := mapper.KeysOf(r.cache.Workspaces(ctx, c.Newest().Namespace))
	if err != nil || !c.Deleted() {
		return keys, err
	}
	freed, err := mapper.KeysOf(r.cache.WorkspacesWaitingFor(ctx, c.Before.Name))
	return append(keys, freed...), err
}

// workspacesForUser returns the workspaces that a user enters or leaves, which count the people in them.
func (r *Reconciler) workspacesForUser(_ context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	return mapper.KeysNamed(c.Newest().Namespace, mapper.Difference(workspacesOf(c.Before), workspacesOf(c.After))), nil
}

// workspacesOf names the workspaces that a user has in force.
func workspacesOf(u *v1alpha1.OrgUser) []string {
	if u == nil {
		return nil
	}
	names := make([]string, 0, len(u.Status.Workspaces))
	for _, grant := range u.Status.Workspaces {
		names = append(names, grant.Name)
	}
	return names
}

// workspacesForAssignee returns the workspaces with a contact or a device that is assigned to the user's address, if the user is
// created, deleted or changes state.
func (r *Reconciler) workspacesForAssignee(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !mapper.StandingChanged(c) {
		return nil, nil
	}
	keys, err := mapper.KeysOf(r.cache.WorkspacesByAssignee(ctx, c.Newest().Namespace, string(effective.EmailOf(c.Newest()))))
	if err != nil || c.Created() || effective.EmailOf(c.Before) == effective.EmailOf(c.Newest()) {
		return keys, err
	}
	former, err := mapper.KeysOf(r.cache.WorkspacesByAssignee(ctx, c.Before.Namespace, string(effective.EmailOf(c.Before))))
	return append(keys, former...), err
}

// workspacesForSerials returns the workspaces that name a serial number that another workspace has added or removed.
func (r *Reconciler) workspacesForSerials(ctx context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	seen := map[types.NamespacedName]bool{} // a thousand serial numbers may all be named by the same workspaces
	for _, serial := range mapper.Difference(serialsOf(c.Before), serialsOf(c.After)) {
		named, err := mapper.KeysOf(r.cache.WorkspacesBySerial(ctx, c.Newest().Namespace, serial))
		if err != nil {
			return nil, err
		}
		for _, key := range named {
			if !seen[key] {
				seen[key] = true
				keys = append(keys, key)
			}
		}
	}
	return keys, nil
}

func serialsOf(w *v1alpha1.Workspace) []string {
	if w == nil || !w.DeletionTimestamp.IsZero() {
		return nil
	}
	return effective.SerialKeys(w)
}

// workspacesForIntake returns the workspaces, of any organization, that request an intake address which another workspace has added or
// removed. If its queue leads elsewhere, it also returns those whose intakes the queue led to before, and leads to now.
func (r *Reconciler) workspacesForIntake(ctx context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	addresses := mapper.Difference(intakesOf(c.Before), intakesOf(c.After))
	for _, address := range addresses {
		requesting, err := mapper.KeysOf(r.cache.WorkspacesByIntake(ctx, address))
		if err != nil {
			return nil, err
		}
		keys = append(keys, requesting...)
	}
	if len(addresses) == 0 && slices.Equal(queuesOf(c.Before), queuesOf(c.After)) {
		return keys, nil
	}
	for _, w := range []*v1alpha1.Workspace{c.Before, c.After} {
		if intakesOf(w) == nil {
			continue
		}
		behind, err := mapper.KeysOf(r.cache.IntakeChain(ctx, w))
		if err != nil {
			return nil, err
		}
		keys = append(keys, behind...)
	}
	return keys, nil
}

// intakesOf returns a workspace's intake address, if it has one.
func intakesOf(w *v1alpha1.Workspace) []string {
	if w == nil || !w.DeletionTimestamp.IsZero() || effective.IntakeOf(w) == "" {
		return nil
	}
	return []string{effective.IntakeOf(w)}
}

// queuesOf returns a workspace's queue, if it has one.
func queuesOf(w *v1alpha1.Workspace) []v1alpha1.EmailAddress {
	if w == nil || w.Spec.Portal == nil {
		return nil
	}
	return []v1alpha1.EmailAddress{w.Spec.Portal.QueueEmail}
}

// workspacesForFormer returns the workspaces that request the namespace of one that is gone, whose conditions say how they get it.
func (r *Reconciler) workspacesForFormer(ctx context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	if !c.Deleted() {
		return nil, nil
	}
	return mapper.KeysOf(r.cache.WorkspacesByNamespace(ctx, effective.NamespaceOf(c.Before)))
}

// workspacesForNamespace returns the workspaces that request a namespace, whoever it belongs to.
func (r *Reconciler) workspacesForNamespace(ctx context.Context, c mapper.Change[*corev1.Namespace]) ([]types.NamespacedName, error) {
	return mapper.KeysOf(r.cache.WorkspacesByNamespace(ctx, c.Newest().Name))
}

// workspacesForSettings returns the workspaces that request the namespace of a ConfigMap with settings, whose changes by others are
// undone.
func (r *Reconciler) workspacesForSettings(ctx context.Context, c mapper.Change[*corev1.ConfigMap]) ([]types.NamespacedName, error) {
	if c.Newest().Name != v1alpha1.SettingsConfigMap {
		return nil, nil
	}
	return mapper.KeysOf(r.cache.WorkspacesByNamespace(ctx, c.Newest().Namespace))
}

// workspacesForGroup returns the workspaces from which a group of the identity provider has gone: one that is being deleted waits for that.
func (r *Reconciler) workspacesForGroup(_ context.Context, c mapper.Change[*v1alpha1.OrgGroup]) ([]types.NamespacedName, error) {
	had, has := boundIn(c.Before), boundIn(c.After)
	lost := slices.DeleteFunc(had, func(name string) bool { return slices.Contains(has, name) })
	return mapper.KeysNamed(c.Newest().Namespace, lost), nil
}

// boundIn names the workspaces to which the group of the identity provider has access in force.
func boundIn(g *v1alpha1.OrgGroup) []string {
	if g == nil || g.Status.IdentityGroup == "" {
		return nil
	}
	names := make([]string, 0, len(g.Status.Workspaces))
	for _, w := range g.Status.Workspaces {
		names = append(names, w.Name)
	}
	return names
}
