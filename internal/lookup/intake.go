// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

func intakes(o client.Object) []string {
	if w, ok := o.(*v1alpha1.Workspace); ok && effective.IntakeOf(w) != "" {
		return []string{effective.IntakeOf(w)}
	}
	return nil
}

// WorkspaceByIntake gives the workspace, of whatever organization, that has an intake address in force; nil: none has.
func (r Reader) WorkspaceByIntake(ctx context.Context, address string) (*v1alpha1.Workspace, error) {
	wishing, err := r.WorkspacesByIntake(ctx, address)
	return effective.IntakeHolder(wishing, r.domains), err
}

// OtherIntakeHolder gives the workspace that would have a workspace's intake address in force without it; nil: none.
func (r Reader) OtherIntakeHolder(ctx context.Context, w *v1alpha1.Workspace) (*v1alpha1.Workspace, error) {
	address := effective.IntakeOf(w)
	if address == "" {
		return nil, nil //nolint:nilnil // nobody is an answer, not an error
	}
	wishing, err := r.WorkspacesByIntake(ctx, address)
	return effective.IntakeHolder(slices.DeleteFunc(wishing, func(other *v1alpha1.Workspace) bool {
		return other.Namespace == w.Namespace && other.Name == w.Name
	}), r.domains), err
}

// maxBehind is how many intakes are followed one after the other: nobody means more.
const maxBehind = 10

// IntakeChain gives the workspaces whose intakes the mails to a workspace's queue pass on to, in their order, up to the one
// whose queue is no intake, or leads to one that they have passed. As a rule there are none.
func (r Reader) IntakeChain(ctx context.Context, w *v1alpha1.Workspace) ([]*v1alpha1.Workspace, error) {
	var via []*v1alpha1.Workspace
	for last := w; last.Spec.Portal != nil && len(via) < maxBehind; last = via[len(via)-1] {
		next, err := r.WorkspaceByIntake(ctx, string(last.Spec.Portal.QueueEmail))
		passed := func(other *v1alpha1.Workspace) bool {
			return other.Namespace == next.Namespace && other.Name == next.Name
		}
		if err != nil || next == nil || passed(w) || slices.ContainsFunc(via, passed) {
			return via, err
		}
		via = append(via, next)
	}
	return via, nil
}

// WorkspacesByIntake gives all workspaces, of whatever organization, that wish an intake address.
func (r Reader) WorkspacesByIntake(ctx context.Context, address string) ([]*v1alpha1.Workspace, error) {
	var list v1alpha1.WorkspaceList
	err := r.List(ctx, &list, client.UnsafeDisableDeepCopy, client.MatchingFields{workspaceByIntake: emailaddr.Normalize(address)})
	return pointers(list.Items), err
}
