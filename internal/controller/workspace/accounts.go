// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/account"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/limited"
	"github.com/usher-operator/usher/internal/requeue"
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
		if wait := requeue.Settling(w, r.settleDelay, r.now()); wait > 0 {
			return wait, nil
		}
		if err := r.createAccount(ctx, w, string(email)); err != nil {
			return 0, fmt.Errorf("cannot create the Limited account of %s: %w", email, err)
		}
	}
	return 0, nil
}

// createAccount creates a Limited account. If the account exists already and the cache does not show it yet, that is the one. An
// address whose names are all other users' gets no account, which an event says, and keeps no other address from getting its account.
func (r *Reconciler) createAccount(ctx context.Context, w *v1alpha1.Workspace, email string) error {
	user, created, err := r.accounts.Create(ctx, w.Namespace, email, v1alpha1.OriginDevice)
	var taken *account.NamesTakenError
	switch {
	case errors.Is(err, limited.ErrOrganizationGone):
		return nil
	case errors.As(err, &taken):
		r.recorder.Eventf(w, taken.Holder, corev1.EventTypeWarning, "NameTaken", "Reconcile", "a device is assigned to %s, which gets no "+
			"account: %s", email, err)
		return nil
	case created:
		r.recorder.Eventf(w, user, corev1.EventTypeNormal, "LimitedAccountMade", "Reconcile",
			"a device is assigned to %s, which no user had: created the Limited account %s", email, user.Name)
	}
	return err
}
