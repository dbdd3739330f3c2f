// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/invitation"
	"github.com/usher-operator/usher/internal/policy"
)

func intakes(o client.Object) []string {
	if w, ok := o.(*v1alpha1.Workspace); ok && policy.IntakeOf(w) != "" {
		return []string{policy.IntakeOf(w)}
	}
	return nil
}

// WorkspaceByIntake gives the workspace, of whatever organization, that has an intake address in force; nil: none has.
func (r Reader) WorkspaceByIntake(ctx context.Context, address string) (*v1alpha1.Workspace, error) {
	wishing, err := r.WorkspacesByIntake(ctx, address)
	return policy.IntakeHolder(wishing), err
}

// OtherIntakeHolder gives the workspace that would have a workspace's intake address in force without it; nil: none.
func (r Reader) OtherIntakeHolder(ctx context.Context, w *v1alpha1.Workspace) (*v1alpha1.Workspace, error) {
	address := policy.IntakeOf(w)
	if address == "" {
		return nil, nil //nolint:nilnil // nobody is an answer, not an error
	}
	wishing, err := r.WorkspacesByIntake(ctx, address)
	return policy.IntakeHolder(slices.DeleteFunc(wishing, func(other *v1alpha1.Workspace) bool {
		return other.Namespace == w.Namespace && other.Name == w.Name
	})), err
}

// WorkspacesByIntake gives all workspaces, of whatever organization, that wish an intake address.
func (r Reader) WorkspacesByIntake(ctx context.Context, address string) ([]*v1alpha1.Workspace, error) {
	var list v1alpha1.WorkspaceList
	err := r.List(ctx, &list, client.UnsafeDisableDeepCopy, client.MatchingFields{workspaceByIntake: invitation.NormalizeAddress(address)})
	return pointers(list.Items), err
}
