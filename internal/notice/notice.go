// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package notice decides what contacts are told: which alerts are open, when a report is due, to whom each is sent, and what they say. It
// is pure: whoever calls it has read everything, and sends the messages.
package notice

import (
	"slices"
	"strings"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// Snapshot is what notices are derived from. Nothing in it is changed.
type Snapshot struct {
	Organization *v1alpha1.Organization
	// Workspace is the workspace whose contacts are told; nil: the organization's contacts are.
	Workspace *v1alpha1.Workspace
	// Users and Invitations are all those of the organization.
	Users       []*v1alpha1.OrgUser
	Invitations []*v1alpha1.Invitation
	// Groups are all OrgGroups of the organization.
	Groups []*v1alpha1.OrgGroup
	// Now is the time.
	Now time.Time
}

// Alert is a cause to alert contacts.
type Alert struct {
	Reason v1alpha1.AlertReason
	// Subject is what or whom it is about, as in AlertStatus.
	Subject string
}

// Destination is where messages are sent.
type Destination struct {
	Type  v1alpha1.ContactMethodType
	Value string
	// Contact is the name of the first contact that lists it.
	Contact string
}

// MaxDestinations is the maximum number of destinations that receive the alerts of an object, and of those that receive its reports.
const MaxDestinations = 64

// Destinations returns the destinations of a stream of messages, each once, in the order of the contacts, without those for which except
// is true; and how many there are beyond MaxDestinations (GTA-12, GTA-13).
func Destinations(contacts []v1alpha1.Contact, stream v1alpha1.Notification, except func(Destination) bool,
) (served []Destination, unserved int) {
	seen := map[string]bool{}
	for _, c := range contacts {
		if !slices.Contains(c.Notify, stream) {
			continue
		}
		for _, m := range c.Methods {
			d := Destination{Type: m.Type, Value: m.Value, Contact: string(c.Name)}
			if seen[d.key()] || except != nil && except(d) {
				continue
			}
			seen[d.key()] = true
			if len(served) == MaxDestinations {
				unserved++
				continue
			}
			served = append(served, d)
		}
	}
	return served, unserved
}

// Among returns a function that reports whether a destination is one of others.
func Among(others []Destination) func(Destination) bool {
	known := make(map[string]bool, len(others))
	for _, d := range others {
		known[d.key()] = true
	}
	return func(d Destination) bool { return known[d.key()] }
}

// ContactOf returns a function that returns the name of the contact of one of some destinations; empty: it is none of them.
func ContactOf(destinations []Destination) func(Destination) string {
	contacts := make(map[string]string, len(destinations))
	for _, d := range destinations {
		contacts[d.key()] = d.Contact
	}
	return func(d Destination) string { return contacts[d.key()] }
}

// key identifies a destination. The case of letters in an email address does not count.
func (d Destination) key() string {
	value := d.Value
	if d.Type == v1alpha1.MethodEmail {
		value = emailaddr.Normalize(value)
	}
	return string(d.Type) + "/" + value
}

func keyOf(s *v1alpha1.NoticeDeliveryStatus) string {
	return Destination{Type: s.Type, Value: s.Value}.key()
}

// subjectOf joins the parts of a subject.
func subjectOf(parts ...string) string { return strings.Join(parts, "/") }
