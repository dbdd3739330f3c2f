// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package budget decides how many messages an organization, and a destination, may still be sent. It has no client and no clock.
package budget

import (
	"fmt"
	"time"
)

// Stream is a kind of message with budgets of its own, so that none uses up what another needs.
type Stream string

const (
	// Invitations are the mails that invite, and invite again: a tenant can trigger them at will.
	Invitations Stream = "invitations"
	// Awaited are the mails that somebody waits for who has shown that the address is theirs: confirmations, welcomes, receipts.
	Awaited Stream = "awaited"
	// Access are the mails that tell people that their access has changed.
	Access Stream = "access"
	// Notices are mails with alerts and reports to contacts.
	Notices Stream = "notices"
	// Phones are messages with alerts and reports to contacts' phones.
	Phones Stream = "phones"
	// Unproven are the mails that ask a visitor of a workspace's page to confirm the address that was entered there.
	Unproven Stream = "unproven"
	// Queue are customers' questions to a workspace's queue.
	Queue Stream = "queue"
)

// Streams returns all streams.
func Streams() []Stream {
	return []Stream{Invitations, Awaited, Access, Notices, Phones, Unproven, Queue}
}

// Limits are the platform's budgets; zero: no limit.
type Limits struct {
	// OrganizationHour and OrganizationDay are the mails of each Stream that an organization may be sent for.
	OrganizationHour, OrganizationDay int
	// AddressDay is how many mails of each Stream an organization may have sent to one address in a day.
	AddressDay int
	// AddressNoticesDay is the same for Notices, of which one address may be told many.
	AddressNoticesDay int
	// QueueDay is the same for Queue, which is one address for all customers of a workspace.
	QueueDay int
	// PhonesHour, PhonesDay and PhoneDay are those of Phones: of an organization, and to one number.
	PhonesHour, PhonesDay, PhoneDay int
}

// Default returns limits that an organization of 5,000 people meets at most on the day on which it invites all of them.
func Default() Limits {
	return Limits{
		OrganizationHour: 1000, OrganizationDay: 6000, AddressDay: 20, AddressNoticesDay: 50, QueueDay: 2000,
		PhonesHour: 100, PhonesDay: 500, PhoneDay: 20,
	}
}

const day = 24 * time.Hour

// limit is one budget.
type limit struct {
	most int
	per  time.Duration
	text string
}

func limitOf(most int, per time.Duration, what string) limit {
	word := "an hour"
	if per == day {
		word = "a day"
	}
	return limit{most: most, per: per, text: fmt.Sprintf("%d %s for %s", most, word, what)}
}

// nouns are what streams are called in conditions.
var nouns = map[Stream]string{
	Invitations: "invitations",
	Awaited:     "confirmations and welcomes",
	Access:      "mails about changed access",
	Notices:     "alerts and reports",
	Phones:      "messages to phones",
	Unproven:    "confirmations of questions",
	Queue:       "questions to queues",
}

// ofOrganization returns the budgets of an organization for a stream.
func (l Limits) ofOrganization(s Stream) []limit {
	hourly, daily := l.OrganizationHour, l.OrganizationDay
	if s == Phones {
		hourly, daily = l.PhonesHour, l.PhonesDay
	}
	what := "the " + nouns[s] + " of an organization"
	return []limit{limitOf(hourly, time.Hour, what), limitOf(daily, day, what)}
}

// ofDestination returns the budget of an organization's messages of a stream to one destination.
func (l Limits) ofDestination(s Stream) limit {
	switch s {
	case Phones:
		return limitOf(l.PhoneDay, day, nouns[s]+" with one number")
	case Notices:
		return limitOf(l.AddressNoticesDay, day, nouns[s]+" to one address")
	case Queue:
		return limitOf(l.QueueDay, day, "questions to one queue")
	default:
		return limitOf(l.AddressDay, day, nouns[s]+" to one address")
	}
}
