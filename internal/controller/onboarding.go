// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/invitation"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/policy"
	"github.com/usher-operator/usher/internal/status"
)

// recordTimeout bounds the writing of a delivery, which goes on when the operator is told to stop: a mail that is out
// and not recorded would be sent again.
const recordTimeout = 20 * time.Second

// letter is all that a mail to one person is made of.
type letter struct {
	host       types.UID
	email      string
	onboarding *v1alpha1.OnboardingStatus
	content    mail.Content
}

// newLetter begins a letter from what the organization says.
func newLetter(o *v1alpha1.Organization, host types.UID, email string, onboarding *v1alpha1.OnboardingStatus) letter {
	content := mail.Content{
		Kind:         mail.Kind(onboarding.Mail.Kind),
		Organization: policy.OrganizationTitle(o),
		Location:     policy.LocationOf(o),
		Recipient:    invitation.DisplayName(email),
	}
	if onboarding.ExpirationTime != nil {
		content.Expires = onboarding.ExpirationTime.Time
	}
	if onboarding.Registration != nil {
		content.Recipient = string(onboarding.Registration.DisplayName)
		content.Language = string(onboarding.Registration.Language)
	}
	return letter{host: host, email: email, onboarding: onboarding, content: content}
}

// tellRole says what the person gets, and how to sign in where there is something to sign in to (NOV-7).
func (l *letter) tellRole(role v1alpha1.Role, username string) {
	l.content.Role = string(role)
	if role != v1alpha1.RoleNotificationsOnly {
		l.content.Username = username
	}
}

// send hands one mail to the mail server and gives what came of it. It goes on when the operator is told to stop.
func (d Dependencies) send(ctx context.Context, l letter) invitation.Delivery {
	delivery := invitation.Delivery{MessageID: l.onboarding.Mail.MessageID}
	if err := d.trySend(context.WithoutCancel(ctx), l); err != nil {
		delivery.Error, delivery.Permanent = err.Error(), mail.IsPermanent(err)
		log.FromContext(ctx).Info("a mail was not taken", "kind", l.content.Kind, "messageID", delivery.MessageID,
			"permanent", delivery.Permanent, "reason", delivery.Error)
	}
	return delivery
}

func (d Dependencies) trySend(ctx context.Context, l letter) error {
	var err error
	if l.content.URL, err = d.link(l); err != nil {
		return err
	}
	rendered, err := mail.Render(l.content)
	if err != nil {
		return fmt.Errorf("the mail cannot be written: %w", err)
	}
	return d.Mailer.Send(ctx, mail.Message{
		To: l.email, FromName: l.content.Organization, MessageID: l.onboarding.Mail.MessageID, Rendered: rendered,
	})
}

// link derives the link that a mail holds; a welcome leads to the portal itself.
func (d Dependencies) link(l letter) (string, error) {
	purpose, path := invitation.PurposeInvite, "/i/"
	switch l.onboarding.Mail.Kind {
	case v1alpha1.MailWelcome:
		return "", nil
	case v1alpha1.MailConfirmation:
		purpose, path = invitation.PurposeConfirm, "/c/"
	}
	token, err := d.Keys.Sign(purpose, l.host, l.email, l.onboarding.SendCount)
	return d.PortalURL + path + token, err
}

// onboard moves a person who is declared without an Invitation, and gives how long until time alone moves on.
func (r *orgUserReconciler) onboard(f *policy.UserFacts) time.Duration {
	u := f.User
	if !hostsOnboarding(u) || f.Organization == nil || f.Elder != "" {
		return 0
	}
	o := u.Status.Onboarding
	if isAccepted(u) {
		return invitation.Wait(o, r.Now()) // for a welcome that is to be tried again
	}
	if o == nil {
		o = &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientPending}
	}
	subject := r.subject(f.Organization, u.UID, string(u.Spec.Email))
	invitation.Apply(o, invitation.EventAdmit, subject)
	if invitation.Expired(o, subject.Now) {
		invitation.Apply(o, invitation.EventExpire, subject)
	}
	u.Status.Onboarding, f.Onboarding = o, o
	return invitation.Wait(o, subject.Now)
}

func (d Dependencies) subject(o *v1alpha1.Organization, host types.UID, email string) invitation.Subject {
	return invitation.Subject{
		UID: host, Email: email, Now: d.Now(), Validity: policy.ValidityOf(o), MailDomain: d.MailDomain,
	}
}

func hostsOnboarding(u *v1alpha1.OrgUser) bool {
	return u.Spec.Onboarding != v1alpha1.OnboardingNone && u.Labels[v1alpha1.LabelInvitation] == "" &&
		u.DeletionTimestamp.IsZero()
}

// deliverOwn sends the mail that a written state calls for, to a person who is declared without an Invitation. It gives
// true when the pass ends here: the mail was tried, or the cache is behind what is written.
func (r *orgUserReconciler) deliverOwn(ctx context.Context, f policy.UserFacts) (bool, error) {
	u := f.User
	if !hostsOnboarding(u) || f.Organization == nil || f.Elder != "" || !invitation.Due(u.Status.Onboarding, r.Now()) {
		return false, nil
	}
	if behind, err := r.behind(ctx, u, &v1alpha1.OrgUser{}); behind || err != nil {
		return true, err
	}
	l := newLetter(f.Organization, u.UID, string(u.Spec.Email), u.Status.Onboarding)
	l.content.Language = policy.LanguageOf(f.Organization, v1alpha1.LanguageTag(l.content.Language))
	l.tellRole(u.Spec.Role, policy.UsernameOf(u))
	l.content.Recipient = policy.DisplayNameOf(u, u.Status.Onboarding.Registration)
	for _, grant := range u.Spec.Workspaces {
		l.content.Workspaces = append(l.content.Workspaces, r.lookup().WorkspaceTitle(ctx, u.Namespace, grant.Name))
	}
	delivery := r.send(ctx, l)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return true, status.Amend(ctx, r.Live, r.Client, u, func() error {
		if u.Status.Onboarding != nil {
			invitation.Record(u.Status.Onboarding, delivery, r.Now())
		}
		return nil
	})
}

// behind tells whether the cache is behind what the API server holds of an object. A mail is sent only from the newest
// state: an older one may not know that it was sent.
func (d Dependencies) behind(ctx context.Context, cached, live status.Object) (bool, error) {
	if err := d.Live.Get(ctx, keyOf(cached), live); err != nil {
		return false, err
	}
	return live.GetResourceVersion() != cached.GetResourceVersion(), nil
}

func keyOf(o status.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}
}
