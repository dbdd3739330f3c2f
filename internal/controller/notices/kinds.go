// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"context"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
)

// organizationNotices keeps the contacts of Organizations informed.
type organizationNotices struct{ Notices }

// Reconcile brings the notices of one Organization up to date.
func (n *organizationNotices) Reconcile(ctx context.Context, o *v1alpha1.Organization) (ctrl.Result, error) {
	if !o.DeletionTimestamp.IsZero() || o.Name != o.Namespace {
		return ctrl.Result{}, nil
	}
	return n.reconcile(ctx, &noticeTarget{object: o, organization: o})
}

func (n *organizationNotices) ofUser(_ context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if alarming(c.Before) == alarming(c.After) {
		return nil, nil
	}
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}

func (n *organizationNotices) ofInvitation(_ context.Context, c mapper.Change[*v1alpha1.Invitation],
) ([]types.NamespacedName, error) {
	if refusals(c.Before) == refusals(c.After) {
		return nil, nil
	}
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}

// alarming says what of a user can be a cause of alerts.
func alarming(u *v1alpha1.OrgUser) string {
	if u == nil {
		return ""
	}
	var words []string
	if o := u.Status.Onboarding; o != nil && o.State == v1alpha1.RecipientUndeliverable {
		words = append(words, "undeliverable")
	}
	if stalled := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionStalled); stalled != nil &&
		stalled.Reason == v1alpha1.ReasonLastAdministrator {
		words = append(words, "held")
	}
	for _, m := range u.Spec.Modules {
		if effective.WishesSeat(u, m) {
			words = append(words, string(m))
		}
	}
	if len(words) == 0 {
		return ""
	}
	for _, g := range u.Spec.Workspaces {
		words = append(words, "in "+string(g.Name))
	}
	for _, g := range u.Spec.Groups {
		words = append(words, "of "+string(g))
	}
	return strings.Join(words, ",")
}

// refusals names the recipients of an Invitation whom the mail server refuses.
func refusals(i *v1alpha1.Invitation) string {
	if i == nil || !i.DeletionTimestamp.IsZero() {
		return ""
	}
	var emails []string
	for n := range i.Status.Recipients {
		if i.Status.Recipients[n].State == v1alpha1.RecipientUndeliverable {
			emails = append(emails, string(i.Status.Recipients[n].Email))
		}
	}
	return strings.Join(emails, ",")
}

// workspaceNotices keeps the contacts of Workspaces informed.
type workspaceNotices struct{ Notices }

// Reconcile brings the notices of one Workspace up to date.
func (n *workspaceNotices) Reconcile(ctx context.Context, w *v1alpha1.Workspace) (ctrl.Result, error) {
	if !w.DeletionTimestamp.IsZero() || !informs(w) {
		return ctrl.Result{}, nil
	}
	o, err := n.cache.Organization(ctx, w.Namespace)
	if err != nil || o == nil || !o.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, err
	}
	return n.reconcile(ctx, &noticeTarget{object: w, organization: o, workspace: w})
}

// informs tells whether there is somebody to inform, or something left of when there was.
func informs(w *v1alpha1.Workspace) bool {
	return slices.ContainsFunc(w.Spec.Contacts, func(c v1alpha1.Contact) bool { return len(c.Notify) > 0 }) ||
		!equality.Semantic.DeepEqual(w.Status.Notices, v1alpha1.NoticesStatus{})
}

func (n *workspaceNotices) ofOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && c.Before.Generation == c.After.Generation &&
		full(c.Before) == full(c.After) {
		return nil, nil
	}
	return n.informing(ctx, c.Newest())
}

// full names the modules of which no seat is left.
func full(o *v1alpha1.Organization) string {
	var names []string
	for _, m := range o.Status.Modules {
		if m.Seats != nil && m.Used != nil && *m.Used >= *m.Seats {
			names = append(names, m.Name)
		}
	}
	return strings.Join(names, ",")
}

func (n *workspaceNotices) ofUser(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if alarming(c.Before) == alarming(c.After) {
		return nil, nil
	}
	return n.informing(ctx, c.Newest())
}

func (n *workspaceNotices) ofInvitation(ctx context.Context, c mapper.Change[*v1alpha1.Invitation],
) ([]types.NamespacedName, error) {
	if refusals(c.Before) == refusals(c.After) {
		return nil, nil
	}
	return n.informing(ctx, c.Newest())
}

// informing gives the workspaces of an object's organization that have somebody to inform.
func (n *workspaceNotices) informing(ctx context.Context, o client.Object) ([]types.NamespacedName, error) {
	workspaces, err := n.cache.Workspaces(ctx, o.GetNamespace())
	return mapper.KeysOf(slices.DeleteFunc(workspaces, func(w *v1alpha1.Workspace) bool { return !informs(w) }), err)
}
