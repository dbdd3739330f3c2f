// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package onboarding holds the transition table of an invited person, from state and event to state and mail, and what a
// status records of that mail. It has no client and no clock.
package onboarding

//go:generate go run ../../hack/lifecycledoc -out ../../docs/invitations.md

import (
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

// Wait gives how long until time alone moves a person: the link's end. Zero: it does not. When a mail is to be tried again is
// for NextAttempt: it moves nobody, and may be under way for minutes when its time has come.
func Wait(o *v1alpha1.OnboardingStatus, now time.Time) time.Duration {
	if o == nil || !Open(o.State) || o.ExpirationTime == nil {
		return 0
	}
	return max(o.ExpirationTime.Sub(now), time.Millisecond)
}
