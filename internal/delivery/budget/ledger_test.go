// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package budget_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/delivery/budget"
)

func messagesTo(stream budget.Stream, n int, destination string) []budget.Message {
	all := make([]budget.Message, n)
	for i := range all {
		all[i] = budget.Message{Stream: stream, Destination: destination}
		if destination == "" {
			all[i].Destination = fmt.Sprintf("person-%d@acme.example", i)
		}
	}
	return all
}

var _ = Describe("OPS-9 The ledger of what was sent", func() {
	small := budget.Limits{OrganizationHour: 10, OrganizationDay: 40, AddressDay: 3, AddressNoticesDay: 5, QueueDay: 7, PhonesHour: 4, PhoneDay: 2}

	DescribeTable("holds back what exceeds the budget of a destination, and says which", func(s budget.Stream, most int, text string) {
		l := budget.NewLedger(small)
		allowed, held := l.Reserve(objectOf("acme", 0), messagesTo(s, most+2, "nora@acme.example"), 100, start)
		Expect(allowed).To(HaveLen(most))
		Expect(held).To(HaveLen(2))
		Expect(held).To(HaveKeyWithValue(most, HaveField("Budget", text)))
		Expect(held[most].Until).To(BeTemporally("~", start.Add(24*time.Hour/time.Duration(most)), time.Second))

		allowed, _ = l.Reserve(objectOf("acme", 1), messagesTo(s, 1, "sam@acme.example"), 100, start)
		Expect(allowed).To(HaveLen(1), "another destination")
		allowed, _ = l.Reserve(objectOf("rival", 0), messagesTo(s, 1, "nora@acme.example"), 100, start)
		Expect(allowed).To(HaveLen(1), "another organization")
	},
		Entry(nil, budget.Invitations, 3, "3 a day for invitations to one address"),
		Entry(nil, budget.Awaited, 3, "3 a day for confirmations and welcomes to one address"),
		Entry(nil, budget.Unproven, 3, "3 a day for confirmations of questions to one address"),
		Entry(nil, budget.Notices, 5, "5 a day for alerts and reports to one address"),
		Entry(nil, budget.Queue, 7, "7 a day for questions to one queue"),
		Entry(nil, budget.Phones, 2, "2 a day for messages to phones with one number"),
	)

	DescribeTable("holds back what exceeds the budget of an organization, whoever it is for", func(s budget.Stream, most int, text string) {
		l := budget.NewLedger(small)
		allowed, held := l.Reserve(objectOf("acme", 0), messagesTo(s, 20, ""), 100, start)
		Expect(allowed).To(HaveLen(most))
		Expect(slices.Collect(maps.Values(held))).To(And(HaveLen(20-most), HaveEach(HaveField("Budget", text))))
		for _, other := range budget.Streams() {
			if other != s {
				allowed, _ = l.Reserve(objectOf("acme", 1), messagesTo(other, 1, ""), 100, start)
				Expect(allowed).To(HaveLen(1), string(other))
			}
		}
		allowed, _ = l.Reserve(objectOf("rival", 0), messagesTo(s, 1, ""), 100, start)
		Expect(allowed).To(HaveLen(1), "another organization")
	},
		Entry(nil, budget.Invitations, 10, "10 an hour for the invitations of an organization"),
		Entry(nil, budget.Awaited, 10, "10 an hour for the confirmations and welcomes of an organization"),
		Entry(nil, budget.Unproven, 10, "10 an hour for the confirmations of questions of an organization"),
		Entry(nil, budget.Notices, 10, "10 an hour for the alerts and reports of an organization"),
		Entry(nil, budget.Queue, 10, "10 an hour for the questions to queues of an organization"),
		Entry(nil, budget.Phones, 4, "4 an hour for the messages to phones of an organization"),
	)

	It("lets one object that asks again and again keep no other of the organization waiting for ever", func() {
		l := budget.NewLedger(budget.Limits{OrganizationHour: 60})
		loop, first := objectOf("acme", 0), objectOf("acme", 1)
		l.Reserve(loop, messagesTo(budget.Invitations, 60, ""), 100, start)
		for now := start; now.Before(start.Add(10 * time.Minute)); now = now.Add(time.Second) {
			l.Reserve(loop, messagesTo(budget.Invitations, 100, ""), 100, now)
			if allowed, _ := l.Reserve(first, messagesTo(budget.Invitations, 1, ""), 100, now); len(allowed) > 0 {
				return
			}
		}
		Fail("the other object's mail was not sent")
	})

	It("allows the 5,000 invitations of a large organization within five hours by default", func() {
		l, left, now := budget.NewLedger(budget.Default()), 5000, start
		for left > 0 {
			allowed, held := l.Reserve(objectOf("acme", 0), messagesTo(budget.Invitations, left, ""), left, now)
			left -= len(allowed)
			for _, hold := range held {
				now = hold.Until
			}
		}
		Expect(now.Sub(start)).To(And(BeNumerically(">", 3*time.Hour), BeNumerically("<", 5*time.Hour)))
	})

	It("has no limits when they are zero", func() {
		allowed, held := budget.NewLedger(budget.Limits{}).Reserve(objectOf("acme", 0), messagesTo(budget.Phones, 9999, "x"), 1e6, start)
		Expect(allowed).To(HaveLen(9999))
		Expect(held).To(BeEmpty())
	})

	It("forgets messages that are given back", func() {
		l := budget.NewLedger(small)
		for range 20 {
			allowed, _ := l.Reserve(objectOf("acme", 0), messagesTo(budget.Invitations, 1, "nora@acme.example"), 100, start)
			Expect(allowed).To(HaveLen(1))
			l.GiveBack("acme", messagesTo(budget.Invitations, 1, "nora@acme.example")[0])
		}
	})

	It("knows after a restart what was sent before, and names no destination in its record", func() {
		l := budget.NewLedger(small)
		l.Reserve(objectOf("acme", 0), messagesTo(budget.Invitations, 3, "nora@acme.example"), 100, start)
		l.Reserve(objectOf("acme", 1), messagesTo(budget.Notices, 20, ""), 100, start)
		data, err := json.Marshal(l.Record(start))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(data)).NotTo(ContainSubstring("nora"))

		var record budget.Record
		Expect(json.Unmarshal(data, &record)).To(Succeed())
		record["of a newer version/x/y"] = start.Add(time.Hour).Unix()
		l = budget.NewLedger(small)
		l.Restore(record, start)
		_, held := l.Reserve(objectOf("acme", 0), messagesTo(budget.Invitations, 1, "nora@acme.example"), 100, start)
		Expect(held).To(HaveLen(1))
		_, held = l.Reserve(objectOf("acme", 1), messagesTo(budget.Notices, 1, ""), 100, start)
		Expect(held).To(HaveLen(1))
		allowed, _ := l.Reserve(objectOf("acme", 0), messagesTo(budget.Awaited, 1, "nora@acme.example"), 100, start)
		Expect(allowed).To(HaveLen(1))
	})

	It("is at most used up after a restart with lower limits", func() {
		l := budget.NewLedger(small)
		l.Restore(budget.Record{"invitations/acme/1": start.AddDate(1, 0, 0).Unix()}, start)
		_, held := l.Reserve(objectOf("acme", 0), messagesTo(budget.Invitations, 1, ""), 100, start)
		Expect(held).To(HaveKeyWithValue(0, HaveField("Until", BeTemporally("<=", start.Add(time.Hour)))))
	})

	It("records what is in use only, and that within a bound", func() {
		l := budget.NewLedger(budget.Limits{AddressDay: 1})
		l.Reserve(objectOf("acme", 0), messagesTo(budget.Invitations, 20000, ""), 20000, start)
		Expect(l.Record(start)).To(HaveLen(10000))
		Expect(l.Record(start.AddDate(0, 0, 2))).To(BeEmpty())
	})
})
