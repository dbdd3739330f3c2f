// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// setupMail adds what sends the mails of all kinds that hold some. They share one pace.
func setupMail(mgr ctrl.Manager, d Dependencies) error {
	p := &dispatcher{Dependencies: d, pace: newPace(d.MailRate)}
	options := controller.Options{MaxConcurrentReconciles: deliveryWorkers}
	err := ctrl.NewControllerManagedBy(mgr).Named("invitation-mail").For(&v1alpha1.Invitation{}).WithOptions(options).
		Complete(reconcile.AsReconciler(d.Client, &invitationMail{p}))
	if err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(mgr).Named("orguser-mail").For(&v1alpha1.OrgUser{}).WithOptions(options).
		Complete(reconcile.AsReconciler(d.Client, &orgUserMail{p}))
	if err != nil {
		return err
	}
	if err := setupNotices(mgr, p); err != nil {
		return err
	}
	return setupQuestions(mgr, p)
}

// invitationMail sends the mails that the recipients of an Invitation are to get.
type invitationMail struct{ *dispatcher }

// Reconcile sends what is due.
func (m *invitationMail) Reconcile(ctx context.Context, i *v1alpha1.Invitation) (ctrl.Result, error) {
	var about invitationContext
	authorized, before := true, i.DeepCopy()
	result, err := deliver(ctx, m.dispatcher, outbox[onboardingMessage]{
		object:   i,
		messages: func() []onboardingMessage { return recipientsOf(i) },
		conclude: func() { concludeInvitation(i, authorized) },
		prepare: func(ctx context.Context) (ok bool, err error) {
			before = i.DeepCopy() // the live state: what was said up to it is told already
			if about, err = m.contextOf(ctx, i); err != nil || about.organization == nil {
				return false, err
			}
			authorized, err = m.authorized(ctx, i)
			return true, err
		},
		write: func(ctx context.Context, p onboardingMessage) sendFunc { return m.sending(m.draftTo(ctx, i, about, p)) },
	})
	if err == nil {
		m.tell(before, i)
	}
	return result, err
}

// recipientsOf gives nobody while the newest spec is not worked in: it may take somebody out.
func recipientsOf(i *v1alpha1.Invitation) []onboardingMessage {
	if i.Status.ObservedGeneration != i.Generation {
		return nil
	}
	people := make([]onboardingMessage, 0, len(i.Status.Recipients))
	for n := range i.Status.Recipients {
		r := &i.Status.Recipients[n]
		people = append(people, onboardingMessage{string(r.Email), r.User, &r.OnboardingStatus})
	}
	return people
}

// invitationContext is what all mails of an Invitation have in common.
type invitationContext struct {
	organization *v1alpha1.Organization // nil: there is none to invite to
	inviter      string
	workspaces   []*v1alpha1.Workspace
}

func (m *invitationMail) contextOf(ctx context.Context, i *v1alpha1.Invitation) (about invitationContext, err error) {
	o, err := m.lookup().Organization(ctx, i.Namespace)
	if err != nil || o == nil || !o.DeletionTimestamp.IsZero() {
		return about, err
	}
	about.organization = o
	if about.inviter, err = m.lookup().InviterTitle(ctx, i.Namespace, i.Spec.InvitedBy); err != nil {
		return about, err
	}
	about.workspaces, err = m.lookup().WorkspacesNamed(ctx, i.Namespace, i.Spec.Workspaces)
	return about, err
}

func (m *invitationMail) draftTo(ctx context.Context, i *v1alpha1.Invitation, about invitationContext, p onboardingMessage) draft {
	l := newDraft(about.organization, i.UID, p.email, p.status)
	if l.content.Language == "" {
		l.content.Language = effective.LanguageOf(about.organization, i.Spec.Language, about.workspaces...)
	}
	l.content.Inviter = about.inviter
	l.content.Recipient = m.nameOf(ctx, i.Namespace, p)
	l.content.Message = i.Spec.Message
	if u := m.welcomed(ctx, i, p); u != nil {
		workspaces, _ := m.lookup().WorkspacesNamed(ctx, i.Namespace, u.Spec.Workspaces) // without them, their names stand for titles
		l.tellRole(u.Spec.Role, effective.UsernameOf(u))
		l.content.Workspaces = titles(u.Spec.Workspaces, workspaces)
		return l
	}
	l.tellRole(i.Spec.Role, l.email)
	l.content.Workspaces = titles(i.Spec.Workspaces, about.workspaces)
	return l
}

// welcomed gives the OrgUser of somebody whom a welcome goes to: what it has may be something else by then than what the
// Invitation gives (ORG-22). Nil: the mail is another one, or there is no OrgUser to be found.
func (m *invitationMail) welcomed(ctx context.Context, i *v1alpha1.Invitation, p onboardingMessage) *v1alpha1.OrgUser {
	if p.status.Mail == nil || p.status.Mail.Kind != v1alpha1.MailWelcome {
		return nil
	}
	u, err := m.lookup().User(ctx, i.Namespace, p.user)
	if err != nil {
		return nil
	}
	return u
}

// titles gives the names for people of the workspaces that are granted, whatever is known of them.
func titles(grants []v1alpha1.WorkspaceGrant, workspaces []*v1alpha1.Workspace) []string {
	var all []string
	for _, grant := range grants {
		title := string(grant.Name)
		for _, w := range workspaces {
			if w.Name == string(grant.Name) {
				title = effective.WorkspaceTitle(w)
			}
		}
		all = append(all, title)
	}
	return all
}

// orgUserMail sends the mails of people who are declared without an Invitation.
type orgUserMail struct{ *dispatcher }

// Reconcile sends what is due.
func (m *orgUserMail) Reconcile(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	var f effective.UserFacts
	var workspaces []*v1alpha1.Workspace
	return deliver(ctx, m.dispatcher, outbox[onboardingMessage]{
		object:   u,
		messages: func() []onboardingMessage { return ownerOf(u) },
		conclude: func() {},
		prepare: func(ctx context.Context) (ok bool, err error) {
			if f, err = m.lookup().UserFacts(ctx, u); err != nil {
				return false, err
			}
			workspaces, err = m.lookup().WorkspacesNamed(ctx, u.Namespace, u.Spec.Workspaces)
			return f.Organization != nil && f.Elder == "", err
		},
		write: func(_ context.Context, p onboardingMessage) sendFunc {
			return m.sending(draftToOwner(u, f.Organization, p, workspaces))
		},
	})
}

func ownerOf(u *v1alpha1.OrgUser) []onboardingMessage {
	if !hostsOnboarding(u) || u.Status.Onboarding == nil || u.Status.ObservedGeneration != u.Generation {
		return nil
	}
	return []onboardingMessage{{string(u.Spec.Email), u.Name, u.Status.Onboarding}}
}

func draftToOwner(u *v1alpha1.OrgUser, o *v1alpha1.Organization, p onboardingMessage, workspaces []*v1alpha1.Workspace) draft {
	l := newDraft(o, u.UID, p.email, p.status)
	l.content.Language = effective.LanguageOf(o, v1alpha1.LanguageTag(l.content.Language), workspaces...)
	l.tellRole(u.Spec.Role, effective.UsernameOf(u))
	l.content.Recipient = effective.DisplayNameOf(u, p.status.Registration)
	l.content.Workspaces = titles(u.Spec.Workspaces, workspaces)
	return l
}
