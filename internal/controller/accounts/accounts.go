// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package accounts keeps people's accounts at the platform's identity provider in step with what is in force: it deletes those of people
// who are suspended or removed, and their sessions, and has links mailed to choose a password. The portal creates the accounts. What the
// provider does not answer is tried again, and keeps nobody's access from being given or taken.
package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/pause"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
)

const (
	// settingTime is how long the portal takes at most to hand a password to the provider. What it has begun before that may still come.
	settingTime = time.Minute
	// retryDelay is how soon the provider is asked again that did not answer.
	retryDelay = 10 * time.Second
	// postponed is how soon the next pass follows one that was made on an older status.
	postponed = 100 * time.Millisecond
)

// Reconciler keeps the accounts of OrgUsers.
type Reconciler struct {
	client     client.Client
	cache      lookup.Reader
	api        lookup.APIReader
	provider   identity.Provider
	mailDomain string
	now        func() time.Time
}

// New returns the reconciler. MailDomain is the right side of Message-IDs.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, provider identity.Provider, mailDomain string,
	now func() time.Time,
) *Reconciler {
	return &Reconciler{client: c, cache: cache, api: api, provider: provider, mailDomain: mailDomain, now: now}
}

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("account").
		For(&v1alpha1.OrgUser{}).
		WithOptions(requeue.Concurrently).
		Watches(&corev1.Namespace{}, pause.OnResume(r.usersOf)).
		Complete(pause.Guard[v1alpha1.OrgUser](r.client, r.cache, r.api, reconcile.AsReconciler(r.client, r)))
}

func (r *Reconciler) usersOf(ctx context.Context, organization string) ([]types.NamespacedName, error) {
	return mapper.KeysOf(r.cache.Users(ctx, organization))
}

// Reconcile brings one person's account in step.
func (r *Reconciler) Reconcile(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	result, err := r.reconcile(ctx, u)
	if errors.Is(err, errPostponed) {
		return ctrl.Result{RequeueAfter: postponed}, nil
	}
	return requeue.IgnoreConflict(u, result, client.IgnoreNotFound(err))
}

func (r *Reconciler) reconcile(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	a, holds := u.Status.Account, effective.HoldsAccount(u)
	switch {
	case a == nil && !holds:
		return ctrl.Result{}, nil
	case a == nil:
		return ctrl.Result{}, r.plan(ctx, u)
	case !holds, a.Email != effective.AccountAddressOf(u):
		return r.close(ctx, u, holds)
	case a.State == v1alpha1.AccountClosed:
		return ctrl.Result{}, r.amend(ctx, u, func() { r.reopen(u) })
	case a.State == v1alpha1.AccountSetting:
		return r.resolve(ctx, u)
	case a.RequestTime != nil:
		return r.sendLink(ctx, u)
	case a.State == v1alpha1.AccountPlanned && u.Status.State == v1alpha1.UserActive:
		return ctrl.Result{}, r.join(ctx, u)
	case a.State == v1alpha1.AccountReady && !meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionAccountReady):
		return ctrl.Result{}, r.amend(ctx, u, func() { r.found(u, a.ID) }) // the portal writes no conditions
	case a.ChangeTime != nil:
		return r.endFormer(ctx, u)
	}
	return ctrl.Result{}, nil
}

// plan plans the account of a person whose organization has no provider of its own: at another one, people have theirs.
func (r *Reconciler) plan(ctx context.Context, u *v1alpha1.OrgUser) error {
	o, err := r.cache.Organization(ctx, u.Namespace)
	if err != nil || o == nil || o.Spec.SignIn != nil {
		return err
	}
	return r.amend(ctx, u, func() { u.Status.Account = r.planned(u) })
}

// planned returns the account of a person who has not chosen a password. Each has an ID of its own: no session of an account that was
// deleted is one of its successor's.
func (r *Reconciler) planned(u *v1alpha1.OrgUser) *v1alpha1.AccountStatus {
	setCondition(u, metav1.ConditionFalse, v1alpha1.ReasonAwaitingPassword, "the person has not chosen a password yet")
	return &v1alpha1.AccountStatus{
		State: v1alpha1.AccountPlanned, ID: uuid.NewString(), Email: effective.AccountAddressOf(u), Since: r.moment(),
	}
}

// reopen plans another account for a person who had one, and has a link mailed: nobody knows the former password but they.
func (r *Reconciler) reopen(u *v1alpha1.OrgUser) {
	links := u.Status.Account.SendCount
	u.Status.Account = r.planned(u)
	u.Status.Account.SendCount, u.Status.Account.RequestTime = links, new(r.moment())
}

func (r *Reconciler) moment() metav1.Time { return metav1.NewTime(r.now().Truncate(time.Second)) }

// errPostponed ends a pass whose status is not the newest.
var errPostponed = errors.New("postponed")

// amend changes the status, if the account is still the one that the pass was made on.
func (r *Reconciler) amend(ctx context.Context, u *v1alpha1.OrgUser, change func()) error {
	before := u.Status.Account.DeepCopy()
	return status.Amend(ctx, r.api, r.client, u, func() error {
		if !same(before, u.Status.Account) {
			return errPostponed
		}
		change()
		return nil
	})
}

func same(before, now *v1alpha1.AccountStatus) bool {
	if before == nil || now == nil {
		return before == now
	}
	return before.State == now.State && before.ID == now.ID && before.Since.Equal(&now.Since) && before.SendCount == now.SendCount &&
		before.ChangeTime.Equal(now.ChangeTime)
}
