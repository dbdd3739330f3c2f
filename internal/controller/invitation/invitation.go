// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package invitation reconciles Invitations: it moves their recipients from pending to active, and sends their mails.
package invitation

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/pause"
	"github.com/usher-operator/usher/internal/phase"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=invitations,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=invitations/status,verbs=patch

// Reconciler moves the recipients of an Invitation from pending to active. It queues their mails in the status; Mail sends them.
type Reconciler struct {
	client      client.Client
	cache       lookup.Reader
	api         lookup.APIReader
	recorder    events.EventRecorder
	mailDomain  string
	settleDelay time.Duration
	now         func() time.Time
	written     status.Written
}

// New returns the reconciler. MailDomain is the right side of Message-IDs. SettleDelay is how long the inviter and the workspaces,
// if they are declared together with the Invitation, have to arrive before its mail is sent.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder, mailDomain string,
	settleDelay time.Duration, now func() time.Time,
) *Reconciler {
	return &Reconciler{
		client: c, cache: cache, api: api, recorder: recorder, mailDomain: mailDomain, settleDelay: settleDelay, now: now,
		written: status.NewWritten(now),
	}
}

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("invitation").
		For(&v1alpha1.Invitation{}).
		WithOptions(requeue.Concurrently).
		Watches(&v1alpha1.Organization{}, mapper.OnChange(r.invitationsForOrganization)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChange(r.invitationsForUser)).
		Watches(&corev1.Namespace{}, pause.OnResume(keysOf(r.cache))).
		Complete(pause.Guard[v1alpha1.Invitation](r.client, r.cache, r.api, reconcile.AsReconciler(r.client, r)))
}

// Reconcile moves the recipients of an Invitation. A move and the mail that it requires are written together, and the mail is sent
// from what was written.
func (r *Reconciler) Reconcile(ctx context.Context, i *v1alpha1.Invitation) (ctrl.Result, error) {
	if !i.DeletionTimestamp.IsZero() {
		if wait := r.written.Ahead(i); wait > 0 {
			return ctrl.Result{RequeueAfter: wait}, nil
		}
		return requeue.IgnoreConflict(i, ctrl.Result{}, r.reconcileDelete(ctx, i))
	}
	if err := object.EnsureFinalizer(ctx, r.client, i); err != nil {
		return requeue.IgnoreConflict(i, ctrl.Result{}, err)
	}
	s, err := r.newScope(ctx, i)
	if err != nil {
		return ctrl.Result{}, err
	}
	if s.hasObstacle() {
		s.setObstacle()
		return requeue.IgnoreConflict(i, ctrl.Result{}, r.writeStatus(ctx, s))
	}
	wait, failed := phase.Run(ctx, i, s,
		r.reconcileAccounts,
		r.reconcileNamed,
		r.reconcileResend,
		r.reconcileRemoved,
		r.reconcileMessages,
		r.awaitNextMove,
	)
	setConditions(i, s.authorized, s.failures)
	err = r.writeStatus(ctx, s)
	return requeue.IgnoreConflict(i, ctrl.Result{RequeueAfter: wait}, errors.Join(failed, err))
}
