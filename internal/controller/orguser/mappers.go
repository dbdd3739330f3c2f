// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

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
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("orguser").
		For(&v1alpha1.OrgUser{}).
		WithOptions(requeue.Concurrently).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChange(r.ofNamesake)).
		Watches(&v1alpha1.Organization{}, mapper.OnChange(r.ofOrganization)).
		Watches(&v1alpha1.Invitation{}, mapper.OnChange(r.ofInvitation)).
		Watches(&v1alpha1.Invitation{}, mapper.OnChangeAfter(mailDelay, r.ofMail)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChange(r.ofWorkspace)).
		Watches(&rbacv1.RoleBinding{}, mapper.OnChange(r.ofBinding)).
		WatchesMetadata(&rbacv1.ClusterRole{}, mapper.OnChange(r.ofClusterRole)).
		Complete(rolebinding.AsReconciler(r.client, r.bindings, r, r.orphans))
}

// ofNamesake: who has an address or user name in force concerns all who wish it (ORG-28).
func (r *Reconciler) ofNamesake(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && c.Before.Status.State == c.After.Status.State &&
		effective.UsernameOf(c.Before) == effective.UsernameOf(c.After) && c.Before.Status.Username == c.After.Status.Username {
		return nil, nil
	}
	keys, err := mapper.KeysOf(r.cache.Namesakes(ctx, c.Newest()))
	if err != nil || c.Created() {
		return keys, err
	}
	former, err := mapper.KeysOf(r.cache.Namesakes(ctx, c.Before))
	return append(keys, former...), err
}

// ofOrganization: the organization's coming and going concerns all users, as does whether everybody needs a workspace; the
// ledgers those who come in or go and the one administrator who is left; what a module gives those who have its seats.
// All users are looked at anyway when the watch begins.
func (r *Reconciler) ofOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if c.Initial {
		return nil, nil
	}
	if c.Created() || c.Deleted() || c.Before.DeletionTimestamp.IsZero() != c.After.DeletionTimestamp.IsZero() ||
		c.Before.Spec.Settings.WorkspaceAssignment != c.After.Spec.Settings.WorkspaceAssignment {
		return mapper.KeysOf(r.cache.Users(ctx, c.Newest().Namespace))
	}
	var keys []types.NamespacedName
	changed := mapper.Difference(c.Before.Status.Administrators, c.After.Status.Administrators)
	if left := c.After.Status.Administrators; len(left) == 1 && len(changed) > 0 {
		changed = append(changed, left[0])
	}
	for _, name := range append(changed, mapper.Difference(effective.SeatHolders(c.Before), effective.SeatHolders(c.After))...) {
		keys = append(keys, types.NamespacedName{Namespace: c.After.Namespace, Name: name[strings.LastIndex(name, "/")+1:]})
	}
	keys = append(keys, ofModules(c)...)
	if (rolebinding.PaymentRules(c.Before) == nil) == (rolebinding.PaymentRules(c.After) == nil) {
		return keys, nil
	}
	payers, err := mapper.KeysOf(r.payers(ctx, c.After.Namespace))
	return append(keys, payers...), err
}

// payers are those who manage billing.
func (r *Reconciler) payers(ctx context.Context, organization string) ([]*v1alpha1.OrgUser, error) {
	users, err := r.cache.Users(ctx, organization)
	return slices.DeleteFunc(users, func(u *v1alpha1.OrgUser) bool {
		return !authz.ReadsPayment(u.Spec.Role) && !authz.ReadsPayment(u.Status.Role)
	}), err
}

// mailDelay is how late a user shows that a mail is to be sent, or is out: one that is sent within it costs no write.
const mailDelay = 2 * time.Second

// ofInvitation: a recipient's new state concerns the recipient's user.
func (r *Reconciler) ofInvitation(ctx context.Context, c mapper.Change[*v1alpha1.Invitation],
) ([]types.NamespacedName, error) {
	if c.Created() || c.Deleted() {
		return mapper.KeysOf(r.cache.UsersByInvitation(ctx, c.Newest().Namespace, c.Newest().Name))
	}
	return changedRecipients(c, func(a, b *v1alpha1.OnboardingStatus) bool { return a.State != b.State }), nil
}

// ofMail: so does the invitation's being on its way.
func (r *Reconciler) ofMail(_ context.Context, c mapper.Change[*v1alpha1.Invitation]) ([]types.NamespacedName, error) {
	if c.Created() || c.Deleted() {
		return nil, nil
	}
	return changedRecipients(c, func(a, b *v1alpha1.OnboardingStatus) bool {
		return onboarding.AwaitsInvitation(a) != onboarding.AwaitsInvitation(b)
	}), nil
}

// changedRecipients gives the users of those recipients who are new or whose state differs.
func changedRecipients(c mapper.Change[*v1alpha1.Invitation], differs func(a, b *v1alpha1.OnboardingStatus) bool,
) []types.NamespacedName {
	old := make(map[string]*v1alpha1.OnboardingStatus, len(c.Before.Status.Recipients))
	for n := range c.Before.Status.Recipients {
		recipient := &c.Before.Status.Recipients[n]
		old[recipient.User] = &recipient.OnboardingStatus
	}
	var keys []types.NamespacedName
	for n := range c.After.Status.Recipients {
		recipient := &c.After.Status.Recipients[n]
		before, known := old[recipient.User]
		if recipient.User != "" && (!known || differs(before, &recipient.OnboardingStatus)) {
			keys = append(keys, types.NamespacedName{Namespace: c.After.Namespace, Name: recipient.User})
		}
	}
	return keys
}

// ofBinding: what somebody does to a binding of Usher's is set right.
func (r *Reconciler) ofBinding(_ context.Context, c mapper.Change[*rbacv1.RoleBinding]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, b := range []*rbacv1.RoleBinding{c.Before, c.After} {
		if b != nil && b.Labels[v1alpha1.LabelUser] != "" {
			keys = append(keys, types.NamespacedName{
				Namespace: b.Labels[v1alpha1.LabelOrganization], Name: b.Labels[v1alpha1.LabelUser],
			})
		}
	}
	return keys, nil
}
