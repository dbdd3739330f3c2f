// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

//go:generate go run ../../hack/lifecycledoc -out ../../docs/invitations.md

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Event is something that happens to an invited person.
type Event string

const (
	// EventAdmit invites a person who has an OrgUser (ORG-20).
	EventAdmit Event = "Admit"
	// EventName is an address that was taken out and is named again: the person waits to be invited anew.
	EventName Event = "Name"
	// EventRecognize finds that the person is a user already, or has become one by another way.
	EventRecognize Event = "Recognize"
	// EventRegister is the registration form sent in, the address still to be confirmed (NOV-10).
	EventRegister Event = "Register"
	// EventAccept is the registration form sent in where no confirmation is asked for.
	EventAccept Event = "Accept"
	// EventConfirm is the address confirmed (NOV-11).
	EventConfirm Event = "Confirm"
	// EventDecline is the person's no.
	EventDecline Event = "Decline"
	// EventExpire is the link's time being over.
	EventExpire Event = "Expire"
	// EventRevoke takes the invitation back.
	EventRevoke Event = "Revoke"
	// EventResend invites again: the old link dies and validity restarts (WXP-7).
	EventResend Event = "Resend"
	// EventReject is the mail server's refusal for good.
	EventReject Event = "Reject"
)

// Step is what an event leads to: a state, and the mail that it calls for; empty: none.
type Step struct {
	To   v1alpha1.RecipientState
	Mail v1alpha1.MailKind
}

var transitions = map[v1alpha1.RecipientState]map[Event]Step{
	v1alpha1.RecipientPending: {
		EventAdmit:     {v1alpha1.RecipientInvited, v1alpha1.MailInvitation},
		EventRecognize: {v1alpha1.RecipientActive, ""},
		EventRevoke:    {v1alpha1.RecipientRevoked, ""},
	},
	v1alpha1.RecipientInvited: {
		EventRecognize: {v1alpha1.RecipientActive, ""},
		EventRegister:  {v1alpha1.RecipientRegistered, v1alpha1.MailConfirmation},
		EventAccept:    {v1alpha1.RecipientActive, v1alpha1.MailWelcome},
		EventDecline:   {v1alpha1.RecipientDeclined, ""},
		EventExpire:    {v1alpha1.RecipientExpired, ""},
		EventRevoke:    {v1alpha1.RecipientRevoked, ""},
		EventResend:    {v1alpha1.RecipientInvited, v1alpha1.MailInvitation},
		EventReject:    {v1alpha1.RecipientUndeliverable, ""},
	},
	v1alpha1.RecipientRegistered: {
		EventRecognize: {v1alpha1.RecipientActive, ""},
		EventConfirm:   {v1alpha1.RecipientActive, v1alpha1.MailWelcome},
		EventExpire:    {v1alpha1.RecipientExpired, ""},
		EventRevoke:    {v1alpha1.RecipientRevoked, ""},
		EventResend:    {v1alpha1.RecipientInvited, v1alpha1.MailInvitation},
		EventReject:    {v1alpha1.RecipientUndeliverable, ""},
	},
	v1alpha1.RecipientDeclined:      again,
	v1alpha1.RecipientExpired:       again,
	v1alpha1.RecipientUndeliverable: again,
	v1alpha1.RecipientRevoked: {
		EventName:      {v1alpha1.RecipientPending, ""},
		EventAdmit:     {v1alpha1.RecipientInvited, v1alpha1.MailInvitation},
		EventRecognize: {v1alpha1.RecipientActive, ""},
	},
	v1alpha1.RecipientActive: {},
}

// again is what can happen to somebody who did not accept: another try, or the end of it.
var again = map[Event]Step{
	EventRecognize: {v1alpha1.RecipientActive, ""},
	EventResend:    {v1alpha1.RecipientInvited, v1alpha1.MailInvitation},
	EventRevoke:    {v1alpha1.RecipientRevoked, ""},
}

// States gives all states of an invited person, in the order of the way through them.
func States() []v1alpha1.RecipientState {
	return []v1alpha1.RecipientState{
		v1alpha1.RecipientPending, v1alpha1.RecipientInvited, v1alpha1.RecipientRegistered, v1alpha1.RecipientActive,
		v1alpha1.RecipientDeclined, v1alpha1.RecipientExpired, v1alpha1.RecipientUndeliverable, v1alpha1.RecipientRevoked,
	}
}

// Events gives all events, in the order of the way through the states.
func Events() []Event {
	return []Event{
		EventName, EventAdmit, EventRecognize, EventRegister, EventAccept, EventConfirm, EventDecline, EventExpire,
		EventReject, EventResend, EventRevoke,
	}
}

// Next looks an event up in the transition table; false: the event means nothing in that state.
func Next(state v1alpha1.RecipientState, event Event) (Step, bool) {
	step, ok := transitions[state][event]
	return step, ok
}

// Subject is whom a transition is about, and the facts that it needs.
type Subject struct {
	// UID is that of the object that keeps the person's state.
	UID types.UID
	// Email is the person's address.
	Email string
	// Now is the time of the event.
	Now time.Time
	// Validity is how long a new link can be used.
	Validity time.Duration
	// MailDomain is the right side of Message-IDs.
	MailDomain string
	// Reason is why an invitation is taken back; for EventRevoke.
	Reason v1alpha1.RevocationReason
}

