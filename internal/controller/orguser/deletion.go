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
// is gone last.
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
		r.recordInForce,
	)
	result, err := r.finish(ctx, s, failed)
	if failed != nil || err != nil {
		return result, err // the user must not be gone before the access is
	}
	return ctrl.Result{}, r.finalize(ctx, s)
}

// finalize removes the finalizer of a user whose access is gone, once the ledger no longer names the user.
func (r *Reconciler) finalize(ctx context.Context, s *scope) error {
	u := s.user
	listed, err := r.isListed(ctx, u)
	if listed || err != nil {
		return err // the next change of the ledger brings the next pass
	}
	if err := r.bindings.DeleteMatching(ctx, rolebinding.OfUser(u)); err != nil {
		return err
	}
	if r.accounts && effective.HasAccount(u) {
		return nil // that it is closed is a change of the status, which brings the next pass
	}
	remains, err := r.remaining(ctx, s.facts.Organization, u)
	if err != nil {
		return err
	}
	if err := object.RemoveFinalizer(ctx, r.client, u); err != nil {
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
