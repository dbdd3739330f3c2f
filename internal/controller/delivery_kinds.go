// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/policy"
)

// setupMail adds what sends the mails of both kinds that hold some. They share one pace.
func setupMail(mgr ctrl.Manager, d Dependencies) error {
	p := &post{Dependencies: d, pace: newPace(d.MailRate)}
	options := controller.Options{MaxConcurrentReconciles: deliveryWorkers}
	err := ctrl.NewControllerManagedBy(mgr).Named("invitation-mail").For(&v1alpha1.Invitation{}).WithOptions(options).
		Complete(reconcile.AsReconciler(d.Client, &invitationMail{p}))
	if err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).Named("orguser-mail").For(&v1alpha1.OrgUser{}).WithOptions(options).
		Complete(reconcile.AsReconciler(d.Client, &orgUserMail{p}))
}

// invitationMail sends the mails that the recipients of an Invitation are to get.
type invitationMail struct{ *post }

// Reconcile sends what is due.
func (m *invitationMail) Reconcile(ctx context.Context, i *v1alpha1.Invitation) (ctrl.Result, error) {
	var o *v1alpha1.Organization
	var inviter string
	authorized, before := true, i.DeepCopy()
	result, err := m.deliver(ctx, sheet{
		object:   i,
		people:   func() []person { return recipientsOf(i) },
		conclude: func() { concludeInvitation(i, authorized) },
		prepare: func(ctx context.Context) (ok bool, err error) {
			before = i.DeepCopy() // the live state: what was said up to it is told already
			if o, err = m.lookup().Organization(ctx, i.Namespace); err != nil || o == nil || !o.DeletionTimestamp.IsZero() {
				return false, err
			}
			if inviter, err = m.lookup().InviterTitle(ctx, i.Namespace, i.Spec.InvitedBy); err != nil {
				return false, err
			}
			authorized, err = m.authorized(ctx, i)
			return true, err
		},
		write: func(ctx context.Context, p person) letter { return m.letterTo(ctx, i, o, p, inviter) },
	})
	if err == nil {
		m.tell(before, i)
	}
	return result, err
}

// recipientsOf gives nobody while the newest spec is not worked in: it may take somebody out.
func recipientsOf(i *v1alpha1.Invitation) []person {
	if i.Status.ObservedGeneration != i.Generation {
		return nil
	}
	people := make([]person, 0, len(i.Status.Recipients))
	for n := range i.Status.Recipients {
		r := &i.Status.Recipients[n]
		people = append(people, person{string(r.Email), r.User, &r.OnboardingStatus})
	}
	return people
}

func (m *invitationMail) letterTo(ctx context.Context, i *v1alpha1.Invitation, o *v1alpha1.Organization, p person,
	inviter string,
) letter {
	l := newLetter(o, i.UID, p.email, p.status)
	if l.content.Language == "" {
		l.content.Language = policy.LanguageOf(o, i.Spec.Language)
	}
	l.content.Inviter = inviter
	l.content.Recipient = m.nameOf(ctx, i.Namespace, p)
	l.tellRole(i.Spec.Role, l.email)
	l.content.Message = i.Spec.Message
	l.content.Workspaces = m.workspaceTitles(ctx, i.Namespace, i.Spec.Workspaces)
	return l
}

func (d Dependencies) workspaceTitles(ctx context.Context, namespace string, grants []v1alpha1.WorkspaceGrant) []string {
	var titles []string
	for _, grant := range grants {
		titles = append(titles, d.lookup().WorkspaceTitle(ctx, namespace, grant.Name))
	}
	return titles
}

// orgUserMail sends the mails of people who are declared without an Invitation.
type orgUserMail struct{ *post }

// Reconcile sends what is due.
func (m *orgUserMail) Reconcile(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	var f policy.UserFacts
	return m.deliver(ctx, sheet{
		object:   u,
		people:   func() []person { return ownerOf(u) },
		conclude: func() {},
		prepare: func(ctx context.Context) (ok bool, err error) {
			f, err = m.lookup().UserFacts(ctx, u)
			return f.Organization != nil && f.Elder == "", err
		},
		write: func(ctx context.Context, p person) letter { return m.letterTo(ctx, u, f.Organization, p) },
	})
}

func ownerOf(u *v1alpha1.OrgUser) []person {
	if !hostsOnboarding(u) || u.Status.Onboarding == nil || u.Status.ObservedGeneration != u.Generation {
		return nil
	}
	return []person{{string(u.Spec.Email), u.Name, u.Status.Onboarding}}
}

func (m *orgUserMail) letterTo(ctx context.Context, u *v1alpha1.OrgUser, o *v1alpha1.Organization, p person) letter {
	l := newLetter(o, u.UID, p.email, p.status)
	l.content.Language = policy.LanguageOf(o, v1alpha1.LanguageTag(l.content.Language))
	l.tellRole(u.Spec.Role, policy.UsernameOf(u))
	l.content.Recipient = policy.DisplayNameOf(u, p.status.Registration)
	l.content.Workspaces = m.workspaceTitles(ctx, u.Namespace, slices.Clone(u.Spec.Workspaces))
	return l
}
