// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// QueuePassword queues the mail with a link to choose a password. Every earlier link becomes invalid.
func QueuePassword(a *v1alpha1.AccountStatus, s Subject) {
	a.RequestTime = nil
	a.SendCount++
	a.ExpirationTime = new(metav1.NewTime(s.Now.Add(s.Validity).Truncate(time.Second)))
	a.Mail = &v1alpha1.MailStatus{
		Kind: v1alpha1.MailPassword, State: v1alpha1.MailQueued,
		MessageID: MessageID(s.UID, s.Email, v1alpha1.MailPassword, a.SendCount, s.MailDomain),
	}
}

// PasswordOf returns an account as what the mails to people on the way into force go by. It shares the mail with it. It is nil if there is
// no link.
func PasswordOf(a *v1alpha1.AccountStatus) *v1alpha1.OnboardingStatus {
	if a == nil || a.ExpirationTime == nil {
		return nil
	}
	return &v1alpha1.OnboardingStatus{
		State: v1alpha1.RecipientRegistered, SendCount: a.SendCount, ExpirationTime: a.ExpirationTime, Mail: a.Mail,
	}
}
