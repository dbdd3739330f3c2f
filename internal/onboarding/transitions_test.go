// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/onboarding"
)

// Short names, so that the table reads as a table.
const (
	pending       = v1alpha1.RecipientPending
	invited       = v1alpha1.RecipientInvited
	registered    = v1alpha1.RecipientRegistered
	active        = v1alpha1.RecipientActive
	declined      = v1alpha1.RecipientDeclined
	expired       = v1alpha1.RecipientExpired
	revoked       = v1alpha1.RecipientRevoked
	undeliverable = v1alpha1.RecipientUndeliverable
)

var allStates = []v1alpha1.RecipientState{pending, invited, registered, active, declined, expired, revoked, undeliverable}

// cell is what an event leads to; a zero cell: the event changes nothing in that state.
type cell = onboarding.Step

var (
	none    = cell{}
	inviteM = cell{To: invited, Mail: v1alpha1.MailInvitation}
	confirm = cell{To: registered, Mail: v1alpha1.MailConfirmation}
	welcome = cell{To: active, Mail: v1alpha1.MailWelcome}
	undo    = cell{To: invited}
	known   = cell{To: active}
	decline = cell{To: declined}
	expire  = cell{To: expired}
	waits   = cell{To: pending}
	revoke  = cell{To: revoked}
	reject  = cell{To: undeliverable}
)

// transitionTable has a row for each event and a column for each state, in the order of allStates.
var transitionTable = []struct {
	event onboarding.Event
	cells [8]cell
}{
	//                            Pending  Invited  Registered Active Declined Expired  Revoked  Undeliverable
	{onboarding.EventName, [8]cell{none, none, none, none, none, none, waits, none}},
	{onboarding.EventAdmit, [8]cell{inviteM, none, none, none, none, none, inviteM, none}},
	{onboarding.EventRecognize, [8]cell{known, known, known, none, known, known, known, known}},
	{onboarding.EventRegister, [8]cell{none, confirm, none, none, none, none, none, none}},
	{onboarding.EventAccept, [8]cell{none, welcome, none, none, none, none, none, none}},
	{onboarding.EventSignIn, [8]cell{none, welcome, welcome, none, none, none, none, none}},
	{onboarding.EventConfirm, [8]cell{none, none, welcome, none, none, none, none, none}},
	{onboarding.EventDecline, [8]cell{none, decline, none, none, none, none, none, none}},
	{onboarding.EventReconsider, [8]cell{none, none, none, none, undo, none, none, none}},
	{onboarding.EventExpire, [8]cell{none, expire, expire, none, none, none, none, none}},
	{onboarding.EventRevoke, [8]cell{revoke, revoke, revoke, none, revoke, revoke, none, revoke}},
	{onboarding.EventResend, [8]cell{none, inviteM, confirm, none, inviteM, inviteM, none, inviteM}},
	{onboarding.EventReactivate, [8]cell{none, none, none, welcome, none, none, none, none}},
	{onboarding.EventRemove, [8]cell{none, none, none, revoke, none, none, none, none}},
	{onboarding.EventReject, [8]cell{none, reject, reject, none, none, none, none, none}},
}

var _ = Describe("The transition table", func() {
	for _, row := range transitionTable {
		for n, state := range allStates {
			It("has the right step for "+string(row.event)+" in "+string(state), func() {
				step, ok := onboarding.Next(state, row.event)
				Expect(step).To(Equal(row.cells[n]))
				Expect(ok).To(Equal(row.cells[n] != none))
			})
		}
	}

	It("NOV-11 leads to Active through the confirmation, and through the form only when no confirmation is required or the person has signed in", func() {
		for _, state := range allStates {
			for _, row := range transitionTable {
				step, ok := onboarding.Next(state, row.event)
				if !ok || step.To != active {
					continue
				}
				if row.event != onboarding.EventRecognize && state != active { // is a user already, in another way
					Expect(string(state) + " " + string(row.event)).To(BeElementOf(
						"Registered Confirm", "Registered SignIn", "Invited Accept", "Invited SignIn"))
				}
			}
		}
	})

	It("lists all states and events", func() {
		Expect(onboarding.States()).To(ConsistOf(allStates))
		events := make([]onboarding.Event, 0, len(transitionTable))
		for _, row := range transitionTable {
			events = append(events, row.event)
		}
		Expect(onboarding.Events()).To(ConsistOf(events))
	})

	It("leads out of every state, and out of Active only when the account is removed", func() {
		for _, state := range onboarding.States() {
			leaves := false
			for _, event := range onboarding.Events() {
				step, ok := onboarding.Next(state, event)
				leaves = leaves || ok && step.To != state
				Expect(ok && state == active && step.To != active).To(Equal(event == onboarding.EventRemove && state == active), string(event))
			}
			Expect(leaves).To(BeTrue(), string(state))
		}
	})

	It("has no other state or event", func() {
		_, ok := onboarding.Next("", onboarding.EventAdmit)
		Expect(ok).To(BeFalse())
		_, ok = onboarding.Next(invited, "Explode")
		Expect(ok).To(BeFalse())
	})

	It("knows the states in which a person can still accept", func() {
		open := map[v1alpha1.RecipientState]bool{pending: true, invited: true, registered: true}
		for _, state := range allStates {
			Expect(onboarding.Open(state)).To(Equal(open[state]), string(state))
		}
	})
})
