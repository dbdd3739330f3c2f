// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Subject is the person of a transition, and the facts that it needs.
type Subject struct {
	// UID is that of the object whose status holds the person's state.
	UID types.UID
	// Email is the person's address.
	Email string
	// Now is the time of the event.
	Now time.Time
	// Validity is how long a new link can be used.
	Validity time.Duration
	// MailDomain is the right side of Message-IDs.
	MailDomain string
	// Reason is why the invitation is revoked; for EventRevoke and EventRemove.
	Reason v1alpha1.RevocationReason
}

// Apply applies an event to a person's state and queues the mail that the new state requires. An older mail that is still queued
// is dropped, because its link would be invalid. Apply returns false, and changes nothing, when the event changes nothing in that
// state. EventReactivate changes nothing for a person who was not told that they are suspended.
func Apply(o *v1alpha1.OnboardingStatus, event Event, s Subject) bool {
	step, ok := Next(o.State, event)
	if !ok || event == EventReactivate && !toldSuspended(o) {
		return false
	}
	o.State = step.To
	o.RevocationReason = ""
	enter(o, event, s)
	switch {
	case step.Mail == "" && Queued(o):
		o.Mail = nil
	case step.Mail != "":
		o.Mail = &v1alpha1.MailStatus{Kind: step.Mail, State: v1alpha1.MailQueued, MessageID: nextMessageID(o, step.Mail, s)}
	}
	return true
}

// enter sets what comes with the state that an event has led to.
func enter(o *v1alpha1.OnboardingStatus, event Event, s Subject) {
	switch o.State {
	case v1alpha1.RecipientPending:
		o.ExpirationTime, o.Registration = nil, nil
	case v1alpha1.RecipientRevoked:
		o.RevocationReason = s.Reason
	case v1alpha1.RecipientInvited:
		if event == EventReconsider {
			break // with the link that the person has, for as long as it was valid
		}
		o.SendCount++
		o.AcceptanceTime = nil
		o.ExpirationTime = expiration(s)
		o.Registration = nil
	case v1alpha1.RecipientRegistered:
		if event == EventResend {
			o.ExpirationTime = expiration(s)
		}
	case v1alpha1.RecipientActive:
		// A person who accepted before and is found to be a user again has another account by now: the link that was accepted must not
		// welcome them.
		if event != EventReactivate && (event != EventRecognize || o.AcceptanceTime == nil) {
			o.AcceptanceTime = new(metav1.NewTime(s.Now.Truncate(time.Second)))
		}
		o.ExpirationTime = nil
	}
}

// expiration returns when a link of now expires.
func expiration(s Subject) *metav1.Time {
	return new(metav1.NewTime(s.Now.Add(s.Validity).Truncate(time.Second)))
}

// nextMessageID returns the Message-ID of a person's next mail. A mail that repeats the one before, with the same link, has another ID:
// mail programs do not show a second mail with the ID of the first.
func nextMessageID(o *v1alpha1.OnboardingStatus, kind v1alpha1.MailKind, s Subject) string {
	id := MessageID(s.UID, s.Email, kind, o.SendCount, s.MailDomain)
	if o.Mail != nil && (o.Mail.Kind == kind && kind == v1alpha1.MailConfirmation || kind == v1alpha1.MailWelcome && toldSuspended(o)) {
		id = messageIDAfter(o.Mail.MessageID, s.MailDomain)
	}
	return id
}

// toldSuspended reports whether the latest mail told the person that they are suspended. It has the Message-ID of the Welcome in whose
// place it was sent.
func toldSuspended(o *v1alpha1.OnboardingStatus) bool {
	return o.Mail != nil && o.Mail.Kind == v1alpha1.MailSuspended
}

// Open reports whether a person in a state can still accept.
func Open(state v1alpha1.RecipientState) bool {
	switch state {
	case v1alpha1.RecipientPending, v1alpha1.RecipientInvited, v1alpha1.RecipientRegistered:
		return true
	default:
		return false
	}
}

// Expired reports whether the link of a person who can still accept is no longer valid.
func Expired(o *v1alpha1.OnboardingStatus, now time.Time) bool {
	return Open(o.State) && o.ExpirationTime != nil && !now.Before(o.ExpirationTime.Time)
}

// CanReconsider reports whether a person who has declined can take it back: the link that they declined with would still be valid.
func CanReconsider(o *v1alpha1.OnboardingStatus, now time.Time) bool {
	return o.State == v1alpha1.RecipientDeclined && o.ExpirationTime != nil && now.Before(o.ExpirationTime.Time)
}

// Wait returns how long until time alone changes a person's state, which is when the link expires; zero: it does not. The next
// attempt of a mail is not included, see NextAttempt: it changes no state, and may take minutes when its time has come.
func Wait(o *v1alpha1.OnboardingStatus, now time.Time) time.Duration {
	if o == nil || !Open(o.State) || o.ExpirationTime == nil {
		return 0
	}
	return max(o.ExpirationTime.Sub(now), time.Millisecond)
}
