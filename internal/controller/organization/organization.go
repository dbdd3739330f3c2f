// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"maps"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/status"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=organizations,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=organizations/status,verbs=patch

// organizationReconciler keeps the ledger of administrators and the counts of an Organization, and invites its first
// administrator.
type Reconciler struct {
	client      client.Client
	cache       lookup.Reader
	api         lookup.APIReader
	bindings    rolebinding.Writer
	recorder    events.EventRecorder
	settleDelay time.Duration
	now         func() time.Time
}

// New returns the reconciler. SettleDelay is how long users who are declared together with an organization have to arrive before
// its primary administrator is invited.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder, settleDelay time.Duration,
	now func() time.Time,
) *Reconciler {
	return &Reconciler{
		client: c, cache: cache, api: api, bindings: rolebinding.NewWriter(c, api), recorder: recorder, settleDelay: settleDelay,
		now: now,
	}
}

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("organization").
		For(&v1alpha1.Organization{}, builder.WithPredicates(mapper.BeyondCounts(ledgersDiffer))).
		Watches(&v1alpha1.Organization{}, mapper.OnChangeAfter(mapper.CountDelay, mapper.Itself[*v1alpha1.Organization])).
		WithOptions(requeue.Concurrently).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChange(r.ofAdministrator)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChange(r.ofAssignee)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeAfter(mapper.CountDelay, r.ofUser)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChangeAfter(mapper.CountDelay, r.ofWorkspace)).
		Watches(&v1alpha1.Invitation{}, mapper.OnChange(r.ofInvitation)).
		Watches(&rbacv1.RoleBinding{}, mapper.OnChange(r.ofBinding)).
		Watches(&rbacv1.Role{}, mapper.OnChange(r.ofRole)).
		WatchesMetadata(&rbacv1.ClusterRole{}, mapper.OnChange(r.ofClusterRole)).
		Complete(rolebinding.AsReconciler(r.client, r.bindings, r, r.orphans))
}

// ledgersDiffer: the next step of a ledger does not wait.
func ledgersDiffer(before, after *v1alpha1.Organization) bool {
	return !slices.Equal(before.Status.Administrators, after.Status.Administrators) ||
		len(mapper.Difference(seats(before), seats(after))) > 0
}

// seats names every seat, who has it and who leaves it.
func seats(o *v1alpha1.Organization) []string {
	names := effective.SeatHolders(o)
	for _, m := range o.Status.Modules {
		for _, leaving := range m.Leaving {
			names = append(names, m.Name+"/leaving/"+leaving)
		}
	}
	return names
}

// ofAdministrator: who is or wishes to be an administrator, or uses a module, concerns the ledgers at once.
func (r *Reconciler) ofAdministrator(_ context.Context, c mapper.Change[*v1alpha1.OrgUser],
) ([]types.NamespacedName, error) {
	for _, u := range []*v1alpha1.OrgUser{c.Before, c.After} {
		if u != nil && (u.Spec.Role == v1alpha1.RoleOrganizationAdmin || u.Status.Role == v1alpha1.RoleOrganizationAdmin ||
			len(u.Spec.Modules)+len(u.Status.Modules) > 0) {
			return []types.NamespacedName{mapper.OrganizationKey(u)}, nil
		}
	}
	return nil, nil
}

func (r *Reconciler) ofUser(_ context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}

func (r *Reconciler) ofWorkspace(_ context.Context, c mapper.Change[*v1alpha1.Workspace],
) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && (c.Before.Generation == c.After.Generation ||
		maps.Equal(groupsNamed(c.Before), groupsNamed(c.After))) {
		return nil, nil // only their number and the groups that they name count
	}
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}

// Reconcile brings one Organization's status up to date.
func (r *Reconciler) Reconcile(ctx context.Context, o *v1alpha1.Organization) (ctrl.Result, error) {
	if !o.DeletionTimestamp.IsZero() {
		return requeue.IgnoreConflict(ctrl.Result{}, r.remove(ctx, o))
	}
	if err := object.EnsureFinalizer(ctx, r.client, o); err != nil {
		return requeue.IgnoreConflict(ctrl.Result{}, err)
	}
	before := o.DeepCopy()
	if broken := authz.CheckContent(o); len(broken) > 0 && o.Name != o.Namespace {
		status.Stalled(o, v1alpha1.ReasonOrganizationMisnamed, broken[0].Message)
		_, err := status.Write(ctx, r.client, before, o)
		return requeue.IgnoreConflict(ctrl.Result{}, err)
	}
	users, err := r.cache.Users(ctx, o.Namespace)
	if err != nil {
		return ctrl.Result{}, err
	}
	workspaces, err := r.cache.Workspaces(ctx, o.Namespace)
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
		return requeue.IgnoreConflict(ctrl.Result{}, err)
	}
	held, retry, err := r.settleLedger(ctx, o, users)
	if err != nil {
		return ctrl.Result{}, err
	}
	if users, err = r.seatsSeen(ctx, o, users); err != nil {
		return ctrl.Result{}, err
	}
	states, err := r.cache.ClusterRoles(ctx, o)
	if err != nil {
		return ctrl.Result{}, err
	}
	count(o, users, workspaces)
	conclude(o, held, effective.ModuleProblems(o, states))
	if err = r.write(ctx, before, o); err == nil {
		err = r.settlePayment(ctx, o)
	}
	return requeue.IgnoreConflict(ctrl.Result{RequeueAfter: attempt.Lowest(wait, retry)}, err)
}

// bootstrap invites the primary administrator of an organization that has no user at all but Limited accounts. It gives how
// long to wait when it is too early for that.
func (r *Reconciler) bootstrap(ctx context.Context, o *v1alpha1.Organization, users []*v1alpha1.OrgUser,
) (time.Duration, error) {
	primary := o.Spec.PrimaryAdministrator
	if primary == nil || slices.ContainsFunc(users, isFull) {
		return 0, nil
	}
	if age := r.now().Sub(o.CreationTimestamp.Time); age < r.settleDelay {
		return r.settleDelay - age, nil
	}
	var existing v1alpha1.OrgUserList
	if err := r.api.List(ctx, &existing, client.InNamespace(o.Namespace), client.Limit(1),
		client.MatchingFields{"spec.access": string(v1alpha1.AccessFull)}); err != nil {
		return 0, err
	}
	if len(existing.Items) > 0 {
		return 0, nil
	}
	err := r.client.Create(ctx, &v1alpha1.OrgUser{
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
	}, object.FieldOwner)
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
