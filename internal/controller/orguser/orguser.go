// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=orgusers,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=orgusers/status,verbs=patch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups="",resources=events,verbs=create;patch

// orgUserReconciler moves a person's wishes into force and gives the access that follows from it.
type Reconciler struct {
	client     client.Client
	cache      lookup.Reader
	api        lookup.APIReader
	bindings   rolebinding.Writer
	recorder   events.EventRecorder
	mailDomain string
	now        func() time.Time
}

// New returns the reconciler. MailDomain is the right side of Message-IDs.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder, mailDomain string,
	now func() time.Time,
) *Reconciler {
	return &Reconciler{
		client: c, cache: cache, api: api, bindings: rolebinding.NewWriter(c, api), recorder: recorder, mailDomain: mailDomain,
		now: now,
	}
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
		Watches(&rbacv1.RoleBinding{}, mapper.OnChange(r.usersForRoleBinding)).
		WatchesMetadata(&rbacv1.ClusterRole{}, mapper.OnChange(r.usersForClusterRole)).
		Complete(rolebinding.AsReconciler(r.client, r.bindings, r, r.orphans))
}

// Reconcile brings one OrgUser into force. What is in force is written first; access follows from what is written; and
// only then is the user Ready.
func (r *Reconciler) Reconcile(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	if !u.DeletionTimestamp.IsZero() && !slices.Contains(u.Finalizers, v1alpha1.Finalizer) {
		return ctrl.Result{}, nil
	}
	if u.DeletionTimestamp.IsZero() {
		if err := object.EnsureFinalizer(ctx, r.client, u); err != nil {
			return requeue.IgnoreConflict(ctrl.Result{}, err)
		}
	}
	before := u.DeepCopy()
	facts, err := r.cache.UserFacts(ctx, u)
	if err != nil {
		return ctrl.Result{}, err
	}
	if yields(facts) {
		return requeue.IgnoreConflict(ctrl.Result{}, client.IgnoreNotFound(r.client.Delete(ctx, u, client.Preconditions{UID: &u.UID})))
	}
	wait := r.onboard(&facts)
	return r.bringAbout(ctx, before, facts, wait)
}

// yields: a user that Usher made by itself goes when somebody has declared one with that address.
func yields(f effective.UserFacts) bool {
	return f.Elder != "" && effective.Yields(f.User) && f.User.DeletionTimestamp.IsZero()
}

// describe writes what is in force into the status.
func (r *Reconciler) describe(f effective.UserFacts, in effective.InForce) {
	s := &f.User.Status
	s.State, s.Role, s.Username = in.State, in.Role, in.Username
	s.Workspaces, s.Modules = in.Workspaces, in.Modules
	if f.Onboarding != nil && f.Onboarding.Registration != nil && in.Accepted {
		s.Registration = f.Onboarding.Registration.DeepCopy()
	}
	s.DisplayName = effective.DisplayNameOf(f.User, s.Registration)
	switch {
	case !in.Accepted || in.State == v1alpha1.UserPending && s.LastActive == "":
		s.LastActive = v1alpha1.LastActivePending
	case in.State == v1alpha1.UserPending:
	case s.LastActive == "" || s.LastActive == v1alpha1.LastActivePending:
		s.LastActive = r.acceptedAt(f).UTC().Format(time.RFC3339)
	}
	reason, message := v1alpha1.ReasonAwaitingAcceptance, "the person has not accepted yet"
	switch {
	case in.Accepted:
		reason, message = v1alpha1.ReasonAccepted, "the person has accepted"
	case effective.IsLimited(f.User):
		reason, message = v1alpha1.ReasonLimited, "a Limited account is not invited"
	}
	status.Set(f.User, v1alpha1.ConditionAccepted, in.Accepted, reason, message)
}

func (r *Reconciler) acceptedAt(f effective.UserFacts) time.Time {
	if f.Onboarding != nil && f.Onboarding.AcceptanceTime != nil {
		return f.Onboarding.AcceptanceTime.Time
	}
	return r.now()
}

// letGo removes the finalizer of a removed user, once the access is gone and the ledger no longer names the user.
func (r *Reconciler) letGo(ctx context.Context, u *v1alpha1.OrgUser) error {
	listed, err := r.listed(ctx, u)
	if listed || err != nil {
		return err // the next change of the ledger brings the next pass
	}
	if err := r.bindings.DeleteMatching(ctx, rolebinding.OfUser(u)); err != nil {
		return err
	}
	return object.RemoveFinalizer(ctx, r.client, u)
}

