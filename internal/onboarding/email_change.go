// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// RequestEmailChange returns the change to an address that a generation of the spec requests. It queues the mail that asks the person to
// confirm, unless nobody needs to: then the change counts as confirmed.
func RequestEmailChange(s Subject, generation int64, confirm bool) *v1alpha1.EmailChangeStatus {
	now := metav1.NewTime(s.Now.Truncate(time.Second))
	c := &v1alpha1.EmailChangeStatus{Email: v1alpha1.EmailAddress(s.Email), Generation: generation, RequestTime: now}
	if !confirm {
		c.ConfirmationTime = &now
		return c
	}
	AskAgain(c, s)
	return c
}

// AskAgain queues the mail that asks the person to confirm, and restarts the validity of its link. The link stays the same, so that one
// that is out goes on working.
func AskAgain(c *v1alpha1.EmailChangeStatus, s Subject) {
	c.SendCount++
	c.ExpirationTime = new(metav1.NewTime(s.Now.Add(s.Validity).Truncate(time.Second)))
	kind := v1alpha1.MailKind(string(v1alpha1.MailAddressChange) + strconv.FormatInt(c.Generation, 10))
	c.Mail = &v1alpha1.MailStatus{
		Kind: v1alpha1.MailAddressChange, State: v1alpha1.MailQueued, MessageID: MessageID(s.UID, s.Email, kind, c.SendCount, s.MailDomain),
	}
}

// ConfirmationOf returns a change of address as what the mails to people on the way into force go by. It shares the mail with it. It is
// nil if nobody is to be asked.
func ConfirmationOf(c *v1alpha1.EmailChangeStatus) *v1alpha1.OnboardingStatus {
	if c == nil || c.ConfirmationTime != nil {
		return nil
	}
	return &v1alpha1.OnboardingStatus{
		State: v1alpha1.RecipientRegistered, SendCount: int32(c.Generation), //nolint:gosec // a bit pattern, compared as such
		ExpirationTime: c.ExpirationTime, Mail: c.Mail,
	}
}
