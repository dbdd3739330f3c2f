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
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/mail"
)

// draft is all that a mail to somebody who is invited is made of.
type draft struct {
	host       types.UID
	email      string
	onboarding *v1alpha1.OnboardingStatus
	content    mail.Content
}

// newDraft begins a draft with what the organization and the person's onboarding say.
func newDraft(o *v1alpha1.Organization, host types.UID, email string, onboarding *v1alpha1.OnboardingStatus) draft {
	content := mail.Content{
		Kind:         mail.Kind(onboarding.Mail.Kind),
		Organization: effective.OrganizationTitle(o),
		Location:     effective.LocationOf(o),
		Recipient:    emailaddr.DisplayName(email),
	}
	if onboarding.ExpirationTime != nil {
		content.Expires = onboarding.ExpirationTime.Time
	}
	if onboarding.Registration != nil {
		content.Recipient = string(onboarding.Registration.DisplayName)
		content.Language = string(onboarding.Registration.Language)
	}
	return draft{host: host, email: email, onboarding: onboarding, content: content}
}

// tellRole says what the person gets, and how to sign in where there is something to sign in to (NOV-7).
func (m *draft) tellRole(role v1alpha1.Role, username string) {
	m.content.Role = string(role)
	if role != v1alpha1.RoleNotificationsOnly {
		m.content.Username = username
	}
}

// stopGrace is how long a mail on its way may still take when the operator is told to stop: cut off, it may come twice.
const stopGrace = 15 * time.Second

// outlasting gives a context that ends a while after ctx.
func outlasting(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-out.Done():
		}
	})
	return out, func() { stop(); cancel() }
}

// sending gives the function that renders and sends a draft.
func (d Dependencies) sending(l draft) sendFunc {
	return func(ctx context.Context) attempt.Result {
		return attemptSend(ctx, string(l.content.Kind), l.onboarding.Mail.MessageID, func(ctx context.Context) error {
			return d.trySend(ctx, l)
		})
	}
}

// attempt tries to send a message and gives what came of it. It goes on for a while when the operator is told to stop.
func attemptSend(ctx context.Context, kind, messageID string, send func(context.Context) error) attempt.Result {
	delivery := attempt.Result{MessageID: messageID}
	sending, done := outlasting(ctx, stopGrace)
	defer done()
	if err := send(sending); err != nil {
		delivery.Error, delivery.Permanent = err.Error(), mail.IsPermanent(err) || gateway.IsPermanent(err)
		for _, notTried := range []func(error) (time.Time, bool){mail.NotTried, gateway.NotTried} {
			if retryAt, ok := notTried(err); ok {
				delivery.RetryAt = retryAt
				return delivery
			}
		}
		log.FromContext(ctx).Info("a message was not taken", "kind", kind, "messageID", messageID,
			"permanent", delivery.Permanent, "reason", delivery.Error)
	}
	return delivery
}

func (d Dependencies) trySend(ctx context.Context, l draft) error {
	var err error
	if l.content.URL, err = d.link(l); err != nil {
		return err
	}
	rendered, err := d.MailTemplates.Render(l.content)
	if err != nil {
		return fmt.Errorf("the mail cannot be written: %w", err)
	}
	return d.Mailer.Send(ctx, mail.Message{
		To: l.email, FromName: l.content.Organization, MessageID: l.onboarding.Mail.MessageID, Rendered: rendered,
	})
}

// link derives the link that a mail holds; a welcome leads to the portal itself.
func (d Dependencies) link(l draft) (string, error) {
	purpose, path := linktoken.PurposeInvite, "/i/"
	switch l.onboarding.Mail.Kind {
	case v1alpha1.MailWelcome:
		return "", nil
	case v1alpha1.MailConfirmation:
		purpose, path = linktoken.PurposeConfirm, "/c/"
	}
	token, err := d.Keys.Sign(purpose, l.host, l.email, l.onboarding.SendCount)
	return d.PortalURL + path + token, err
}
