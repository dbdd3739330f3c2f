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
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
)

// organizationIn returns the organization of a namespace.
func organizationIn(_ context.Context, namespace string) ([]types.NamespacedName, error) {
	return []types.NamespacedName{{Namespace: namespace, Name: namespace}}, nil
}

// workspacesIn returns all workspaces of an organization.
func (r *workspaceReconciler) workspacesIn(ctx context.Context, organization string) ([]types.NamespacedName, error) {
	return mapper.KeysOf(r.cache.Workspaces(ctx, organization))
}

// organizationForUser returns a user's organization if the causes of alerts about the user change.
func organizationForUser(_ context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if alertCauses(c.Before) == alertCauses(c.After) {
		return nil, nil
	}
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}

// organizationForInvitation returns an Invitation's organization if other recipients than before are refused.
func organizationForInvitation(_ context.Context, c mapper.Change[*v1alpha1.Invitation]) ([]types.NamespacedName, error) {
	if refusedRecipients(c.Before) == refusedRecipients(c.After) {
		return nil, nil
	}
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}

// workspacesForOrganization returns an organization's workspaces with notices if its spec changes, or the modules without a free seat.
func (r *workspaceReconciler) workspacesForOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && c.Before.Generation == c.After.Generation && fullModules(c.Before) == fullModules(c.After) {
		return nil, nil
	}
	return r.workspacesWithNotices(ctx, c.Newest())
}

// workspacesForUser returns the workspaces with notices whose contacts are or were told about a user, if the causes of alerts about the
// user change.
func (r *workspaceReconciler) workspacesForUser(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser],
) ([]types.NamespacedName, error) {
	if alertCauses(c.Before) == alertCauses(c.After) {
		return nil, nil
	}
	var keys []types.NamespacedName
	for _, u := range []*v1alpha1.OrgUser{c.Before, c.After} {
		if u == nil {
			continue
		}
		workspaces, err := r.cache.WorkspacesConcerning(ctx, u)
		if err != nil {
			return nil, err
		}
		for _, w := range workspaces {
			if key := client.ObjectKeyFromObject(w); needsNotices(w) && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys, nil
}

// workspacesForInvitation returns the workspaces with notices of an Invitation's organization if other recipients than before are
// refused.
func (r *workspaceReconciler) workspacesForInvitation(ctx context.Context, c mapper.Change[*v1alpha1.Invitation],
) ([]types.NamespacedName, error) {
	if refusedRecipients(c.Before) == refusedRecipients(c.After) {
		return nil, nil
	}
	return r.workspacesWithNotices(ctx, c.Newest())
}

// workspacesForGroup returns the workspaces with notices among those that list a group, if other people than before are in it.
func (r *workspaceReconciler) workspacesForGroup(ctx context.Context, c mapper.Change[*v1alpha1.OrgGroup],
) ([]types.NamespacedName, error) {
	if c.Initial || len(mapper.Difference(effective.GroupMembers(c.Before), effective.GroupMembers(c.After))) == 0 {
		return nil, nil
	}
	listing, err := r.cache.WorkspacesByGroup(ctx, c.Newest().Namespace, c.Newest().Name)
	var named []*v1alpha1.Workspace
	for _, access := range effective.Accesses {
		named = append(named, listing[access]...)
	}
	return mapper.KeysOf(slices.DeleteFunc(named, func(w *v1alpha1.Workspace) bool { return !needsNotices(w) }), err)
}

// workspacesWithNotices returns the workspaces of an object's organization that have notices.
func (r *workspaceReconciler) workspacesWithNotices(ctx context.Context, o client.Object) ([]types.NamespacedName, error) {
	workspaces, err := r.cache.Workspaces(ctx, o.GetNamespace())
	return mapper.KeysOf(slices.DeleteFunc(workspaces, func(w *v1alpha1.Workspace) bool { return !needsNotices(w) }), err)
}

// needsNotices reports whether a workspace has a contact to be notified, or notices from when it had one.
func needsNotices(w *v1alpha1.Workspace) bool {
	return slices.ContainsFunc(w.Spec.Contacts, func(c v1alpha1.Contact) bool { return len(c.Notify) > 0 }) ||
		!equality.Semantic.DeepEqual(w.Status.Notices, v1alpha1.NoticesStatus{})
}

// alertCauses sums up what about a user may cause alerts, and where the user belongs, if anything does.
func alertCauses(u *v1alpha1.OrgUser) string {
	if u == nil {
		return ""
	}
	var causes []string
	if o := u.Status.Onboarding; o != nil && o.State == v1alpha1.RecipientUndeliverable {
		causes = append(causes, "undeliverable")
	}
	if stalled := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionStalled); stalled != nil &&
		stalled.Reason == v1alpha1.ReasonLastAdministrator {
		causes = append(causes, "held")
	}
	if effective.AsksToLeave(u) {
		causes = append(causes, "leaving")
	}
	for _, m := range effective.RequestedModules(u) {
		if effective.RequestsSeat(u, m) {
			causes = append(causes, string(m))
		}
	}
	if len(causes) == 0 {
		return ""
	}
	for _, g := range u.Spec.Workspaces {
		causes = append(causes, "in "+string(g.Name))
	}
	for _, key := range effective.KeysOfUser(u) {
		causes = append(causes, "as "+string(key))
	}
	return strings.Join(causes, ",")
}

// refusedRecipients names the recipients of an Invitation whom the mail server refuses.
func refusedRecipients(i *v1alpha1.Invitation) string {
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

// fullModules names the modules without a free seat.
func fullModules(o *v1alpha1.Organization) string {
	var names []string
	for _, m := range o.Status.Modules {
		if m.Seats != nil && m.Used != nil && *m.Used >= *m.Seats {
			names = append(names, m.Name)
		}
	}
	return strings.Join(names, ",")
}
