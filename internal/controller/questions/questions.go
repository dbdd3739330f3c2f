// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package questions reconciles customers' questions, which package store keeps in Secrets, and sends their mails.
package questions

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/limited"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/pause"
	"github.com/usher-operator/usher/internal/phase"
	"github.com/usher-operator/usher/internal/question/store"
	"github.com/usher-operator/usher/internal/requeue"
)

// Reconciler passes customers' questions on: it sends mails to the asker, creates the asker's account, sends the question to the queue,
// and deletes it in the end (GTA-8). The portal or the reconciler writes the state first, and mails follow from it.
type Reconciler struct {
	client     client.Client
	cache      lookup.Reader
	api        lookup.APIReader
	recorder   events.EventRecorder
	accounts   limited.Creator
	questions  *store.Store
	postbox    delivery.Postbox
	links      linktoken.Links
	mailDomain string
	dispatcher *delivery.Dispatcher
	now        func() time.Time
	// receivesMail is true if the operator receives mail at the workspaces' intake addresses.
	receivesMail bool
}

// New returns the reconciler. MailDomain is the right side of Message-IDs.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder, questions *store.Store,
	postbox delivery.Postbox, links linktoken.Links, mailDomain string, dispatcher *delivery.Dispatcher, now func() time.Time,
) *Reconciler {
	return &Reconciler{
		client: c, cache: cache, api: api, recorder: recorder, accounts: limited.NewCreator(c, api), questions: questions,
		postbox: postbox, links: links, mailDomain: mailDomain, dispatcher: dispatcher, now: now,
	}
}

// ReceivesMail says whether the operator receives mail at the workspaces' intake addresses, and returns the reconciler.
func (r *Reconciler) ReceivesMail(receives bool) *Reconciler {
	r.receivesMail = receives
	return r
}

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("question").
		For(&corev1.Secret{}, builder.WithPredicates(predicate.NewPredicateFuncs(func(o client.Object) bool {
			return store.IsQuestion(o) && o.GetNamespace() == r.questions.Namespace
		}))).
		Watches(&v1alpha1.Workspace{}, mapper.OnChange(r.questionsForWorkspace)).
		Watches(&v1alpha1.Organization{}, mapper.OnChange(r.questionsForOrganization)).
		Watches(&corev1.Namespace{}, pause.OnResume(r.questions.OfOrganization)).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: r.dispatcher.Workers().MaxConcurrentReconciles, NewQueue: requeue.NewQueueBy(r.organizationOf),
		}).
		Complete(reconcile.AsReconciler(r.client, r))
}

// organizationOf returns whose turn a question takes: all of their Secrets are in one namespace.
func (r *Reconciler) organizationOf(request reconcile.Request) string {
	var secret corev1.Secret
	if err := r.client.Get(context.Background(), request.NamespacedName, &secret); err != nil {
		return ""
	}
	return secret.Labels[v1alpha1.LabelOrganization]
}

// Reconcile passes one question on, as far as it goes.
func (r *Reconciler) Reconcile(ctx context.Context, secret *corev1.Secret) (ctrl.Result, error) {
	if !secret.DeletionTimestamp.IsZero() || !store.IsQuestion(secret) {
		return ctrl.Result{}, nil // nothing outlives the Secret
	}
	kept, err := store.Read(secret)
	if err != nil {
		wait, err := r.reconcileUnreadable(ctx, secret, err)
		return requeue.IgnoreConflict(secret, ctrl.Result{RequeueAfter: wait}, err)
	}
	if held, err := r.cache.Held(ctx, r.api, kept.Organization, false); held || err != nil {
		return ctrl.Result{}, err // when the pause is over, all questions to the organization are reconciled
	}
	s, err := r.newScope(ctx, kept)
	if err != nil {
		return ctrl.Result{}, err
	}
	if r.isOver(s) {
		return requeue.IgnoreConflict(secret, ctrl.Result{}, r.reconcileDelete(ctx, s))
	}
	wait, failed := phase.Run(
		ctx, secret, s,
		r.reconcileAccount,
		r.reconcileState,
		r.deliver,
	)
	return requeue.IgnoreConflict(secret, ctrl.Result{RequeueAfter: wait}, failed)
}
