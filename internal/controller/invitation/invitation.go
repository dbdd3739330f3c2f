// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=invitations,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=invitations/status,verbs=patch

// invitationReconciler takes the recipients of an Invitation from pending to active, by mail.
type Reconciler struct {
	client      client.Client
	cache       lookup.Reader
	api         lookup.APIReader
	recorder    events.EventRecorder
	mailDomain  string
	settleDelay time.Duration
	now         func() time.Time
}

// New returns the reconciler. MailDomain is the right side of Message-IDs; settleDelay is how long an Invitation's inviter and
// workspaces, declared together with it, have to arrive before its mail goes out.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder, mailDomain string,
	settleDelay time.Duration, now func() time.Time,
) *Reconciler {
	return &Reconciler{
		client: c, cache: cache, api: api, recorder: recorder, mailDomain: mailDomain, settleDelay: settleDelay, now: now,
	}
}

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("invitation").
		For(&v1alpha1.Invitation{}).
		WithOptions(requeue.Concurrently).
		Watches(&v1alpha1.Organization{}, mapper.OnChange(r.ofOrganization)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChange(r.ofUser)).
		Complete(reconcile.AsReconciler(r.client, r))
}

func (r *Reconciler) ofOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.Created() && (c.Deleted() || slices.Equal(c.Before.Spec.Delegates, c.After.Spec.Delegates)) {
		return nil, nil
	}
	return mapper.KeysOf(r.cache.Invitations(ctx, c.Newest().Namespace))
}

// ofUser: when a user appears, goes or accepts, the Invitations of that address are concerned; when a user's role changes,
// those that the user has sent.
func (r *Reconciler) ofUser(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && c.Before.Status.State == c.After.Status.State &&
		c.Before.Status.Role == c.After.Status.Role {
		return nil, nil
	}
	user := c.Newest()
	keys, err := mapper.KeysOf(r.cache.InvitationsByEmail(ctx, user.Namespace, string(user.Spec.Email)))
	if name := user.Labels[v1alpha1.LabelInvitation]; name != "" {
		keys = append(keys, types.NamespacedName{Namespace: user.Namespace, Name: name})
	}
	if err != nil || user.Status.Username == "" {
		return keys, err
	}
	theirs, err := mapper.KeysOf(r.cache.InvitationsByInviter(ctx, user.Namespace, user.Status.Username))
	return append(keys, theirs...), err
}

// Reconcile moves an Invitation's recipients on. It writes a move and the mail that it calls for; the mail is sent by
// invitationMail, from what is written.
func (r *Reconciler) Reconcile(ctx context.Context, i *v1alpha1.Invitation) (ctrl.Result, error) {
	if !i.DeletionTimestamp.IsZero() {
		return requeue.IgnoreConflict(ctrl.Result{}, r.remove(ctx, i))
	}
	if err := object.EnsureFinalizer(ctx, r.client, i); err != nil {
		return requeue.IgnoreConflict(ctrl.Result{}, err)
	}
	before := i.DeepCopy()
	o, err := r.cache.Organization(ctx, i.Namespace)
	if err != nil {
		return ctrl.Result{}, err
	}
	if o == nil || !o.DeletionTimestamp.IsZero() {
		status.Progressing(i, v1alpha1.ReasonOrganizationNotFound, wording.NoOrganization(i.Namespace))
		_, err := status.Write(ctx, r.client, before, i)
		return requeue.IgnoreConflict(ctrl.Result{}, err)
	}
	people, err := emailaddr.ParseList(i.Spec.Emails)
	if err != nil {
		status.Stalled(i, v1alpha1.ReasonInvalidAddress, "spec.emails: "+err.Error())
		return requeue.IgnoreConflict(ctrl.Result{}, writeInvitation(ctx, r.client, r.recorder, before, i))
	}
	authorized, err := r.moveAll(ctx, i, o, people)
	if err != nil {
		return requeue.IgnoreConflict(ctrl.Result{}, err)
	}
	concludeInvitation(i, authorized)
	if err := writeInvitation(ctx, r.client, r.recorder, before, i); err != nil {
		return requeue.IgnoreConflict(ctrl.Result{}, err)
	}
	return ctrl.Result{RequeueAfter: r.wait(i)}, nil
}

// wait gives how long until time alone moves a recipient.
func (r *Reconciler) wait(i *v1alpha1.Invitation) time.Duration {
	wait := r.settling(i)
	for n := range i.Status.Recipients {
		wait = attempt.Lowest(wait, onboarding.Wait(&i.Status.Recipients[n].OnboardingStatus, r.now()))
	}
	return wait
}

// settling gives how long what was declared together with the Invitation still has to arrive.
func (r *Reconciler) settling(i *v1alpha1.Invitation) time.Duration {
	return max(r.settleDelay-r.now().Sub(i.CreationTimestamp.Time), 0)
}

// remove revokes what is not accepted, and lets the Invitation go once every acceptance has reached its user.
func (r *Reconciler) remove(ctx context.Context, i *v1alpha1.Invitation) error {
	if !slices.Contains(i.Finalizers, v1alpha1.Finalizer) {
		return nil
	}
	var users v1alpha1.OrgUserList // read past the cache: nobody looks again for one that it does not know yet
	ours := client.MatchingLabels{v1alpha1.LabelInvitation: i.Name}
	if err := r.api.List(ctx, &users, client.InNamespace(i.Namespace), ours); err != nil {
		return err
	}
	waiting, places := false, lookup.RecipientIndex(i)
	for n := range users.Items {
		u := &users.Items[n]
		place, listed := places[emailaddr.Normalize(string(u.Spec.Email))]
		switch {
		case stays(u):
		case listed && i.Status.Recipients[place].State == v1alpha1.RecipientActive && u.DeletionTimestamp.IsZero():
			waiting = true
		default:
			if err := r.removeUser(ctx, u); err != nil {
				return err
			}
		}
	}
	if waiting {
		return nil // the user's acceptance brings the next pass
	}
	return object.RemoveFinalizer(ctx, r.client, i)
}

func (r *Reconciler) removeUser(ctx context.Context, u *v1alpha1.OrgUser) error {
	if !u.DeletionTimestamp.IsZero() {
		return nil
	}
	return client.IgnoreNotFound(r.client.Delete(ctx, u, client.Preconditions{UID: new(u.UID)}))
}
