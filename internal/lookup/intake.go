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

// WorkspaceByIntake returns the workspace, of any organization, that has an intake address in force, or nil if none has.
func (r Reader) WorkspaceByIntake(ctx context.Context, address string) (*v1alpha1.Workspace, error) {
	requesting, err := r.WorkspacesByIntake(ctx, address)
	return effective.IntakeHolder(requesting, r.domains.Load()), err
}

// IntakeReceiver returns the workspace that receives the mail to an address: the one with that intake address or, if there is none,
// the one with the address that is left without the detail after a plus sign. It returns nil if there is neither.
func (r Reader) IntakeReceiver(ctx context.Context, address string) (*v1alpha1.Workspace, error) {
	w, err := r.WorkspaceByIntake(ctx, address)
	base, detailed := emailaddr.WithoutDetail(address)
	if err != nil || w != nil || !detailed {
		return w, err
	}
	return r.WorkspaceByIntake(ctx, base)
}

// OtherIntakeHolder returns the other workspace that would have a workspace's intake address in force, or nil if none would. A
// workspace of another organization that receives the mail to the address without its detail counts, because its mail would be
// diverted.
func (r Reader) OtherIntakeHolder(ctx context.Context, w *v1alpha1.Workspace) (*v1alpha1.Workspace, error) {
	address := effective.IntakeOf(w)
	if address == "" {
		return nil, nil //nolint:nilnil // nobody is an answer, not an error
	}
	requesting, err := r.WorkspacesByIntake(ctx, address)
	holder := effective.IntakeHolder(slices.DeleteFunc(requesting, func(other *v1alpha1.Workspace) bool {
		return other.Namespace == w.Namespace && other.Name == w.Name
	}), r.domains.Load())
	base, detailed := emailaddr.WithoutDetail(address)
	if err != nil || holder != nil || !detailed {
		return holder, err
	}
	if holder, err = r.WorkspaceByIntake(ctx, base); holder == nil || holder.Namespace == w.Namespace {
		return nil, err
	}
	return holder, nil
}

// maxChain is how many intakes are followed one after the other. Nobody needs more.
const maxChain = 10

// IntakeChain returns, in order, the workspaces whose intakes the mail to a workspace's queue passes through. It ends with the
// workspace whose queue is not an intake, or leads back to one that the mail has passed. As a rule it is empty.
func (r Reader) IntakeChain(ctx context.Context, w *v1alpha1.Workspace) ([]*v1alpha1.Workspace, error) {
	var chain []*v1alpha1.Workspace
	for last := w; last.Spec.Portal != nil && len(chain) < maxChain; last = chain[len(chain)-1] {
		next, err := r.IntakeReceiver(ctx, string(last.Spec.Portal.QueueEmail))
		passed := func(other *v1alpha1.Workspace) bool {
			return other.Namespace == next.Namespace && other.Name == next.Name
		}
		if err != nil || next == nil || passed(w) || slices.ContainsFunc(chain, passed) {
			return chain, err
		}
		chain = append(chain, next)
	}
	return chain, nil
}

// WorkspacesByIntake returns all workspaces, of any organization, that request an intake address.
func (r Reader) WorkspacesByIntake(ctx context.Context, address string) ([]*v1alpha1.Workspace, error) {
	var list v1alpha1.WorkspaceList
	err := r.List(ctx, &list, client.UnsafeDisableDeepCopy, client.MatchingFields{workspaceByIntake: emailaddr.Normalize(address)})
	return pointers(list.Items), err
}
