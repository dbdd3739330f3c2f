// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// Succession returns who takes over from an administrator when their object is deleted. It costs two look-ups.
func (r Reader) Succession(ctx context.Context, former *v1alpha1.OrgUser) (effective.Succession, error) {
	same, err := r.UsersByEmail(ctx, former.Namespace, string(effective.EmailOf(former)))
	if err != nil {
		return effective.Succession{}, err
	}
	return r.SuccessionAmong(ctx, former, same)
}

// SuccessionAmong returns who of the users with the same address takes over from an administrator.
func (r Reader) SuccessionAmong(ctx context.Context, former *v1alpha1.OrgUser, same []*v1alpha1.OrgUser,
) (effective.Succession, error) {
	heir := effective.Heir(former, same)
	if heir == nil {
		return effective.Succession{}, nil
	}
	owner, err := r.usernameOwner(ctx, heir, func(other *v1alpha1.OrgUser) bool { return other.Name == former.Name })
	return r.names.SuccessionOf(heir, owner), err
}

// UsersSpelling returns the OrgUsers whose address is spelled exactly so.
func (r APIReader) UsersSpelling(ctx context.Context, namespace, email string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, namespace, client.MatchingFields{"spec.email": email})
}
