// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package notices sends alerts and reports to the contacts of Organizations and Workspaces. Package notice decides about them.
package notices

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/pause"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
)

const (
	// planDelay is how long changes that may cause alerts are gathered, so that many of them cost one write.
	planDelay = time.Second
	// maxSleep is how long an object with a schedule waits for its next pass at most, whatever happens to clocks.
	maxSleep = time.Hour
)

// Notices keeps the contacts of organizations and workspaces informed: it writes what they are to be told, and sends it from what is
// written. It writes status.notices only, and nothing if nothing differs.
type Notices struct {
	client     client.Client
	cache      lookup.Reader
	api        lookup.APIReader
	postbox    delivery.Postbox
	gateway    delivery.Gateway
	mailDomain string
	dispatcher *delivery.Dispatcher
	now        func() time.Time
}

// New returns the controllers. A nil gateway reaches no phones; mailDomain is the right side of Message-IDs.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, postbox delivery.Postbox, gateway delivery.Gateway,
	mailDomain string, dispatcher *delivery.Dispatcher, now func() time.Time,
) Notices {
	return Notices{
		client: c, cache: cache, api: api, postbox: postbox, gateway: gateway, mailDomain: mailDomain, dispatcher: dispatcher, now: now,
	}
}

// Setup adds both controllers, for organizations and for workspaces, to the manager.
func (n Notices) Setup(mgr ctrl.Manager) error {
	o := &organizationReconciler{n}
	err := ctrl.NewControllerManagedBy(mgr).Named("organization-notices").For(&v1alpha1.Organization{}).WithOptions(n.dispatcher.Workers()).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeAfter(planDelay, organizationForUser)).
		Watches(&v1alpha1.Invitation{}, mapper.OnChangeAfter(planDelay, organizationForInvitation)).
		Watches(&corev1.Namespace{}, pause.OnResume(organizationIn)).
		Complete(pause.Guard[v1alpha1.Organization](n.client, n.cache, n.api, reconcile.AsReconciler(n.client, o)))
	if err != nil {
		return err
	}
	w := &workspaceReconciler{n}
	return ctrl.NewControllerManagedBy(mgr).Named("workspace-notices").For(&v1alpha1.Workspace{}).WithOptions(n.dispatcher.Workers()).
		Watches(&v1alpha1.Organization{}, mapper.OnChangeAfter(planDelay, w.workspacesForOrganization)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeAfter(planDelay, w.workspacesForUser)).
		Watches(&v1alpha1.Invitation{}, mapper.OnChangeAfter(planDelay, w.workspacesForInvitation)).
		Watches(&v1alpha1.OrgGroup{}, mapper.OnChangeAfter(planDelay, w.workspacesForGroup)).
		Watches(&corev1.Namespace{}, pause.OnResume(w.workspacesIn)).
		Complete(pause.Guard[v1alpha1.Workspace](n.client, n.cache, n.api, reconcile.AsReconciler(n.client, w)))
}

// organizationReconciler keeps the contacts of Organizations informed.
type organizationReconciler struct{ Notices }

// Reconcile brings the notices of one Organization up to date.
func (r *organizationReconciler) Reconcile(ctx context.Context, o *v1alpha1.Organization) (ctrl.Result, error) {
	if !o.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil // its contacts are told nothing more: what is queued is deleted with it
	}
	if o.Name != o.Namespace {
		return ctrl.Result{}, nil // it is misnamed and not in force
	}
	return r.reconcile(ctx, &target{object: o, organization: o})
}

// workspaceReconciler keeps the contacts of Workspaces informed.
type workspaceReconciler struct{ Notices }

// Reconcile brings the notices of one Workspace up to date.
func (r *workspaceReconciler) Reconcile(ctx context.Context, w *v1alpha1.Workspace) (ctrl.Result, error) {
	if !w.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil // its contacts are told nothing more: what is queued is deleted with it
	}
	if !needsNotices(w) {
		return ctrl.Result{}, nil
	}
	o, err := r.cache.Organization(ctx, w.Namespace)
	if err != nil || o == nil || !o.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, err
	}
	return r.reconcile(ctx, &target{object: w, organization: o, workspace: w})
}

// reconcile plans what an object's contacts are told, writes it, and sends what is due. Each step rests on the previous one, so the
// first failure ends the pass: nothing is sent that is not written.
func (n *Notices) reconcile(ctx context.Context, t *target) (ctrl.Result, error) {
	snapshot, err := n.snapshot(ctx, t)
	if err != nil {
		return ctrl.Result{}, err
	}
	if t.workspace == nil {
		t.administrators = snapshot.Administrators()
	}
	wait, err := n.writePlan(ctx, t, snapshot)
	if err != nil {
		return requeue.IgnoreConflict(t.object, ctrl.Result{}, client.IgnoreNotFound(err))
	}
	result, err := n.dispatcher.Deliver(ctx, t.object, &outbox{Notices: n, target: t})
	result.RequeueAfter = attempt.Lowest(result.RequeueAfter, min(wait, maxSleep))
	return result, err
}

// snapshot reads from the cache what notices depend on.
func (n *Notices) snapshot(ctx context.Context, t *target) (s notice.Snapshot, err error) {
	s = notice.Snapshot{Organization: t.organization, Workspace: t.workspace, Now: n.now()}
	if s.Users, err = n.cache.Users(ctx, t.organization.Namespace); err != nil {
		return s, err
	}
	if s.Groups, err = n.cache.Groups(ctx, t.organization.Namespace); err != nil {
		return s, err
	}
	s.Invitations, err = n.cache.Invitations(ctx, t.organization.Namespace)
	return s, err
}

// writePlan writes what the contacts are to be told, if that differs from what is written. It returns how long until that changes even if
// nothing else does; zero: it does not.
func (n *Notices) writePlan(ctx context.Context, t *target, snapshot notice.Snapshot) (time.Duration, error) {
	causes, untilNextCause := notice.Alerts(snapshot)
	next, wait := n.planFor(t, snapshot, causes).Next(*t.notices())
	wait = attempt.Lowest(wait, untilNextCause)
	if equality.Semantic.DeepEqual(next, *t.notices()) {
		return wait, nil
	}
	return wait, status.Amend(ctx, n.api, n.client, t.object, func() error {
		next, _ = n.planFor(t, snapshot, causes).Next(*t.notices())
		*t.notices() = next
		t.setWithinBudget()
		return nil
	})
}

func (n *Notices) planFor(t *target, snapshot notice.Snapshot, causes []notice.Alert) notice.Plan {
	p := notice.Plan{
		UID: t.object.GetUID(), Causes: causes, Ended: snapshot.Ended, Administrators: t.administrators,
		Schedule: notice.ScheduleOf(t.organization), Request: t.object.GetAnnotations()[v1alpha1.AnnotationReport],
		Gateway: n.gateway != nil, MailDomain: n.mailDomain, Now: n.now(),
	}
	p.Alerts, p.Reports, p.Unserved = t.destinations()
	return p
}
