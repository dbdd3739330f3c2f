// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"maps"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/status"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=organizations,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=organizations/status,verbs=patch

// organizationReconciler keeps the ledger of administrators and the counts of an Organization, and invites its first
// administrator.
type organizationReconciler struct{ Dependencies }

func setupOrganization(mgr ctrl.Manager, d Dependencies) error {
	r := &organizationReconciler{d}
	return ctrl.NewControllerManagedBy(mgr).
		Named("organization").
		For(&v1alpha1.Organization{}, builder.WithPredicates(beyondCounts(ledgersDiffer))).
		Watches(&v1alpha1.Organization{}, onChangeAfter(countDelay, itself[*v1alpha1.Organization])).
		WithOptions(concurrently).
		Watches(&v1alpha1.OrgUser{}, onChange(r.ofAdministrator)).
		Watches(&v1alpha1.OrgUser{}, onChange(r.ofAssignee)).
		Watches(&v1alpha1.OrgUser{}, onChangeAfter(countDelay, r.ofUser)).
		Watches(&v1alpha1.Workspace{}, onChangeAfter(countDelay, r.ofWorkspace)).
		Watches(&v1alpha1.Invitation{}, onChange(r.ofInvitation)).
		Watches(&rbacv1.RoleBinding{}, onChange(r.ofBinding)).
		Watches(&rbacv1.Role{}, onChange(r.ofRole)).
		WatchesMetadata(&rbacv1.ClusterRole{}, onChange(r.ofClusterRole)).
		Complete(orLeftovers(d, r, r.leftovers))
}

// ledgersDiffer: the next step of a ledger does not wait.
func ledgersDiffer(before, after *v1alpha1.Organization) bool {
	return !slices.Equal(before.Status.Administrators, after.Status.Administrators) ||
		len(difference(seats(before), seats(after))) > 0
}

// seats names every seat, who has it and who leaves it.
func seats(o *v1alpha1.Organization) []string {
	names := seated(o)
	for _, m := range o.Status.Modules {
		for _, leaving := range m.Leaving {
			names = append(names, m.Name+"/leaving/"+leaving)
		}
	}
	return names
}

// ofAdministrator: who is or wishes to be an administrator, or uses a module, concerns the ledgers at once.
func (r *organizationReconciler) ofAdministrator(_ context.Context, c change[*v1alpha1.OrgUser],
) ([]types.NamespacedName, error) {
	for _, u := range []*v1alpha1.OrgUser{c.before, c.after} {
		if u != nil && (u.Spec.Role == v1alpha1.RoleOrganizationAdmin || u.Status.Role == v1alpha1.RoleOrganizationAdmin ||
			len(u.Spec.Modules)+len(u.Status.Modules) > 0) {
			return []types.NamespacedName{organizationKey(u)}, nil
		}
	}
	return nil, nil
}

func (r *organizationReconciler) ofUser(_ context.Context, c change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	return []types.NamespacedName{organizationKey(c.newest())}, nil
}

func (r *organizationReconciler) ofWorkspace(_ context.Context, c change[*v1alpha1.Workspace],
) ([]types.NamespacedName, error) {
	if !c.created() && !c.deleted() && (c.before.Generation == c.after.Generation ||
		maps.Equal(groupsNamed(c.before), groupsNamed(c.after))) {
		return nil, nil // only their number and the groups that they name count
	}
	return []types.NamespacedName{organizationKey(c.newest())}, nil
}

// Reconcile brings one Organization's status up to date.
func (r *organizationReconciler) Reconcile(ctx context.Context, o *v1alpha1.Organization) (ctrl.Result, error) {
	if !o.DeletionTimestamp.IsZero() {
		return settled(ctrl.Result{}, r.remove(ctx, o))
	}
	if err := r.ensureFinalizer(ctx, o); err != nil {
		return settled(ctrl.Result{}, err)
	}
	before := o.DeepCopy()
	if broken := authz.CheckContent(o); len(broken) > 0 && o.Name != o.Namespace {
		status.Stalled(o, v1alpha1.ReasonOrganizationMisnamed, broken[0].Message)
		_, err := status.Write(ctx, r.Client, before, o)
		return settled(ctrl.Result{}, err)
	}
	users, err := r.lookup().Users(ctx, o.Namespace)
	if err != nil {
		return ctrl.Result{}, err
	}
	workspaces, err := r.lookup().Workspaces(ctx, o.Namespace)
	if err != nil {
		return ctrl.Result{}, err
	}
	wait, err := r.bootstrap(ctx, o, users)
	if err != nil {
		return ctrl.Result{}, err
	}
	if err := r.describeContacts(ctx, o); err != nil {
		return ctrl.Result{}, err
	}
	if err := r.settleDelegates(ctx, o); err != nil {
		return settled(ctrl.Result{}, err)
	}
	held, retry, err := r.settleLedger(ctx, o, users)
	if err != nil {
		return ctrl.Result{}, err
	}
	if users, err = r.seatsSeen(ctx, o, users); err != nil {
		return ctrl.Result{}, err
	}
	states, err := r.lookup().ClusterRoles(ctx, o)
	if err != nil {
		return ctrl.Result{}, err
	}
	count(o, users, workspaces)
	conclude(o, held, effective.ModuleProblems(o, states))
	if err = r.write(ctx, before, o); err == nil {
		err = r.settlePayment(ctx, o)
	}
	return settled(ctrl.Result{RequeueAfter: sooner(wait, retry)}, err)
}

// bootstrap invites the primary administrator of an organization that has no user at all but Limited accounts. It gives how
// long to wait when it is too early for that.
func (r *organizationReconciler) bootstrap(ctx context.Context, o *v1alpha1.Organization, users []*v1alpha1.OrgUser,
) (time.Duration, error) {
	primary := o.Spec.PrimaryAdministrator
	if primary == nil || slices.ContainsFunc(users, isFull) {
		return 0, nil
	}
	if age := r.Now().Sub(o.CreationTimestamp.Time); age < r.SettleDelay {
		return r.SettleDelay - age, nil
	}
	var existing v1alpha1.OrgUserList
	if err := r.Live.List(ctx, &existing, client.InNamespace(o.Namespace), client.Limit(1),
		client.MatchingFields{"spec.access": string(v1alpha1.AccessFull)}); err != nil {
		return 0, err
	}
	if len(existing.Items) > 0 {
		return 0, nil
	}
	err := r.Client.Create(ctx, &v1alpha1.OrgUser{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:  o.Namespace,
			Name:       primaryName(string(primary.Email), users),
			Finalizers: []string{v1alpha1.Finalizer},
			Labels: map[string]string{
				v1alpha1.LabelBootstrap: "true",
				v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue,
			},
		},
		Spec: v1alpha1.OrgUserSpec{
			Email:       primary.Email,
			DisplayName: primary.Name,
			Phone:       primary.Phone,
			Role:        v1alpha1.RoleOrganizationAdmin,
			Onboarding:  v1alpha1.OnboardingInvite,
		},
	}, FieldOwner)
	if apierrors.IsAlreadyExists(err) {
		err = nil
	}
	return 0, err
}

func isFull(u *v1alpha1.OrgUser) bool { return !effective.IsLimited(u) }

// primaryName gives the object name of a primary administrator's user. That of the address may be a Limited account's.
func primaryName(email string, users []*v1alpha1.OrgUser) string {
	name := emailaddr.ObjectName(email)
	if slices.ContainsFunc(users, func(u *v1alpha1.OrgUser) bool { return u.Name == name }) {
		name += "-administrator"
	}
	return name
}
