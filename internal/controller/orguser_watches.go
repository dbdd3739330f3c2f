// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
)

func setupOrgUser(mgr ctrl.Manager, d Dependencies) error {
	r := &orgUserReconciler{d}
	return ctrl.NewControllerManagedBy(mgr).
		Named("orguser").
		For(&v1alpha1.OrgUser{}).
		WithOptions(concurrently).
		Watches(&v1alpha1.OrgUser{}, onChange(r.ofNamesake)).
		Watches(&v1alpha1.Organization{}, onChange(r.ofOrganization)).
		Watches(&v1alpha1.Invitation{}, onChange(r.ofInvitation)).
		Watches(&v1alpha1.Invitation{}, onChangeAfter(mailDelay, r.ofMail)).
		Watches(&v1alpha1.Workspace{}, onChange(r.ofWorkspace)).
		Watches(&rbacv1.RoleBinding{}, onChange(r.ofBinding)).
		WatchesMetadata(&rbacv1.ClusterRole{}, onChange(r.ofClusterRole)).
		Complete(orLeftovers(d, r, r.leftovers))
}

// ofNamesake: who has an address or user name in force concerns all who wish it (ORG-28).
func (r *orgUserReconciler) ofNamesake(ctx context.Context, c change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !c.created() && !c.deleted() && c.before.Status.State == c.after.Status.State &&
		effective.UsernameOf(c.before) == effective.UsernameOf(c.after) && c.before.Status.Username == c.after.Status.Username {
		return nil, nil
	}
	keys, err := keysOf(r.lookup().Namesakes(ctx, c.newest()))
	if err != nil || c.created() {
		return keys, err
	}
	former, err := keysOf(r.lookup().Namesakes(ctx, c.before))
	return append(keys, former...), err
}

// ofOrganization: the organization's coming and going concerns all users, as does whether everybody needs a workspace; the
// ledgers those who come in or go and the one administrator who is left; what a module gives those who have its seats.
// All users are looked at anyway when the watch begins.
func (r *orgUserReconciler) ofOrganization(ctx context.Context, c change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if c.initial {
		return nil, nil
	}
	if c.created() || c.deleted() || c.before.DeletionTimestamp.IsZero() != c.after.DeletionTimestamp.IsZero() ||
		c.before.Spec.Settings.WorkspaceAssignment != c.after.Spec.Settings.WorkspaceAssignment {
		return keysOf(r.lookup().Users(ctx, c.newest().Namespace))
	}
	var keys []types.NamespacedName
	changed := difference(c.before.Status.Administrators, c.after.Status.Administrators)
	if left := c.after.Status.Administrators; len(left) == 1 && len(changed) > 0 {
		changed = append(changed, left[0])
	}
	for _, name := range append(changed, difference(seated(c.before), seated(c.after))...) {
		keys = append(keys, types.NamespacedName{Namespace: c.after.Namespace, Name: name[strings.LastIndex(name, "/")+1:]})
	}
	keys = append(keys, ofModules(c)...)
	if (paymentRules(c.before) == nil) == (paymentRules(c.after) == nil) {
		return keys, nil
	}
	payers, err := keysOf(r.payers(ctx, c.after.Namespace))
	return append(keys, payers...), err
}

// payers are those who manage billing.
func (r *orgUserReconciler) payers(ctx context.Context, organization string) ([]*v1alpha1.OrgUser, error) {
	users, err := r.lookup().Users(ctx, organization)
	return slices.DeleteFunc(users, func(u *v1alpha1.OrgUser) bool {
		return !authz.ReadsPayment(u.Spec.Role) && !authz.ReadsPayment(u.Status.Role)
	}), err
}

// seated names every seat and who has it.
func seated(o *v1alpha1.Organization) []string {
	var names []string
	for _, m := range o.Status.Modules {
		for _, holder := range m.Holders {
			names = append(names, m.Name+"/"+holder)
		}
	}
	return names
}

// difference gives the names that stand in one list only.
func difference(a, b []string) []string {
	seen := map[string]int{}
	for _, name := range a {
		seen[name]++
	}
	for _, name := range b {
		seen[name]--
	}
	var names []string
	for name, n := range seen {
		if n != 0 {
			names = append(names, name)
		}
	}
	return names
}

// mailDelay is how late a user shows that a mail is to be sent, or is out: one that is sent within it costs no write.
const mailDelay = 2 * time.Second

// ofInvitation: a recipient's new state concerns the recipient's user.
func (r *orgUserReconciler) ofInvitation(ctx context.Context, c change[*v1alpha1.Invitation],
) ([]types.NamespacedName, error) {
	if c.created() || c.deleted() {
		return keysOf(r.lookup().UsersByInvitation(ctx, c.newest().Namespace, c.newest().Name))
	}
	return changedRecipients(c, func(a, b *v1alpha1.OnboardingStatus) bool { return a.State != b.State }), nil
}

// ofMail: so does the invitation's being on its way.
func (r *orgUserReconciler) ofMail(_ context.Context, c change[*v1alpha1.Invitation]) ([]types.NamespacedName, error) {
	if c.created() || c.deleted() {
		return nil, nil
	}
	return changedRecipients(c, func(a, b *v1alpha1.OnboardingStatus) bool {
		return awaitsInvitation(a) != awaitsInvitation(b)
	}), nil
}

// changedRecipients gives the users of those recipients who are new or whose state differs.
func changedRecipients(c change[*v1alpha1.Invitation], differs func(a, b *v1alpha1.OnboardingStatus) bool,
) []types.NamespacedName {
	old := make(map[string]*v1alpha1.OnboardingStatus, len(c.before.Status.Recipients))
	for n := range c.before.Status.Recipients {
		recipient := &c.before.Status.Recipients[n]
		old[recipient.User] = &recipient.OnboardingStatus
	}
	var keys []types.NamespacedName
	for n := range c.after.Status.Recipients {
		recipient := &c.after.Status.Recipients[n]
		before, known := old[recipient.User]
		if recipient.User != "" && (!known || differs(before, &recipient.OnboardingStatus)) {
			keys = append(keys, types.NamespacedName{Namespace: c.after.Namespace, Name: recipient.User})
		}
	}
	return keys
}

// ofBinding: what somebody does to a binding of Usher's is set right.
func (r *orgUserReconciler) ofBinding(_ context.Context, c change[*rbacv1.RoleBinding]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, b := range []*rbacv1.RoleBinding{c.before, c.after} {
		if b != nil && b.Labels[v1alpha1.LabelUser] != "" {
			keys = append(keys, types.NamespacedName{
				Namespace: b.Labels[v1alpha1.LabelOrganization], Name: b.Labels[v1alpha1.LabelUser],
			})
		}
	}
	return keys, nil
}
