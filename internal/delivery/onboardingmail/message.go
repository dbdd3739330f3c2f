// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboardingmail

import (
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
)

// Pending returns the message that a person's onboarding queues, with the person's address as its ID; false: none is queued, or its
// link has expired.
func Pending(email string, o *v1alpha1.OnboardingStatus, now time.Time) (delivery.Message, bool) {
	wait, queued := onboarding.NextAttempt(o, now)
	if !queued || onboarding.Expired(o, now) {
		return delivery.Message{}, false
	}
	return delivery.Message{
		ID: email, MessageID: o.Mail.MessageID, Wait: wait, Stream: streamOf(o.Mail.Kind), Destination: emailaddr.Normalize(email),
		Urgency: urgency(o.Mail.Kind),
	}, true
}

// urgency puts the mails that follow a registration first, because somebody is waiting for them in front of a page.
func urgency(kind v1alpha1.MailKind) int {
	if kind == v1alpha1.MailInvitation {
		return 0
	}
	return 1
}

func streamOf(kind v1alpha1.MailKind) budget.Stream {
	if kind == v1alpha1.MailInvitation || kind == v1alpha1.MailAddressChange {
		return budget.Invitations
	}
	return budget.Awaited
}
