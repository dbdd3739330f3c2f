// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/limited"
)

// reconcileAccounts creates a Limited account for every address that a device in force is assigned to and that no user has (LMI-4). It
// returns how long to wait for users who are declared together with the workspace.
func (r *Reconciler) reconcileAccounts(ctx context.Context, s *scope) (time.Duration, error) {
	if s.organization == nil || !s.organization.DeletionTimestamp.IsZero() {
		return 0, nil
	}
	w := s.workspace
	for _, email := range effective.AssigneesOf(s.devices) {
		if !emailaddr.Valid(string(email)) {
			continue
		}
		users, err := r.cache.UsersByEmail(ctx, w.Namespace, string(email))
		if err != nil {
			return 0, err
		}
		if len(users) > 0 {
			continue // the account stays as it is (LMI-7); if it is deleted, that leads to the next pass
		}
		if age := r.now().Sub(w.CreationTimestamp.Time); age < r.settleDelay {
			return r.settleDelay - age, nil
		}
		if err := r.createAccount(ctx, w, string(email)); err != nil {
			return 0, fmt.Errorf("cannot create the Limited account of %s: %w", email, err)
		}
	}
	return 0, nil
}

// createAccount creates a Limited account. If the account exists already and the cache does not show it yet, that is the one.
func (r *Reconciler) createAccount(ctx context.Context, w *v1alpha1.Workspace, email string) error {
	user := effective.LimitedAccount(w.Namespace, email, v1alpha1.OriginDevice)
	created, err := r.accounts.Create(ctx, w.Namespace, email, v1alpha1.OriginDevice)
	switch {
	case errors.Is(err, limited.ErrOrganizationGone):
		return nil
	case apierrors.IsAlreadyExists(err):
		return r.reportTakenName(ctx, w, user)
	case created:
		r.recorder.Eventf(w, user, corev1.EventTypeNormal, "LimitedAccountMade", "Reconcile",
			"a device is assigned to %s, which no user had: created the Limited account %s", email, user.Name)
	}
	return err
}

// reportTakenName emits an event if the name of an address's account belongs to a user with another address.
func (r *Reconciler) reportTakenName(ctx context.Context, w *v1alpha1.Workspace, account *v1alpha1.OrgUser) error {
	var user v1alpha1.OrgUser
	if err := r.api.Get(ctx, client.ObjectKeyFromObject(account), &user); err != nil {
		return client.IgnoreNotFound(err)
	}
	if !emailaddr.Same(string(user.Spec.Email), string(account.Spec.Email)) {
		r.recorder.Eventf(w, &user, corev1.EventTypeWarning, "NameTaken", "Reconcile", "a device is assigned to %s, which gets no "+
			"account, because the OrgUser %s has the account's name and another address: create an OrgUser for the address",
			account.Spec.Email, user.Name)
	}
	return nil
}
