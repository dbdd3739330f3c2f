// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// UsersByAccount returns the OrgUsers of all organizations whose account at the identity provider has an address in its normal form.
func (r Reader) UsersByAccount(ctx context.Context, email string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, "", client.MatchingFields{userByAccount: email})
}

func accountAddresses(u *v1alpha1.OrgUser) []string {
	if u.Status.Account == nil {
		return nil
	}
	return []string{u.Status.Account.Email}
}
