// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/invitation"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/policy"
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
		Watches(&v1alpha1.Organization{}, onChange(r.ofOrganization)).
		Watches(&v1alpha1.OrgUser{}, onChange(r.ofUser)).
		Complete(reconcile.AsReconciler(d.Client, r))
}

func (r *invitationReconciler) ofOrganization(ctx context.Context, c change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.created() {
		return nil, nil
	}
	return keysOf(r.lookup().Invitations(ctx, c.newest().Namespace))
}

// ofUser: a user's coming, going and acceptance concern the Invitations of that address.
func (r *invitationReconciler) ofUser(ctx context.Context, c change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !c.created() && !c.deleted() && c.before.Status.State == c.after.Status.State {
		return nil, nil
	}
	user := c.newest()
	keys, err := keysOf(r.lookup().InvitationsByEmail(ctx, user.Namespace, string(user.Spec.Email)))
	if name := user.Labels[v1alpha1.LabelInvitation]; name != "" {
		keys = append(keys, types.NamespacedName{Namespace: user.Namespace, Name: name})
	}
	return keys, err
}

// Reconcile moves an Invitation's recipients on. A move and the mail that it calls for are written first; the mail is
// sent in the pass after that, from what is written.
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
	addresses, err := invitation.ParseAddresses(i.Spec.Emails)
	if err != nil {
		status.Stalled(i, v1alpha1.ReasonInvalidAddress, "spec.emails: "+err.Error())
		_, err := status.Write(ctx, r.Client, before, i)
		return settled(ctrl.Result{}, err)
	}
	moved, err := r.moveAll(ctx, i, o, addresses)
	if err != nil {
		return settled(ctrl.Result{}, err)
	}
	if !moved {
		if delivered, err := r.deliver(ctx, i, o); delivered || err != nil {
			return settled(ctrl.Result{}, err)
		}
	}
	concludeInvitation(i)
	if _, err := status.Write(ctx, r.Client, before, i); err != nil {
		return settled(ctrl.Result{}, err)
	}
	return ctrl.Result{RequeueAfter: r.wait(i)}, nil
}

// wait gives how long until time alone moves a recipient.
func (r *invitationReconciler) wait(i *v1alpha1.Invitation) time.Duration {
	wait := r.settling(i)
	for n := range i.Status.Recipients {
		wait = sooner(wait, invitation.Wait(&i.Status.Recipients[n].OnboardingStatus, r.Now()))
	}
	return wait
}

// settling gives how long what was declared together with the Invitation still has to arrive.
func (r *invitationReconciler) settling(i *v1alpha1.Invitation) time.Duration {
	return max(r.SettleDelay-r.Now().Sub(i.CreationTimestamp.Time), 0)
}

// deliveryBatch is how many mails go out before what came of them is written: an operator that dies in between sends no
// more than those again.
const deliveryBatch = 10

// deliver sends the mails that written states call for. It gives true when the pass ends here: mails were tried, or the
// cache is behind what is written.
func (r *invitationReconciler) deliver(ctx context.Context, i *v1alpha1.Invitation, o *v1alpha1.Organization) (bool, error) {
	due := r.due(i)
	if len(due) == 0 {
		return false, nil
	}
	due = due[:min(len(due), deliveryBatch)]
	if behind, err := r.behind(ctx, i, &v1alpha1.Invitation{}); behind || err != nil {
		return true, err
	}
	inviter, err := r.lookup().InviterTitle(ctx, i.Namespace, i.Spec.InvitedBy)
	if err != nil {
		return false, err
	}
	deliveries := map[v1alpha1.EmailAddress]invitation.Delivery{}
	for _, recipient := range due {
		deliveries[recipient.Email] = r.send(ctx, r.letterTo(ctx, i, o, recipient, inviter))
		if ctx.Err() != nil {
			break // told to stop: record what is out, the rest is sent by the next leader
		}
	}
	return true, r.record(ctx, i, deliveries)
}

