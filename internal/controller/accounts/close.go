// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/status"
)

// close deletes the account of a person who is not to have it any more, or whose address has changed, and revokes its sessions. What Usher
// has not created it leaves alone.
//
// While the state is Setting, the portal may be about to create the account. It is deleted now, and once more when it can no longer be:
// the portal begins with nothing after it has seen that the person is suspended.
func (r *Reconciler) close(ctx context.Context, u *v1alpha1.OrgUser, holds bool) (ctrl.Result, error) {
	a := u.Status.Account
	if !effective.HasAccount(u) {
		if !holds {
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, r.amend(ctx, u, func() { u.Status.Account = r.planned(u) })
	}
	shared, err := r.isShared(ctx, u)
	if err != nil {
		return ctrl.Result{}, err
	}
	if !shared {
		if err := r.deleteAccount(ctx, a); err != nil {
			return r.unavailable(ctx, u, err)
		}
	}
	if left := a.Since.Add(settingTime).Sub(r.now()); a.State == v1alpha1.AccountSetting && left > 0 {
		return ctrl.Result{RequeueAfter: left}, nil
	}
	return ctrl.Result{}, r.amend(ctx, u, func() {
		if holds {
			r.reopen(u)
			return
		}
		u.Status.Account.State, u.Status.Account.Since = v1alpha1.AccountClosed, r.moment()
		u.Status.Account.RequestTime, u.Status.Account.ExpirationTime, u.Status.Account.Mail = nil, nil, nil
		u.Status.Account.ChangeTime = nil
		setCondition(u, metav1.ConditionFalse, v1alpha1.ReasonAccountClosed, "the account was deleted, and its sessions were revoked")
	})
}

// deleteAccount deletes an account first: then no session can be renewed, and none can begin.
func (r *Reconciler) deleteAccount(ctx context.Context, a *v1alpha1.AccountStatus) error {
	if a.State == v1alpha1.AccountSetting { // the provider may have somebody else's
		id, err := r.provider.Find(ctx, a.Email)
		if err != nil || id != a.ID {
			return err
		}
	}
	if err := r.provider.Delete(ctx, a.Email); err != nil {
		return err
	}
	return r.provider.RevokeSessions(ctx, a.ID, time.Time{})
}

// unavailable says that the provider does not answer, and tries again.
func (r *Reconciler) unavailable(ctx context.Context, u *v1alpha1.OrgUser, cause error) (ctrl.Result, error) {
	log.FromContext(ctx).Info("cannot bring an account in step, trying again", "cause", cause.Error())
	err := status.Amend(ctx, r.api, r.client, u, func() error {
		setCondition(u, metav1.ConditionFalse, v1alpha1.ReasonProviderUnavailable,
			"the identity provider does not answer; Usher keeps trying, and the operator's log says why")
		return nil
	})
	return ctrl.Result{RequeueAfter: retryDelay}, err
}
