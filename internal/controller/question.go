// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// questionReconciler takes customers' questions on their way: mails to the asker, the asker's account, the mail to the queue, the
// end (GTA-8). The state is written first, by the portal or here, and mails follow from it.
type questionReconciler struct{ *dispatcher }

func setupQuestions(mgr ctrl.Manager, p *dispatcher) error {
	if p.Desk == nil {
		return nil
	}
	r := &questionReconciler{p}
	return ctrl.NewControllerManagedBy(mgr).
		Named("question").
		For(&corev1.Secret{}, builder.WithPredicates(predicate.NewPredicateFuncs(store.IsQuestion))).
		Watches(&v1alpha1.Workspace{}, onChange(r.ofWorkspace)).
		Watches(&v1alpha1.Organization{}, onChange(r.ofOrganization)).
		WithOptions(controller.Options{MaxConcurrentReconciles: deliveryWorkers}).
		Complete(reconcile.AsReconciler(p.Client, r))
}

// ofWorkspace: the queue's address may have changed, or the page may be gone.
func (r *questionReconciler) ofWorkspace(ctx context.Context, c change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	if !c.created() && !c.deleted() && c.before.Generation == c.after.Generation &&
		c.before.DeletionTimestamp.IsZero() == c.after.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	return r.Desk.OpenOfWorkspace(ctx, c.newest().Namespace, c.newest().Name)
}

// ofOrganization: what is kept of an organization's questions goes with it.
func (r *questionReconciler) ofOrganization(ctx context.Context, c change[*v1alpha1.Organization]) ([]types.NamespacedName, error) {
	if !c.deleted() {
		return nil, nil
	}
	return r.Desk.OfOrganization(ctx, c.before.Name)
}

// questionScope is the organization and the workspace of a question; nil where that is gone, or has no page any more.
type questionScope struct {
	organization *v1alpha1.Organization
	workspace    *v1alpha1.Workspace
}

// Reconcile takes one question further.
func (r *questionReconciler) Reconcile(ctx context.Context, secret *corev1.Secret) (ctrl.Result, error) {
	if !secret.DeletionTimestamp.IsZero() || !store.IsQuestion(secret) {
		return ctrl.Result{}, nil
	}
	kept, err := store.Read(secret)
	if err != nil {
		return r.unreadable(ctx, secret, err)
	}
	scope, err := r.scope(ctx, kept)
	if err != nil {
		return ctrl.Result{}, err
	}
	if r.over(kept, scope) {
		return settled(ctrl.Result{}, r.drop(ctx, kept, scope))
	}
	kept, err = r.prepare(ctx, kept, scope)
	switch {
	case err == nil:
		return r.deliver(ctx, kept, scope)
	case errors.Is(err, store.ErrGone):
		return ctrl.Result{}, nil
	}
	// Whatever keeps an account from being made keeps no question waiting.
	result, failed := r.deliver(ctx, kept, scope)
	if errors.Is(failed, store.ErrGone) {
		return ctrl.Result{}, nil
	}
	return settled(result, errors.Join(err, failed))
}

// unreadable: nobody can do anything with such a Secret, so it goes when a question would.
func (r *questionReconciler) unreadable(ctx context.Context, secret *corev1.Secret, err error) (ctrl.Result, error) {
	left := secret.CreationTimestamp.Add(question.KeepFor).Sub(r.Now())
	if left <= 0 {
		k := &store.Kept{Name: secret.Name, UID: secret.UID, ResourceVersion: secret.ResourceVersion}
		return settled(ctrl.Result{}, r.Desk.Remove(ctx, k))
	}
	log.FromContext(ctx).Error(err, "a question cannot be passed on")
	return ctrl.Result{RequeueAfter: left}, nil
}

// scope finds the organization and the workspace of a question. What the cache does not show is looked for at the API server:
// it may be new.
func (r *questionReconciler) scope(ctx context.Context, k *store.Kept) (questionScope, error) {
	var w v1alpha1.Workspace
	var o v1alpha1.Organization
	key := types.NamespacedName{Namespace: k.Organization, Name: k.Workspace}
	var found questionScope
	known, err := r.find(ctx, key, &w, func() bool { return w.UID == k.WorkspaceUID && w.Spec.Portal != nil })
	if err != nil {
		return found, err
	}
	if known {
		found.workspace = &w
	}
	key.Name = k.Organization
	if known, err = r.find(ctx, key, &o, func() bool { return true }); known {
		found.organization = &o
	}
	return found, err
}

// find reads an object that is right and not on its way out.
func (r *questionReconciler) find(ctx context.Context, key types.NamespacedName, o client.Object, right func() bool) (bool, error) {
	for _, from := range []client.Reader{r.Client, r.Live} {
		switch err := from.Get(ctx, key, o); {
		case err == nil && o.GetDeletionTimestamp().IsZero() && right():
			return true, nil
		case client.IgnoreNotFound(err) != nil:
			return false, err
		}
	}
	return false, nil
}

// over tells whether a question is not kept any longer. One that is confirmed is passed on whatever becomes of the workspace.
func (r *questionReconciler) over(k *store.Kept, s questionScope) bool {
	return k.Ended(r.Now()) || k.State == question.Waiting && s.workspace == nil || k.State == question.Passed && s.organization == nil
}

// prepare sees to the account of an asker who has confirmed the address, and to the queue's present address.
func (r *questionReconciler) prepare(ctx context.Context, k *store.Kept, s questionScope) (*store.Kept, error) {
	queue := ""
	if s.workspace != nil {
		queue = string(s.workspace.Spec.Portal.QueueEmail)
	}
	account := k.State != question.Waiting && !k.Account && k.Address != ""
	if account {
		if err := r.ensureAccount(ctx, k, s); err != nil {
			return k, err
		}
	}
	if !account && (!k.Open() || queue == "" || queue == k.Queue) {
		return k, nil
	}
	amended, err := r.Desk.Amend(ctx, k.Name, func(q *question.Question) error {
		if account {
			q.SeeToAccount()
		}
		q.Readdress(queue)
		return nil
	})
	if err != nil {
		return k, err
	}
	return amended, nil
}

// ensureAccount makes the asker a Limited account, unless the address has an account, of whatever kind (LMI-2, LMI-7).
func (r *questionReconciler) ensureAccount(ctx context.Context, k *store.Kept, s questionScope) error {
	if s.organization == nil {
		return nil
	}
	known, err := r.lookup().UsersByEmail(ctx, k.Organization, k.Address)
	if err != nil || len(known) > 0 {
		return err
	}
	_, err = r.createAccount(ctx, effective.LimitedAccount(k.Organization, k.Address, v1alpha1.OriginPortal))
	if apierrors.IsAlreadyExists(err) || err == nil {
		return nil
	}
	return fmt.Errorf("the account of who asked question #%s cannot be made: %w", k.Reference, err)
}
