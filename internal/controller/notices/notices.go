// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"context"
	"time"

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
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
)

const (
	// noticeDelay gathers changes that bring alerts, so that many of them cost one write.
	noticeDelay = time.Second
	// noticeSleep is how long an object with a schedule sleeps at most, whatever clocks do.
	noticeSleep = time.Hour
)

// Notices keeps the contacts of organizations and workspaces informed: it writes what they are to be told, and sends it
// from what is written. It writes status.notices only, and nothing when nothing differs.
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
	o := &organizationNotices{n}
	err := ctrl.NewControllerManagedBy(mgr).Named("organization-notices").For(&v1alpha1.Organization{}).WithOptions(delivery.Workers).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeAfter(noticeDelay, o.ofUser)).
		Watches(&v1alpha1.Invitation{}, mapper.OnChangeAfter(noticeDelay, o.ofInvitation)).
		Complete(reconcile.AsReconciler(n.client, o))
	if err != nil {
		return err
	}
	w := &workspaceNotices{n}
	return ctrl.NewControllerManagedBy(mgr).Named("workspace-notices").For(&v1alpha1.Workspace{}).WithOptions(delivery.Workers).
		Watches(&v1alpha1.Organization{}, mapper.OnChangeAfter(noticeDelay, w.ofOrganization)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeAfter(noticeDelay, w.ofUser)).
		Watches(&v1alpha1.Invitation{}, mapper.OnChangeAfter(noticeDelay, w.ofInvitation)).
		Complete(reconcile.AsReconciler(n.client, w))
}

// reconcile plans what an object's contacts are told, writes it, and sends what is due of what is written.
func (n *Notices) reconcile(ctx context.Context, b *noticeTarget) (ctrl.Result, error) {
	snapshot, err := n.snapshot(ctx, b)
	if err != nil {
		return ctrl.Result{}, err
	}
	wait, err := n.plan(ctx, b, snapshot)
	if err != nil {
		return requeue.IgnoreConflict(ctrl.Result{}, client.IgnoreNotFound(err))
	}
	if wait > 0 {
		wait = min(wait, noticeSleep)
	}
	result, err := n.dispatcher.Deliver(ctx, client.ObjectKeyFromObject(b.object), &outbox{Notices: n, target: b})
	result.RequeueAfter = attempt.Lowest(result.RequeueAfter, wait)
	return result, err
}

// snapshot is what the cache knows.
func (n *Notices) snapshot(ctx context.Context, b *noticeTarget) (s notice.Snapshot, err error) {
	s = notice.Snapshot{Organization: b.organization, Workspace: b.workspace, Now: n.now()}
	if s.Users, err = n.cache.Users(ctx, b.organization.Namespace); err != nil {
		return s, err
	}
	s.Invitations, err = n.cache.Invitations(ctx, b.organization.Namespace)
	return s, err
}

// plan writes what the contacts are to be told, if that differs from what is written, and gives how long until time alone
// changes it.
func (n *Notices) plan(ctx context.Context, b *noticeTarget, snapshot notice.Snapshot) (time.Duration, error) {
	causes, settling := notice.Alerts(snapshot)
	next, wait := n.planOf(b, causes).Next(*b.notices())
	wait = attempt.Lowest(wait, settling)
	if equality.Semantic.DeepEqual(next, *b.notices()) {
		return wait, nil
	}
	return wait, status.Amend(ctx, n.api, n.client, b.object, func() error {
		next, _ = n.planOf(b, causes).Next(*b.notices())
		*b.notices() = next
		return nil
	})
}

func (n *Notices) planOf(b *noticeTarget, causes []notice.Alert) notice.Plan {
	p := notice.Plan{
		UID: b.object.GetUID(), Causes: causes, Schedule: notice.ScheduleOf(b.organization),
		Request: b.object.GetAnnotations()[v1alpha1.AnnotationReport],
		Gateway: n.gateway != nil, MailDomain: n.mailDomain, Now: n.now(),
	}
	p.Alerts, p.Reports, p.Unserved = b.destinations()
	return p
}
