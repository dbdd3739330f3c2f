// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accesschange

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/onboarding"
)

// Record writes the result of an attempt to send a mail that said what access the person has. What has changed while the mail was being
// sent is left to tell; the next pass over the user queues it. The result of another mail than the queued one counts only if that mail was
// sent, and a result that was recorded before changes nothing.
func Record(s *v1alpha1.OrgUserStatus, said Access, result attempt.Result, now time.Time) {
	c := s.AccessChange
	var mail *v1alpha1.MailStatus
	switch {
	case c != nil && c.Mail != nil && c.Mail.MessageID == result.MessageID:
		if c.Mail.State != v1alpha1.MailQueued {
			return
		}
		mail = c.Mail
		onboarding.Record(&v1alpha1.OnboardingStatus{State: v1alpha1.RecipientActive, Mail: mail}, result, now)
		if mail.State == v1alpha1.MailQueued {
			return
		}
	case result.Error != "" || result.Budget != "":
		return
	}
	next := difference(said, Of(s))
	if next == nil {
		next = &v1alpha1.AccessChangeStatus{Mail: mail}
	}
	switch {
	case result.Error == "":
		next.SentTime = new(metav1.NewTime(now.Truncate(time.Second)))
	case c != nil:
		next.SentTime = c.SentTime
	}
	s.AccessChange = next
}
