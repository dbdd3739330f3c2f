// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// confirmLedger reads past the cache before an administrator in force loses the role: they keep it while the ledger names them, or
// is about to again.
func (r *Reconciler) confirmLedger(ctx context.Context, s *scope) error {
	if s.before.Status.Role != v1alpha1.RoleOrganizationAdmin || s.in.Role == v1alpha1.RoleOrganizationAdmin {
		return nil
	}
	if s.in.AwaitingLedger {
		return errPostponed // the ledger may drop another administrator because this one is there
	}
	listed, err := r.isListed(ctx, s.before)
	if err == nil && listed {
		return errPostponed
	}
	return err
}

// isListed reports whether the ledger, read past the cache, names a user as an administrator.
func (r *Reconciler) isListed(ctx context.Context, u *v1alpha1.OrgUser) (bool, error) {
	o, err := r.api.Organization(ctx, u.Namespace)
	return err == nil && effective.InLedger(o, u), err
}
