// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/limited"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
	"github.com/usher-operator/usher/internal/requeue"
)

// questionReconciler takes customers' questions on their way: mails to the asker, the asker's account, the mail to the queue, the
// end (GTA-8). The state is written first, by the portal or here, and mails follow from it.
type Reconciler struct {
	client    client.Client
	cache     lookup.Reader
	api       lookup.APIReader
	recorder  events.EventRecorder
	accounts  limited.Creator
	questions *store.Store
	postbox   delivery.Postbox
	links     linktoken.Links
	// namespace is the operator's own.
	namespace  string
	mailDomain string
	dispatcher *delivery.Dispatcher
	now        func() time.Time
}

// New returns the reconciler. Namespace is the operator's own, where questions are kept; mailDomain is the right side of
// Message-IDs.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder, questions *store.Store,
	postbox delivery.Postbox, links linktoken.Links, namespace, mailDomain string, dispatcher *delivery.Dispatcher,
	now func() time.Time,
) *Reconciler {
	return &Reconciler{
		client: c, cache: cache, api: api, recorder: recorder, accounts: limited.NewCreator(c, api), questions: questions,
		postbox: postbox, links: links, namespace: namespace, mailDomain: mailDomain, dispatcher: dispatcher, now: now,
	}
}

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("question").
		For(&corev1.Secret{}, builder.WithPredicates(predicate.NewPredicateFuncs(store.IsQuestion))).
		Watches(&v1alpha1.Workspace{}, mapper.OnChange(r.ofWorkspace)).
		Watches(&v1alpha1.Organization{}, mapper.OnChange(r.ofOrganization)).
		WithOptions(delivery.Workers).
		Complete(reconcile.AsReconciler(r.client, r))
}

// ofWorkspace: the queue's address may have changed, or the page may be gone.
func (r *Reconciler) ofWorkspace(ctx context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && c.Before.Generation == c.After.Generation &&
		c.Before.DeletionTimestamp.IsZero() == c.After.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	return r.questions.OpenOfWorkspace(ctx, c.Newest().Namespace, c.Newest().Name)
}

// ofOrganization: what is kept of an organization's questions goes with it.
func (r *Reconciler) ofOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization]) ([]types.NamespacedName, error) {
	if !c.Deleted() {
		return nil, nil
	}
	return r.questions.OfOrganization(ctx, c.Before.Name)
}

// questionScope is the organization and the workspace of a question; nil where that is gone, or has no page any more.
type questionScope struct {
	organization *v1alpha1.Organization
	workspace    *v1alpha1.Workspace
}

// Reconcile takes one question further.
func (r *Reconciler) Reconcile(ctx context.Context, secret *corev1.Secret) (ctrl.Result, error) {
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
		return requeue.IgnoreConflict(ctrl.Result{}, r.drop(ctx, kept, scope))
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
	return requeue.IgnoreConflict(result, errors.Join(err, failed))
}

// unreadable: nobody can do anything with such a Secret, so it goes when a question would.
func (r *Reconciler) unreadable(ctx context.Context, secret *corev1.Secret, err error) (ctrl.Result, error) {
	left := secret.CreationTimestamp.Add(question.KeepFor).Sub(r.now())
	if left <= 0 {
		k := &store.Kept{Name: secret.Name, UID: secret.UID, ResourceVersion: secret.ResourceVersion}
		return requeue.IgnoreConflict(ctrl.Result{}, r.questions.Remove(ctx, k))
	}
	log.FromContext(ctx).Error(err, "a question cannot be passed on")
	return ctrl.Result{RequeueAfter: left}, nil
}

// scope finds the organization and the workspace of a question. What the cache does not show is looked for at the API server:
// it may be new.
func (r *Reconciler) scope(ctx context.Context, k *store.Kept) (questionScope, error) {
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
func (r *Reconciler) find(ctx context.Context, key types.NamespacedName, o client.Object, right func() bool) (bool, error) {
	for _, from := range []client.Reader{r.client, r.api} {
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
func (r *Reconciler) over(k *store.Kept, s questionScope) bool {
	return k.Ended(r.now()) || k.State == question.Waiting && s.workspace == nil || k.State == question.Passed && s.organization == nil
}

// prepare sees to the account of an asker who has confirmed the address, and to the queue's present address.
func (r *Reconciler) prepare(ctx context.Context, k *store.Kept, s questionScope) (*store.Kept, error) {
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
	amended, err := r.questions.Amend(ctx, k.Name, func(q *question.Question) error {
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
func (r *Reconciler) ensureAccount(ctx context.Context, k *store.Kept, s questionScope) error {
	if s.organization == nil {
		return nil
	}
	known, err := r.cache.UsersByEmail(ctx, k.Organization, k.Address)
	if err != nil || len(known) > 0 {
		return err
	}
	_, err = r.accounts.Create(ctx, k.Organization, k.Address, v1alpha1.OriginPortal)
	if err == nil || apierrors.IsAlreadyExists(err) || errors.Is(err, limited.ErrOrganizationGone) {
		return nil
	}
	return fmt.Errorf("the account of who asked question #%s cannot be made: %w", k.Reference, err)
}
