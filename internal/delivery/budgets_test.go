// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// memory is a Keeper.
type memory struct {
	record budget.Record
	err    error
	saves  int
}

func (m *memory) Load(context.Context) (budget.Record, error) { return m.record, m.err }

func (m *memory) Save(_ context.Context, record budget.Record) error {
	m.record, m.saves = record, m.saves+1
	return m.err
}

var _ = Describe("OPS-9 A dispatcher with budgets", func() {
	team := builders.Invitation("acme", "team").Obj()
	var now time.Time
	clock := func() time.Time { return now }
	dispatcher := func(limits budget.Limits, kept Keeper) *Dispatcher {
		d := NewDispatcher(1, live.Of(0), clock).WithBudgets(NewBudgets(live.Of(limits), kept, clock))
		d.recorded.Store(10)
		return d
	}
	invitations := func(n int) []Message {
		var all []Message
		for i := range n {
			id := fmt.Sprintf("m%d", i)
			all = append(all, Message{ID: id, MessageID: "<" + id + ">", Stream: budget.Invitations, Destination: id + "@acme.example"})
		}
		return all
	}

	BeforeEach(func() { now = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) })

	It("OPS-1 sends what a changed budget allows, and what was sent before counts", func(ctx SpecContext) {
		limits := live.Of(budget.Limits{OrganizationHour: 10})
		d := NewDispatcher(1, live.Of(0), clock).WithBudgets(NewBudgets(limits, nil, clock))
		d.recorded.Store(10)
		sent := func(limit int) int {
			limits.Store(budget.Limits{OrganizationHour: limit})
			box := outboxOf(invitations(200)...)
			_, err := d.Deliver(ctx, team, box)
			Expect(err).NotTo(HaveOccurred())
			return len(box.sent)
		}
		Expect(sent(10)).To(Equal(10))
		Expect(sent(10)).To(BeZero())
		Expect(sent(100)).To(Equal(90))
		Expect(sent(5)).To(BeZero())
		Expect(sent(0)).To(Equal(200), "no limit")
	})

	It("sends what a budget allows, records for which budget the others wait, and comes again then", func(ctx SpecContext) {
		d, box := dispatcher(budget.Limits{OrganizationHour: 60}, nil), outboxOf(invitations(62)...)
		result, err := d.Deliver(ctx, team, box)
		Expect(err).NotTo(HaveOccurred())
		Expect(box.sent).To(HaveLen(60))
		Expect(box.held).To(HaveLen(2))
		hold := box.held["m60"]
		Expect(hold).To(Equal(attempt.Result{
			MessageID: "<m60>", Budget: "60 an hour for the invitations of an organization", RetryAt: now.Add(2 * time.Minute),
		}))
		Expect(result.RequeueAfter).To(Equal(2 * time.Minute))

		now = now.Add(result.RequeueAfter)
		for n := range box.pending {
			box.pending[n].Wait = 0
		}
		Expect(d.Deliver(ctx, team, box)).To(BeZero())
		Expect(box.sent).To(HaveLen(62), "nothing is lost")
	})

	It("sends what somebody waits for, although the organization's budget of invitations is used up", func(ctx SpecContext) {
		d := dispatcher(budget.Limits{OrganizationHour: 1}, nil)
		messages := append(invitations(3), Message{ID: "confirmation", Stream: budget.Awaited, Destination: "m1@acme.example"})
		box := outboxOf(messages...)
		_, err := d.Deliver(ctx, team, box)
		Expect(err).NotTo(HaveOccurred())
		Expect(box.sent).To(ConsistOf("m0", "confirmation"))
	})

	DescribeTable("counts what was accepted or refused permanently only", func(ctx SpecContext, result attempt.Result, counts bool) {
		d := dispatcher(budget.Limits{AddressDay: 1}, nil)
		message := invitations(1)
		for n := range 2 {
			box := outboxOf(message...)
			box.result = &result
			_, err := d.Deliver(ctx, team, box)
			Expect(err).NotTo(HaveOccurred())
			Expect(box.held).To(HaveLen(map[bool]int{true: n}[counts]))
		}
	},
		Entry("accepted", attempt.Result{}, true),
		Entry("refused", attempt.Result{Error: "550 no such user", Permanent: true}, true),
		Entry("to be tried again", attempt.Result{Error: "451 later"}, false),
		Entry("not tried", attempt.Result{Error: "no connection", RetryAt: time.Now()}, false),
	)

	It("remembers after a restart what was sent, and sends nothing until it knows", func(ctx SpecContext) {
		kept := &memory{}
		limits := budget.Limits{OrganizationHour: 10}
		d := dispatcher(limits, kept)
		_, err := d.Deliver(ctx, team, outboxOf(invitations(10)...))
		Expect(err).NotTo(HaveOccurred())
		d.budgets.save(ctx)
		d.budgets.save(ctx)
		Expect(kept.saves).To(Equal(1), "what has not changed is not written")

		d, box := dispatcher(limits, kept), outboxOf(invitations(1)...)
		kept.err = errors.New("no connection")
		_, err = d.Deliver(ctx, team, box)
		Expect(err).To(MatchError(ContainSubstring("no connection")))
		d.budgets.save(ctx)
		Expect(kept.saves).To(Equal(1), "what is not known is not overwritten")
		kept.err = nil
		_, err = d.Deliver(ctx, team, box)
		Expect(err).NotTo(HaveOccurred())
		Expect(box.sent).To(BeEmpty())
		Expect(box.held).To(HaveLen(1))
	})

	It("saves what it sent when it stops", func(ctx SpecContext) {
		kept := &memory{}
		d := dispatcher(budget.Limits{OrganizationHour: 10}, kept)
		_, err := d.Deliver(ctx, team, outboxOf(invitations(10)...))
		Expect(err).NotTo(HaveOccurred())
		stopped, stop := context.WithCancel(ctx)
		stop()
		Expect(d.budgets.Start(stopped)).To(Succeed())
		Expect(kept.record).To(HaveKey("invitations/acme/1"))
	})
})

