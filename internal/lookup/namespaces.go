// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

// NamespaceFacts gathers what decides whether a Workspace may have its namespace created. It costs a look-up for each hyphen in
// the namespace's name.
func (r Reader) NamespaceFacts(ctx context.Context, operator string, w *v1alpha1.Workspace) (authz.NamespaceFacts, error) {
	facts := authz.NamespaceFacts{Operator: operator}
	for _, name := range authz.OtherNamespaceOwners(w) {
		o, err := r.Organization(ctx, name)
		if err != nil {
			return facts, err
		}
		if o != nil {
			facts.OtherOwner = name
			break
		}
	}
	return facts, nil
}

// WorkspacesWaitingFor returns the Workspaces of other organizations whose namespaces belong to an organization. They can have
// them created once that organization is gone.
func (r Reader) WorkspacesWaitingFor(ctx context.Context, organization string) ([]*v1alpha1.Workspace, error) {
	var waiting []*v1alpha1.Workspace
	for i := range organization {
		if i == 0 || organization[i] != '-' {
			continue
		}
		found, err := r.Workspaces(ctx, organization[:i])
		if err != nil {
			return nil, err
		}
		for _, w := range found {
			if slices.Contains(authz.OtherNamespaceOwners(w), organization) {
				waiting = append(waiting, w)
			}
		}
	}
	return waiting, nil
}

// WorkspacesForGrants returns the Workspaces that grants name, as far as they exist. They are shared with the cache.
func (r Reader) WorkspacesForGrants(ctx context.Context, namespace string, grants []v1alpha1.WorkspaceGrant,
) ([]*v1alpha1.Workspace, error) {
	found := make([]*v1alpha1.Workspace, 0, len(grants))
	for _, grant := range grants {
		w, err := r.workspace(ctx, namespace, string(grant.Name))
		if err != nil {
			return nil, err
		}
		if w != nil {
			found = append(found, w)
		}
	}
	return found, nil
}
