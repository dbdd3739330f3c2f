// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package onboarding holds the transition table of an invited person, from state and event to state and mail, and records the
// mail in the person's status. It has no client and no clock.
package onboarding

//go:generate go run ../../hack/lifecycledoc -out ../../docs/invitations.md

import "github.com/usher-operator/usher/api/v1alpha1"

// Event is something that happens to an invited person.
type Event string

const (
	// EventAdmit invites a person who has an OrgUser (ORG-20).
	EventAdmit Event = "Admit"
	// EventName names an address again that was removed before: the person waits to be invited again.
	EventName Event = "Name"
	// EventRecognize finds that the person is a user already, or has become one in another way.
	EventRecognize Event = "Recognize"
	// EventRegister is the submitted registration form, when the address must still be confirmed (NOV-10).
	EventRegister Event = "Register"
	// EventAccept is the submitted registration form, when no confirmation is required.
	EventAccept Event = "Accept"
	// EventSignIn is the submitted registration form of a person who has signed in with the invited address, or their return with that
	// proof after they had submitted it: the provider's word for it takes the place of the second mail (SIG-1).
	EventSignIn Event = "SignIn"
	// EventConfirm confirms the address (NOV-11).
	EventConfirm Event = "Confirm"
	// EventDecline declines the invitation.
	EventDecline Event = "Decline"
	// EventReconsider takes a decline back, while the link is still valid.
	EventReconsider Event = "Reconsider"
	// EventExpire is the end of the link's validity.
	EventExpire Event = "Expire"
	// EventRevoke withdraws the invitation.
	EventRevoke Event = "Revoke"
	// EventResend invites again: the old link becomes invalid and the validity period starts again (WXP-7). A person who has
	// submitted the form gets the mail that confirms the address again, with the link that they have.
	EventResend Event = "Resend"
	// EventReactivate is the end of the suspension of a person who was told, on accepting, that they are suspended.
	EventReactivate Event = "Reactivate"
	// EventRemove is the deletion of the OrgUser of a person who has accepted an Invitation.
	EventRemove Event = "Remove"
	// EventReject is the permanent refusal of the mail server.
	EventReject Event = "Reject"
)

// Step is what an event leads to: a state, and the mail that it requires; empty: none.
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
		EventSignIn:    {v1alpha1.RecipientActive, v1alpha1.MailWelcome},
		EventDecline:   {v1alpha1.RecipientDeclined, ""},
		EventExpire:    {v1alpha1.RecipientExpired, ""},
		EventRevoke:    {v1alpha1.RecipientRevoked, ""},
		EventResend:    {v1alpha1.RecipientInvited, v1alpha1.MailInvitation},
		EventReject:    {v1alpha1.RecipientUndeliverable, ""},
	},
	v1alpha1.RecipientRegistered: {
		EventRecognize: {v1alpha1.RecipientActive, ""},
		EventConfirm:   {v1alpha1.RecipientActive, v1alpha1.MailWelcome},
		EventSignIn:    {v1alpha1.RecipientActive, v1alpha1.MailWelcome},
		EventExpire:    {v1alpha1.RecipientExpired, ""},
		EventRevoke:    {v1alpha1.RecipientRevoked, ""},
		EventResend:    {v1alpha1.RecipientRegistered, v1alpha1.MailConfirmation},
		EventReject:    {v1alpha1.RecipientUndeliverable, ""},
	},
	v1alpha1.RecipientDeclined: {
		EventReconsider: {v1alpha1.RecipientInvited, ""},
		EventRecognize:  again[EventRecognize],
		EventResend:     again[EventResend],
		EventRevoke:     again[EventRevoke],
	},
	v1alpha1.RecipientExpired:       again,
	v1alpha1.RecipientUndeliverable: again,
	v1alpha1.RecipientRevoked: {
		EventName:      {v1alpha1.RecipientPending, ""},
		EventAdmit:     {v1alpha1.RecipientInvited, v1alpha1.MailInvitation},
		EventRecognize: {v1alpha1.RecipientActive, ""},
	},
	v1alpha1.RecipientActive: {
		EventReactivate: {v1alpha1.RecipientActive, v1alpha1.MailWelcome},
		EventRemove:     {v1alpha1.RecipientRevoked, ""},
	},
}

// again is what can happen to a person who did not accept: they are invited again, become a user in another way, or are revoked.
var again = map[Event]Step{
	EventRecognize: {v1alpha1.RecipientActive, ""},
	EventResend:    {v1alpha1.RecipientInvited, v1alpha1.MailInvitation},
	EventRevoke:    {v1alpha1.RecipientRevoked, ""},
}

// States returns all states of an invited person, in the order in which a person passes through them.
func States() []v1alpha1.RecipientState {
	return []v1alpha1.RecipientState{
		v1alpha1.RecipientPending, v1alpha1.RecipientInvited, v1alpha1.RecipientRegistered, v1alpha1.RecipientActive,
		v1alpha1.RecipientDeclined, v1alpha1.RecipientExpired, v1alpha1.RecipientUndeliverable, v1alpha1.RecipientRevoked,
	}
}

// Events returns all events, in the order in which they happen to a person.
func Events() []Event {
	return []Event{
		EventName, EventAdmit, EventRecognize, EventRegister, EventAccept, EventSignIn, EventConfirm, EventDecline,
		EventReconsider, EventExpire, EventReject, EventResend, EventRevoke, EventReactivate, EventRemove,
	}
}

// Next looks an event up in the transition table; false: the event changes nothing in that state.
func Next(state v1alpha1.RecipientState, event Event) (Step, bool) {
	step, ok := transitions[state][event]
	return step, ok
}