var _ = Describe("OPS-9 The lanes of messages", func() {
	It("divide an outbox: what somebody waits for, and the rest", func() {
		box := outboxOf(Message{ID: "a", Stream: budget.Invitations}, Message{ID: "b", Stream: budget.Awaited}, Message{ID: "c", Stream: budget.Queue},
			Message{ID: "d", Stream: budget.Unproven}, Message{ID: "e"})
		var parts [][]string
		for _, lane := range Lanes() {
			var ids []string
			for _, m := range lane.Of(box).Pending() {
				ids = append(ids, m.ID)
			}
			parts = append(parts, ids)
		}
		Expect(parts).To(Equal([][]string{{"a", "c", "e"}, {"b", "d"}}))
	})
})

var _ = Describe("OPS-9 The connections to the mail server", func() {
	It("go to the mails that somebody waits for, then to the tenants in turn, however much one has under way", func(ctx SpecContext) {
		s := newSlots(1)
		Expect(s.take(ctx, budget.Requester{Tenant: "first"})).To(BeTrue())
		order, queued := make(chan string, 100), 0
		wait := func(r budget.Requester) {
			go func() {
				if s.take(ctx, r) {
					order <- r.Object
					s.give()
				}
			}()
			queued++
			Eventually(func() int {
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.waiting.Len()
			}).Should(Equal(queued))
		}
		for n := range 20 {
			wait(budget.Requester{Tenant: "bulk", Object: fmt.Sprintf("bulk-%d", n)})
		}
		wait(budget.Requester{Tenant: "small", Object: "small"})
		wait(budget.Requester{Tenant: "bulk", Object: "urgent", Urgent: true})
		s.give()
		var got []string
		for range queued {
			got = append(got, <-order)
		}
		Expect(got[:4]).To(Equal([]string{"urgent", "bulk-0", "small", "bulk-1"}))
	})

	It("are not lost by those who stop waiting", func(ctx SpecContext) {
		s := newSlots(1)
		Expect(s.take(ctx, budget.Requester{})).To(BeTrue())
		stopped, stop := context.WithCancel(ctx)
		stop()
		Expect(s.take(stopped, budget.Requester{})).To(BeFalse())
		s.give()
		Expect(s.take(ctx, budget.Requester{})).To(BeTrue())
	})
})
