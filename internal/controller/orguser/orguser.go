// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package orguser puts what people's OrgUsers request in force, grants the access that follows from it, and sends the mails of
// people who are declared without an Invitation.
package orguser

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/pause"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/status"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=orgusers,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=orgusers/status,verbs=patch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups="",resources=events,verbs=create;patch

// Reconciler puts what an OrgUser requests in force, and grants the access that follows from it.
type Reconciler struct {
	client      client.Client
	cache       lookup.Reader
	api         lookup.APIReader
	bindings    rolebinding.Writer
	recorder    events.EventRecorder
	mailDomain  string
	settleDelay time.Duration
	now         func() time.Time
	written     status.Written
	// accounts is true if people have accounts at an identity provider, which are deleted before they are.
	accounts bool
}

// New returns the reconciler. MailDomain is the right side of Message-IDs. SettleDelay is how long the inviter and the workspaces, which
// may be declared together with a user, have to arrive before the mail that names them is sent.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder, mailDomain string,
	settleDelay time.Duration, now func() time.Time,
) *Reconciler {
	return &Reconciler{
		client: c, cache: cache, api: api, bindings: rolebinding.NewWriter(c, api), recorder: recorder, mailDomain: mailDomain,
		settleDelay: settleDelay, now: now, written: status.NewWritten(now),
	}
}

// WithAccounts makes a user wait, on being deleted, until their account at the identity provider is deleted too, if there are such.
func (r *Reconciler) WithAccounts(on bool) *Reconciler {
	r.accounts = on
	return r
}

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("orguser").
		For(&v1alpha1.OrgUser{}).
		WithOptions(requeue.Concurrently).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChange(r.usersForUser)).
		Watches(&v1alpha1.Organization{}, mapper.OnChange(r.usersForOrganization)).
		Watches(&v1alpha1.Invitation{}, mapper.OnChange(r.usersForInvitation)).
		Watches(&v1alpha1.Invitation{}, mapper.OnChangeAfter(mailDelay, r.usersForInvitationMail)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChange(r.usersForWorkspace)).
		Watches(&v1alpha1.OrgGroup{}, mapper.OnChange(r.usersForGroup)).
		Watches(&rbacv1.RoleBinding{}, mapper.OnChange(r.usersForRoleBinding)).
		WatchesMetadata(&rbacv1.ClusterRole{}, mapper.OnChange(r.usersForClusterRole)).
		Watches(&corev1.Namespace{}, pause.OnResume(r.usersAndHolders)).
		Complete(pause.Guard[v1alpha1.OrgUser](r.client, r.cache, r.api, rolebinding.AsReconciler(r.client, r.bindings, r, r.orphans)))
}

// Reconcile puts what one OrgUser requests in force.
func (r *Reconciler) Reconcile(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	if wait := r.written.Ahead(u); wait > 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	if !u.DeletionTimestamp.IsZero() {
		result, err := r.reconcileDelete(ctx, u)
		return requeue.IgnoreConflict(u, result, err)
	}
	if err := object.EnsureFinalizer(ctx, r.client, u); err != nil {
		return requeue.IgnoreConflict(u, ctrl.Result{}, err)
	}
	s, err := r.newScope(ctx, u)
	if err != nil {
		return ctrl.Result{}, err
	}
	if isSuperseded(s.facts) {
		return requeue.IgnoreConflict(u, ctrl.Result{}, r.deleteSuperseded(ctx, u))
	}
	result, err := r.reconcileInForce(ctx, s)
	return requeue.IgnoreConflict(u, result, err)
}

// reconcileInForce makes a pass over a user who is in force, or on the way to it. Access that goes is revoked first, what is in
// force is written next, new access follows from what is written, and only then is the user Ready.
func (r *Reconciler) reconcileInForce(ctx context.Context, s *scope) (ctrl.Result, error) {
	return r.finish(ctx, s, runInOrder(ctx, s,
		r.reconcileEmail, // another address comes into force before anything that follows from it
		r.reconcileOnboarding,
		r.computeInForce, // from the cache; the next three confirm it past the cache
		r.confirmLedger,  // an administrator in force keeps the role while the ledger names them
		r.claimIdentity,  // duplicates are stalled before the user comes into force
		r.confirmSeats,   // no module comes into force without a seat
		r.planBindings,
		r.revoke,        // access is gone before the status stops naming it
		r.recordInForce, // access is named in the status before it is granted
		r.grant,
	))
}
