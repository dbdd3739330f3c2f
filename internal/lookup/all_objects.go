// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// AllObjects returns all objects of an organization but the Organization itself. Invitations come before users: while both are
// deleted in this order, nobody is invited again. Of a kind that the API server no longer has, there are none: whoever deletes all kinds at
// once has some of them removed before the Organization (OPS-6).
func (r objects) AllObjects(ctx context.Context, namespace string) ([]client.Object, error) {
	invitations, err := r.Invitations(ctx, namespace)
	if ignoreNoKind(err) != nil {
		return nil, err
	}
	users, err := r.Users(ctx, namespace)
	if ignoreNoKind(err) != nil {
		return nil, err
	}
	workspaces, err := r.Workspaces(ctx, namespace)
	if ignoreNoKind(err) != nil {
		return nil, err
	}
	groups, err := r.Groups(ctx, namespace)
	if ignoreNoKind(err) != nil {
		return nil, err
	}
	all := make([]client.Object, 0, len(invitations)+len(users)+len(workspaces)+len(groups))
	for _, i := range invitations {
		all = append(all, i)
	}
	for _, u := range users {
		all = append(all, u)
	}
	for _, w := range workspaces {
		all = append(all, w)
	}
	for _, g := range groups {
		all = append(all, g)
	}
	return all, nil
}

// ignoreNoKind returns nil for an error that says that the API server does not have a kind.
func ignoreNoKind(err error) error {
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return nil
	}
	return err
}