// Apply moves a person's state by an event and records the intent of the mail that the new state calls for. An older
// mail that is not out yet is dropped: its link would be dead. It gives false, and changes nothing, when the event means
// nothing in that state.
func Apply(o *v1alpha1.OnboardingStatus, event Event, s Subject) bool {
	step, ok := Next(o.State, event)
	if !ok {
		return false
	}
	o.State = step.To
	o.RevocationReason = ""
	switch step.To {
	case v1alpha1.RecipientPending:
		o.ExpirationTime, o.Registration = nil, nil
	case v1alpha1.RecipientRevoked:
		o.RevocationReason = s.Reason
	case v1alpha1.RecipientInvited:
		o.SendCount++
		o.ExpirationTime = new(metav1.NewTime(s.Now.Add(s.Validity).Truncate(time.Second)))
		o.Registration = nil
	case v1alpha1.RecipientActive:
		o.AcceptanceTime = new(metav1.NewTime(s.Now.Truncate(time.Second)))
		o.ExpirationTime = nil
	}
	switch {
	case step.Mail == "" && Queued(o):
		o.Mail = nil
	case step.Mail != "":
		o.Mail = &v1alpha1.MailStatus{
			Kind:      step.Mail,
			State:     v1alpha1.MailQueued,
			MessageID: MessageID(s.UID, s.Email, step.Mail, o.SendCount, s.MailDomain),
		}
	}
	return true
}

// Open tells whether the person can still accept.
func Open(state v1alpha1.RecipientState) bool {
	switch state {
	case v1alpha1.RecipientPending, v1alpha1.RecipientInvited, v1alpha1.RecipientRegistered:
		return true
	default:
		return false
	}
}

// Expired tells whether the time of an open link is over.
func Expired(o *v1alpha1.OnboardingStatus, now time.Time) bool {
	return Open(o.State) && o.ExpirationTime != nil && !now.Before(o.ExpirationTime.Time)
}

// MessageID names a mail: the same mail to the same person has the same name however often it is sent.
func MessageID(uid types.UID, email string, kind v1alpha1.MailKind, sendCount int32, domain string) string {
	h := sha256.New()
	for _, part := range []string{string(uid), NormalizeAddress(email), string(kind), strconv.Itoa(int(sendCount))} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "<" + hex.EncodeToString(h.Sum(nil)[:16]) + "@" + domain + ">"
}

// Backoff is how long to wait before a mail is tried again: it doubles from ten seconds up to an hour.
func Backoff(attempts int32) time.Duration {
	const first, most = 10 * time.Second, time.Hour
	wait := first
	for i := int32(1); i < attempts && wait < most; i++ {
		wait *= 2
	}
	return min(wait, most)
}

// Delivery is what came of an attempt to send a mail.
type Delivery struct {
	// MessageID is the mail's.
	MessageID string
	// Error is why it was not taken; empty: it was taken.
	Error string
	// Permanent is true when sending it again is of no use.
	Permanent bool
	// RetryAt is set when the mail was not tried, since the mail server cannot be reached: when to try it.
	RetryAt time.Time
}

// Again gives when a message is to be tried again after an attempt, of which it was the attempts-th; zero: it is not. One that
// was not tried is when the mail server may be reached again. Times are whole seconds, as a status holds them.
func (d Delivery) Again(attempts int32, now time.Time) time.Time {
	switch {
	case !d.RetryAt.IsZero():
		return d.RetryAt.Add(time.Second).Truncate(time.Second)
	case d.Error == "" || d.Permanent:
		return time.Time{}
	default:
		return now.Add(Backoff(attempts)).Truncate(time.Second)
	}
}

const maxErrorLength = 512

// Record writes what came of an attempt into the person's state. A mail that is no longer the newest, or was recorded
// already, changes nothing.
func Record(o *v1alpha1.OnboardingStatus, d Delivery, now time.Time) {
	mail := o.Mail
	if mail == nil || mail.MessageID != d.MessageID || mail.State != v1alpha1.MailQueued {
		return
	}
	mail.LastError = Shorten(d.Error, maxErrorLength)
	if d.RetryAt.IsZero() {
		mail.Attempts++
	}
	mail.NextAttemptTime = nil
	again := d.Again(mail.Attempts, now)
	switch {
	case !again.IsZero():
		mail.NextAttemptTime = new(metav1.NewTime(again))
	case d.Error == "":
		mail.State = v1alpha1.MailSent
	default:
		mail.State = v1alpha1.MailFailed
		if step, ok := Next(o.State, EventReject); ok {
			o.State = step.To
		}
	}
}

// Shorten cuts a text to at most so many bytes, between characters.
func Shorten(s string, most int) string {
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

// NextAttempt gives how long until a queued mail is due; false: no mail is queued.
func NextAttempt(o *v1alpha1.OnboardingStatus, now time.Time) (time.Duration, bool) {
	if !Queued(o) {
		return 0, false
	}
	if o.Mail.NextAttemptTime == nil {
		return 0, true
	}
	return max(o.Mail.NextAttemptTime.Sub(now), 0), true
}

// Queued tells whether a mail is still to be sent, now or later.
func Queued(o *v1alpha1.OnboardingStatus) bool {
	return o != nil && o.Mail != nil && o.Mail.State == v1alpha1.MailQueued
}

// Wait gives how long until time alone moves a person: the link's end. Zero: it does not. When a mail is to be tried again is
// for NextAttempt: it moves nobody, and may be under way for minutes when its time has come.
func Wait(o *v1alpha1.OnboardingStatus, now time.Time) time.Duration {
	if o == nil || !Open(o.State) || o.ExpirationTime == nil {
		return 0
	}
	return max(o.ExpirationTime.Sub(now), time.Millisecond)
}
