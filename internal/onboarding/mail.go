// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// MessageID returns the Message-ID of a mail. The same mail to the same person has the same one, however often it is sent.
func MessageID(uid types.UID, email string, kind v1alpha1.MailKind, sendCount int32, domain string) string {
	return digestID(domain, string(uid), emailaddr.Normalize(email), string(kind), strconv.Itoa(int(sendCount)))
}

// messageIDAfter returns the Message-ID of a mail that repeats another one. It is the same, however often it is sent.
func messageIDAfter(before, domain string) string { return digestID(domain, before) }

func digestID(domain string, parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "<" + hex.EncodeToString(h.Sum(nil)[:16]) + "@" + domain + ">"
}

// maxErrorLength bounds mail.lastError, in bytes.
const maxErrorLength = 512

// fullPatience is how long a mail to a full mailbox is tried.
const fullPatience = 24 * time.Hour

// Record writes the result of an attempt into the person's state. Only the recipient's refusal makes the person
// undeliverable. A result of a mail that is no longer the newest, or that was recorded before, changes nothing.
func Record(o *v1alpha1.OnboardingStatus, result attempt.Result, now time.Time) {
	mail := o.Mail
	if mail == nil || mail.MessageID != result.MessageID || mail.State != v1alpha1.MailQueued {
		return
	}
	if result.Budget != "" {
		hold(o, result, now)
		return
	}
	result = result.ForRecipient()
	result.Permanent = noteFull(mail, result, now) || result.Permanent
	mail.LastError, mail.LastErrorScope = attempt.Shorten(result.Error, maxErrorLength), result.Scope
	if result.RetryAt.IsZero() {
		mail.Attempts++
	}
	mail.NextAttemptTime, mail.Budget = nil, ""
	retry := result.RetryTime(mail.Attempts, now)
	switch {
	case !retry.IsZero():
		mail.NextAttemptTime = new(metav1.NewTime(retry))
	case result.Error == "":
		mail.State = v1alpha1.MailSent
		mail.Kind = cmp.Or(result.Kind, mail.Kind)
	default:
		mail.State = v1alpha1.MailFailed
		if step, ok := Next(o.State, EventReject); ok {
			o.State = step.To
		}
	}
}

// hold makes a mail wait for a budget. The time is added to the link's validity, which the person is to have from the mail on.
func hold(o *v1alpha1.OnboardingStatus, result attempt.Result, now time.Time) {
	retry := metav1.NewTime(result.RetryTime(0, now))
	o.Mail.Budget, o.Mail.NextAttemptTime = result.Budget, &retry
	o.Mail.LastError, o.Mail.LastErrorScope = "", ""
	if o.ExpirationTime != nil {
		o.ExpirationTime = new(metav1.NewTime(o.ExpirationTime.Add(retry.Sub(now)).Truncate(time.Second)))
	}
}

// AwaitsBudget reports whether a queued mail waits for a budget of the platform.
func AwaitsBudget(o *v1alpha1.OnboardingStatus) bool { return Queued(o) && o.Mail.Budget != "" }

// noteFull notes since when the recipient's mailbox has been full, and reports whether that is too long. Attempts at which the server
// said nothing about the mailbox do not end the time.
func noteFull(mail *v1alpha1.MailStatus, result attempt.Result, now time.Time) bool {
	switch {
	case result.Error == "":
		mail.MailboxFullTime = nil
	case result.MailboxFull && mail.MailboxFullTime == nil:
		mail.MailboxFullTime = new(metav1.NewTime(now.Truncate(time.Second)))
	}
	return result.MailboxFull && !now.Before(mail.MailboxFullTime.Add(fullPatience))
}

// PlatformTrouble says in conditions whose trouble it is that a mail is not sent.
const PlatformTrouble = "because the platform's mail server does not accept it, whoever it is to; Usher keeps trying, tell the platform " +
	"team if it persists"

// AwaitsPlatform reports whether a queued mail waits for the platform's mail server, rather than for its recipient's.
func AwaitsPlatform(o *v1alpha1.OnboardingStatus) bool {
	return Queued(o) && o.Mail.LastErrorScope != "" && o.Mail.LastErrorScope != v1alpha1.MailScopeRecipient
}

// NextAttempt returns how long until a queued mail is due; false: no mail is queued.
func NextAttempt(o *v1alpha1.OnboardingStatus, now time.Time) (time.Duration, bool) {
	if !Queued(o) {
		return 0, false
	}
	if o.Mail.NextAttemptTime == nil {
		return 0, true
	}
	return attempt.Wait(o.Mail.NextAttemptTime.Time, o.Mail.Attempts, o.Mail.Budget, now), true
}

// Queued reports whether a mail is still to be sent, now or later.
func Queued(o *v1alpha1.OnboardingStatus) bool {
	return o != nil && o.Mail != nil && o.Mail.State == v1alpha1.MailQueued
}

// AwaitsInvitation reports whether the mail that invites the person has not been sent yet.
func AwaitsInvitation(o *v1alpha1.OnboardingStatus) bool {
	return o == nil || o.State == v1alpha1.RecipientPending ||
		o.State == v1alpha1.RecipientInvited && Queued(o)
}
