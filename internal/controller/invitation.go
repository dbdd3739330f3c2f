// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=invitations,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=invitations/status,verbs=patch

// invitationReconciler takes the recipients of an Invitation from pending to active, by mail.
type invitationReconciler struct{ Dependencies }

func setupInvitation(mgr ctrl.Manager, d Dependencies) error {
	r := &invitationReconciler{d}
	return ctrl.NewControllerManagedBy(mgr).
		Named("invitation").
		For(&v1alpha1.Invitation{}).
		WithOptions(concurrently).
		Watches(&v1alpha1.Organization{}, onChange(r.ofOrganization)).
		Watches(&v1alpha1.OrgUser{}, onChange(r.ofUser)).
		Complete(reconcile.AsReconciler(d.Client, r))
}

func (r *invitationReconciler) ofOrganization(ctx context.Context, c change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.created() && (c.deleted() || slices.Equal(c.before.Spec.Delegates, c.after.Spec.Delegates)) {
		return nil, nil
	}
	return keysOf(r.lookup().Invitations(ctx, c.newest().Namespace))
}

// ofUser: when a user appears, goes or accepts, the Invitations of that address are concerned; when a user's role changes,
// those that the user has sent.
func (r *invitationReconciler) ofUser(ctx context.Context, c change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !c.created() && !c.deleted() && c.before.Status.State == c.after.Status.State &&
		c.before.Status.Role == c.after.Status.Role {
		return nil, nil
	}
	user := c.newest()
	keys, err := keysOf(r.lookup().InvitationsByEmail(ctx, user.Namespace, string(user.Spec.Email)))
	if name := user.Labels[v1alpha1.LabelInvitation]; name != "" {
		keys = append(keys, types.NamespacedName{Namespace: user.Namespace, Name: name})
	}
	if err != nil || user.Status.Username == "" {
		return keys, err
	}
	theirs, err := keysOf(r.lookup().InvitationsByInviter(ctx, user.Namespace, user.Status.Username))
	return append(keys, theirs...), err
}

// Reconcile moves an Invitation's recipients on. It writes a move and the mail that it calls for; the mail is sent by
// invitationMail, from what is written.
func (r *invitationReconciler) Reconcile(ctx context.Context, i *v1alpha1.Invitation) (ctrl.Result, error) {
	if !i.DeletionTimestamp.IsZero() {
		return settled(ctrl.Result{}, r.remove(ctx, i))
	}
	if err := r.ensureFinalizer(ctx, i); err != nil {
		return settled(ctrl.Result{}, err)
	}
	before := i.DeepCopy()
	o, err := r.lookup().Organization(ctx, i.Namespace)
	if err != nil {
		return ctrl.Result{}, err
	}
	if o == nil || !o.DeletionTimestamp.IsZero() {
		status.Progressing(i, v1alpha1.ReasonOrganizationNotFound, noOrganization(i.Namespace))
		_, err := status.Write(ctx, r.Client, before, i)
		return settled(ctrl.Result{}, err)
	}
	people, err := emailaddr.ParseList(i.Spec.Emails)
	if err != nil {
		status.Stalled(i, v1alpha1.ReasonInvalidAddress, "spec.emails: "+err.Error())
		return settled(ctrl.Result{}, r.writeInvitation(ctx, before, i))
	}
	authorized, err := r.moveAll(ctx, i, o, people)
	if err != nil {
		return settled(ctrl.Result{}, err)
	}
	concludeInvitation(i, authorized)
	if err := r.writeInvitation(ctx, before, i); err != nil {
		return settled(ctrl.Result{}, err)
	}
	return ctrl.Result{RequeueAfter: r.wait(i)}, nil
}

// wait gives how long until time alone moves a recipient.
func (r *invitationReconciler) wait(i *v1alpha1.Invitation) time.Duration {
	wait := r.settling(i)
	for n := range i.Status.Recipients {
		wait = sooner(wait, onboarding.Wait(&i.Status.Recipients[n].OnboardingStatus, r.Now()))
	}
	return wait
}

// settling gives how long what was declared together with the Invitation still has to arrive.
func (r *invitationReconciler) settling(i *v1alpha1.Invitation) time.Duration {
	return max(r.SettleDelay-r.Now().Sub(i.CreationTimestamp.Time), 0)
}

// remove revokes what is not accepted, and lets the Invitation go once every acceptance has reached its user.
func (r *invitationReconciler) remove(ctx context.Context, i *v1alpha1.Invitation) error {
	if !slices.Contains(i.Finalizers, v1alpha1.Finalizer) {
		return nil
	}
	var users v1alpha1.OrgUserList // read past the cache: nobody looks again for one that it does not know yet
	ours := client.MatchingLabels{v1alpha1.LabelInvitation: i.Name}
	if err := r.Live.List(ctx, &users, client.InNamespace(i.Namespace), ours); err != nil {
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
	return r.removeFinalizer(ctx, i)
}

func (r *invitationReconciler) removeUser(ctx context.Context, u *v1alpha1.OrgUser) error {
	if !u.DeletionTimestamp.IsZero() {
		return nil
	}
	return client.IgnoreNotFound(r.Client.Delete(ctx, u, client.Preconditions{UID: new(u.UID)}))
}
