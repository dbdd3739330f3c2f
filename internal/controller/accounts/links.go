// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/onboarding"
)

// resolve finds out what has become of a password that the portal began to hand over and did not finish.
func (r *Reconciler) resolve(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	a := u.Status.Account
	if left := a.Since.Add(settingTime).Sub(r.now()); left > 0 {
		return ctrl.Result{RequeueAfter: left}, nil
	}
	id, err := r.provider.Find(ctx, a.Email)
	if err == nil && id == a.ID {
		err = r.provider.RevokeSessions(ctx, a.ID, time.Time{})
	}
	if err != nil {
		return r.unavailable(ctx, u, err)
	}
	own, err := r.isUsers(ctx, u, id)
	if err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, r.amend(ctx, u, func() {
		if own {
			u.Status.Account.ID = id
		}
		r.found(u, id)
		if u.Status.Account.State == v1alpha1.AccountPlanned && u.Status.State == v1alpha1.UserActive {
			u.Status.Account.RequestTime = new(r.moment())
		}
	})
}

// sendLink has a link mailed to a person who has asked for one. The link of an account that is not theirs to change would be of no use.
func (r *Reconciler) sendLink(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	a := u.Status.Account
	id := a.ID
	if a.State != v1alpha1.AccountReady {
		var err error
		if id, err = r.provider.Find(ctx, a.Email); err != nil {
			return r.unavailable(ctx, u, err)
		}
	}
	own, err := r.isUsers(ctx, u, id)
	if err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, r.amend(ctx, u, func() {
		if own {
			u.Status.Account.ID = id
		}
		r.found(u, id)
		if u.Status.Account.State == v1alpha1.AccountForeign || u.Status.State != v1alpha1.UserActive {
			u.Status.Account.RequestTime = nil
			return
		}
		onboarding.QueuePassword(u.Status.Account, onboarding.Subject{
			UID: effective.UIDOf(u), Email: u.Status.Account.Email, Now: r.now(), MailDomain: r.mailDomain, Validity: identity.LinkValidity,
		})
	})
}

// endFormer ends the sessions that were begun with a former password after it was changed: setting a password has revoked the refresh
// tokens, but not the codes for which there was none yet. Once no code is left, what they were redeemed for is revoked. Nobody can tell
// those sessions from others, so whoever signs in within this time has to do so once more.
func (r *Reconciler) endFormer(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	end := u.Status.Account.ChangeTime.Add(identity.RedeemTime)
	if left := end.Sub(r.now()); left > 0 {
		return ctrl.Result{RequeueAfter: left}, nil
	}
	if err := r.provider.RevokeSessions(ctx, u.Status.Account.ID, end); err != nil {
		return r.unavailable(ctx, u, err)
	}
	return ctrl.Result{}, r.amend(ctx, u, func() { u.Status.Account.ChangeTime = nil })
}

// found sets the state by what account the provider has for the address.
func (r *Reconciler) found(u *v1alpha1.OrgUser, id string) {
	a := u.Status.Account
	state := v1alpha1.AccountForeign
	switch id {
	case "":
		state = v1alpha1.AccountPlanned
		setCondition(u, metav1.ConditionFalse, v1alpha1.ReasonAwaitingPassword, "the person has not chosen a password yet")
	case a.ID:
		state = v1alpha1.AccountReady
		setCondition(u, metav1.ConditionTrue, v1alpha1.ReasonReady, "the person can sign in")
	default:
		setCondition(u, metav1.ConditionFalse, v1alpha1.ReasonForeignAccount,
			"the identity provider has an account for the address that Usher did not create: the person signs in with that one; delete it "+
				"there if they are to choose a password here")
	}
	if a.State != state {
		a.State, a.Since = state, r.moment()
	}
}

func setCondition(u *v1alpha1.OrgUser, is metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&u.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionAccountReady, Status: is, Reason: reason, Message: message, ObservedGeneration: u.Generation,
	})
}
