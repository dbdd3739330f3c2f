// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// reconcileDelete makes a pass over a user who is being deleted. The access is gone before the status stops naming it, and the user
// is gone last. The status is written only if the user stays after the pass: nobody reads that of an object that is gone.
func (r *Reconciler) reconcileDelete(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(u, v1alpha1.Finalizer) {
		return ctrl.Result{}, nil
	}
	s, err := r.newScope(ctx, u)
	if err != nil {
		return ctrl.Result{}, err
	}
	if effective.InLedger(s.facts.Organization, u) {
		// The user stays an administrator in force, with all access, until the ledger drops the name (ORG-4).
		return r.reconcileInForce(ctx, s)
	}
	failed := runInOrder(ctx, s,
		r.reconcileOnboarding, // the link to a Limited account becomes invalid
		r.computeInForce,
		r.confirmLedger,
		r.planBindings,
		r.revoke,
	)
	if failed != nil {
		return r.finish(ctx, s, failed) // the user must not be gone before the access is
	}
	stays, err := r.stays(ctx, s.user)
	if err != nil {
		return ctrl.Result{}, err
	}
	if stays {
		return r.finish(ctx, s, r.recordInForce(ctx, s))
	}
	return ctrl.Result{}, r.finalize(ctx, s)
}

// stays reports whether a user has to wait for somebody else before being gone, and revokes what the cache does not show of the access. The
// next pass follows a change of the ledger, or of the status, which says that the account is closed.
func (r *Reconciler) stays(ctx context.Context, u *v1alpha1.OrgUser) (bool, error) {
	if listed, err := r.isListed(ctx, u); listed || err != nil {
		return listed, err
	}
	if err := r.bindings.DeleteMatching(ctx, rolebinding.OfUser(u)); err != nil {
		return false, err
	}
	return r.accounts && effective.HasAccount(u), nil
}

// finalize removes the finalizer of a user whose access is gone, and says what still names a person who had accepted.
func (r *Reconciler) finalize(ctx context.Context, s *scope) error {
	u := s.user
	setAccepted(u, s.in)
	remains, err := r.remaining(ctx, s.facts.Organization, u)
	if err != nil {
		return err
	}
	if err := object.Release(ctx, r.client, u, r.written); err != nil {
		return err
	}
	r.reportRemaining(s.facts.Organization, u, remains)
	return nil
}

// isSuperseded reports whether a user that Usher created by itself has to go, because somebody has declared one with the
// same address.
func isSuperseded(f effective.UserFacts) bool {
	return f.AddressOwner != "" && effective.Yields(f.User)
}

func (r *Reconciler) deleteSuperseded(ctx context.Context, u *v1alpha1.OrgUser) error {
	return client.IgnoreNotFound(r.client.Delete(ctx, u, client.Preconditions{UID: &u.UID}))
}