func (r *invitationReconciler) due(i *v1alpha1.Invitation) []*v1alpha1.RecipientStatus {
	var due []*v1alpha1.RecipientStatus
	for n := range i.Status.Recipients {
		if recipient := &i.Status.Recipients[n]; invitation.Due(&recipient.OnboardingStatus, r.Now()) {
			due = append(due, recipient)
		}
	}
	return due
}

// record writes what came of the mails, whatever the portal writes at the same time.
func (r *invitationReconciler) record(ctx context.Context, i *v1alpha1.Invitation,
	deliveries map[v1alpha1.EmailAddress]invitation.Delivery,
) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	generation := i.Generation
	return status.Amend(ctx, r.Live, r.Client, i, func() error {
		for n := range i.Status.Recipients {
			recipient := &i.Status.Recipients[n]
			if delivery, tried := deliveries[recipient.Email]; tried {
				invitation.Record(&recipient.OnboardingStatus, delivery, r.Now())
			}
		}
		if i.Generation == generation {
			concludeInvitation(i)
		}
		return nil
	})
}

func (r *invitationReconciler) letterTo(ctx context.Context, i *v1alpha1.Invitation, o *v1alpha1.Organization,
	recipient *v1alpha1.RecipientStatus, inviter string,
) letter {
	l := newLetter(o, i.UID, string(recipient.Email), &recipient.OnboardingStatus)
	if l.content.Language == "" {
		l.content.Language = policy.LanguageOf(o, i.Spec.Language)
	}
	l.content.Inviter = inviter
	l.tellRole(i.Spec.Role, l.email)
	l.content.Message = i.Spec.Message
	for _, grant := range i.Spec.Workspaces {
		l.content.Workspaces = append(l.content.Workspaces, r.lookup().WorkspaceTitle(ctx, i.Namespace, grant.Name))
	}
	return l
}

// concludeInvitation counts the recipients and says how the Invitation stands.
func concludeInvitation(i *v1alpha1.Invitation) {
	var pending, active, failed, queued int32
	var undeliverable []string
	for n := range i.Status.Recipients {
		recipient := &i.Status.Recipients[n]
		if invitation.Queued(&recipient.OnboardingStatus) || recipient.State == v1alpha1.RecipientPending {
			queued++
		}
		switch {
		case recipient.State == v1alpha1.RecipientActive:
			active++
		case invitation.Open(recipient.State):
			pending++
		default:
			failed++
		}
		if recipient.State == v1alpha1.RecipientUndeliverable {
			undeliverable = append(undeliverable, string(recipient.Email))
		}
	}
	total := number(len(i.Status.Recipients))
	i.Status.Summary = v1alpha1.InvitationSummary{Total: total, Pending: &pending, Active: &active, Failed: &failed}
	switch {
	case queued > 0:
		status.Progressing(i, v1alpha1.ReasonAwaitingMail, fmt.Sprintf("%d mails are about to be sent", queued))
	case len(undeliverable) > 0:
		status.Stalled(i, v1alpha1.ReasonUndeliverable, fmt.Sprintf(
			"the mail server refuses these addresses: %v. Correct spec.emails, or send again with the annotation %s",
			undeliverable, v1alpha1.AnnotationResend))
	default:
		status.Ready(i, v1alpha1.ReasonReady, fmt.Sprintf("%d of %d have accepted", active, *total))
	}
	i.Status.ObservedGeneration = i.Generation
}

// remove revokes what is not accepted, and lets the Invitation go once every acceptance has reached its user.
func (r *invitationReconciler) remove(ctx context.Context, i *v1alpha1.Invitation) error {
	if !slices.Contains(i.Finalizers, v1alpha1.Finalizer) {
		return nil
	}
	users, err := r.lookup().UsersByInvitation(ctx, i.Namespace, i.Name)
	if err != nil {
		return err
	}
	waiting := false
	for _, u := range users {
		recipient := lookup.Recipient(i, string(u.Spec.Email))
		switch {
		case isAccepted(u):
		case recipient != nil && recipient.State == v1alpha1.RecipientActive && u.DeletionTimestamp.IsZero():
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
	return client.IgnoreNotFound(r.Client.Delete(ctx, u, client.Preconditions{UID: ptr.To(u.UID)}))
}
