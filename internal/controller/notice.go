// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/status"
)

const (
	// noticeDelay gathers changes that bring alerts, so that many of them cost one write.
	noticeDelay = time.Second
	// noticeSleep is how long an object with a schedule sleeps at most, whatever clocks do.
	noticeSleep = time.Hour
)

// notices keeps the contacts of organizations and workspaces informed: it writes what they are to be told, and sends it
// from what is written. It writes status.notices only, and nothing when nothing differs.
type notices struct{ *dispatcher }

func setupNotices(mgr ctrl.Manager, p *dispatcher) error {
	options := controller.Options{MaxConcurrentReconciles: deliveryWorkers}
	o := &organizationNotices{notices{p}}
	err := ctrl.NewControllerManagedBy(mgr).Named("organization-notices").For(&v1alpha1.Organization{}).WithOptions(options).
		Watches(&v1alpha1.OrgUser{}, onChangeAfter(noticeDelay, o.ofUser)).
		Watches(&v1alpha1.Invitation{}, onChangeAfter(noticeDelay, o.ofInvitation)).
		Complete(reconcile.AsReconciler(p.Client, o))
	if err != nil {
		return err
	}
	w := &workspaceNotices{notices{p}}
	return ctrl.NewControllerManagedBy(mgr).Named("workspace-notices").For(&v1alpha1.Workspace{}).WithOptions(options).
		Watches(&v1alpha1.Organization{}, onChangeAfter(noticeDelay, w.ofOrganization)).
		Watches(&v1alpha1.OrgUser{}, onChangeAfter(noticeDelay, w.ofUser)).
		Watches(&v1alpha1.Invitation{}, onChangeAfter(noticeDelay, w.ofInvitation)).
		Complete(reconcile.AsReconciler(p.Client, w))
}

// reconcile plans what an object's contacts are told, writes it, and sends what is due of what is written.
func (n *notices) reconcile(ctx context.Context, b *noticeTarget) (ctrl.Result, error) {
	snapshot, err := n.snapshot(ctx, b)
	if err != nil {
		return ctrl.Result{}, err
	}
	wait, err := n.plan(ctx, b, snapshot)
	if err != nil {
		return settled(ctrl.Result{}, client.IgnoreNotFound(err))
	}
	if wait > 0 {
		wait = min(wait, noticeSleep)
	}
	writer := &noticeWriter{notices: n, target: b}
	result, err := deliver(ctx, n.dispatcher, outbox[contactMessage]{
		object:   b.object,
		messages: b.messages,
		conclude: func() {},
		prepare:  writer.prepare,
		write:    func(_ context.Context, e contactMessage) sendFunc { return writer.write(e) },
	})
	result.RequeueAfter = sooner(result.RequeueAfter, wait)
	return result, err
}

// snapshot is what the cache knows.
func (n *notices) snapshot(ctx context.Context, b *noticeTarget) (s notice.Snapshot, err error) {
	s = notice.Snapshot{Organization: b.organization, Workspace: b.workspace, Now: n.Now()}
	if s.Users, err = n.lookup().Users(ctx, b.organization.Namespace); err != nil {
		return s, err
	}
	s.Invitations, err = n.lookup().Invitations(ctx, b.organization.Namespace)
	return s, err
}

// plan writes what the contacts are to be told, if that differs from what is written, and gives how long until time alone
// changes it.
func (n *notices) plan(ctx context.Context, b *noticeTarget, snapshot notice.Snapshot) (time.Duration, error) {
	causes, settling := notice.Alerts(snapshot)
	next, wait := n.planOf(b, causes).Next(*b.notices())
	wait = sooner(wait, settling)
	if equality.Semantic.DeepEqual(next, *b.notices()) {
		return wait, nil
	}
	return wait, status.Amend(ctx, n.Live, n.Client, b.object, func() error {
		next, _ = n.planOf(b, causes).Next(*b.notices())
		*b.notices() = next
		return nil
	})
}

func (n *notices) planOf(b *noticeTarget, causes []notice.Alert) notice.Plan {
	p := notice.Plan{
		UID: b.object.GetUID(), Causes: causes, Schedule: notice.ScheduleOf(b.organization),
		Request: b.object.GetAnnotations()[v1alpha1.AnnotationReport],
		Gateway: n.Gateway != nil, MailDomain: n.MailDomain, Now: n.Now(),
	}
	p.Alerts, p.Reports, p.Unserved = b.destinations()
	return p
}