// listed tells whether the ledger, read past the cache, holds a user as an administrator.
func (r *Reconciler) listed(ctx context.Context, u *v1alpha1.OrgUser) (bool, error) {
	o, err := r.api.Organization(ctx, u.Namespace)
	return err == nil && effective.InLedger(o, u), err
}

// write writes the status, and tells of what changed once it is written.
func (r *Reconciler) write(ctx context.Context, before, after *v1alpha1.OrgUser) error {
	wrote, err := status.Write(ctx, r.client, before, after)
	if err != nil || !wrote {
		return err
	}
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case isStalled(after) && !isStalled(before):
		r.recorder.Eventf(after, nil, corev1.EventTypeWarning, ready.Reason, "Reconcile", "%s", ready.Message)
	case before.Status.State != after.Status.State && isStanding(after.Status.State):
		r.recorder.Eventf(after, nil, corev1.EventTypeNormal, string(after.Status.State), "Reconcile",
			"%s is %s", after.Spec.Email, after.Status.State)
	}
	return nil
}

// isStanding: of the states, these are worth an event. Nobody reads the events of an object that goes.
func isStanding(state v1alpha1.UserState) bool {
	return state == v1alpha1.UserActive || state == v1alpha1.UserSuspended
}

func isStalled(u *v1alpha1.OrgUser) bool {
	return meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionStalled)
}

// conclusion says how the user stands.
func conclusion(f effective.UserFacts, in effective.InForce) {
	u := f.User
	switch {
	case in.Held:
		status.Stalled(u, v1alpha1.ReasonLastAdministrator, fmt.Sprintf(
			"stays an administrator: organization %q has no other one in force. Make somebody else OrganizationAdmin first",
			u.Namespace))
	case in.Leaving:
		status.Progressing(u, v1alpha1.ReasonAwaitingLedger, "waits to leave the organization's administrators")
	case in.State == v1alpha1.UserRemoving:
		status.Progressing(u, v1alpha1.ReasonRemoving, "access is taken back")
	case f.Organization == nil:
		status.Progressing(u, v1alpha1.ReasonOrganizationNotFound, wording.NoOrganization(u.Namespace))
	case f.Elder != "":
		addressTaken(u, f.Elder)
	case f.NameHolder != "":
		usernameTaken(u, f.NameHolder)
	case in.State == v1alpha1.UserPending:
		concludePending(f)
	case in.State == v1alpha1.UserSuspended:
		status.Ready(u, v1alpha1.ReasonSuspended, "suspended: listed, without access")
	case in.AwaitingLedger:
		status.Progressing(u, v1alpha1.ReasonAwaitingLedger, "waits to be entered among the organization's administrators")
	case effective.IsLimited(u):
		status.Ready(u, v1alpha1.ReasonLimited, "a Limited account: without role, access and seats. Made Full, the person gets them "+
			"as the spec says")
	case in.Unplaced:
		status.Stalled(u, v1alpha1.ReasonWorkspaceRequired, fmt.Sprintf(
			"organization %q requires a workspace of everybody, and no source gives this person one: name one in spec.workspaces, or "+
				"list the address or a group of the person in spec.members of a Workspace", u.Namespace))
	case len(in.AwaitingSeats) > 0:
		status.Progressing(u, v1alpha1.ReasonAwaitingSeat, fmt.Sprintf(
			"no seat is left of these modules: %v. The next one that is freed, or added to the subscription, is taken",
			in.AwaitingSeats))
	case len(in.Missing) > 0:
		status.Progressing(u, v1alpha1.ReasonWorkspacesMissing, fmt.Sprintf(
			"these workspaces do not exist or have no namespace yet: %v", in.Missing))
	default:
		status.Ready(u, v1alpha1.ReasonReady, "the spec is in force")
	}
}

// concludePending: Usher has done its part when the mail is out; the rest is the person's.
func concludePending(f effective.UserFacts) {
	switch o := f.Onboarding; {
	case onboarding.AwaitsInvitation(o):
		status.Progressing(f.User, v1alpha1.ReasonAwaitingMail, "the invitation is about to be sent")
	case onboarding.Open(o.State):
		status.Ready(f.User, v1alpha1.ReasonAwaitingAcceptance, "invited; waits for the person to accept")
	default:
		where := "the OrgUser"
		if name := f.User.Labels[v1alpha1.LabelInvitation]; name != "" {
			where = fmt.Sprintf("the Invitation %q", name)
		}
		status.Stalled(f.User, v1alpha1.ReasonNotInvited, fmt.Sprintf("the person cannot accept: the invitation is %s. Send again with "+
			"the annotation %s on %s, or take the address out", o.State, v1alpha1.AnnotationResend, where))
	}
}
