// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"errors"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var (
	desk  = notice.Destination{Type: v1alpha1.MethodEmail, Value: "desk@acme.example"}
	night = notice.Destination{Type: v1alpha1.MethodEmail, Value: "night@acme.example"}
	phone = notice.Destination{Type: v1alpha1.MethodSMS, Value: "+34600000009"}

	seatsGone = notice.Alert{Reason: v1alpha1.AlertSeatsExhausted, Subject: "desk"}
	lost      = notice.Alert{Reason: v1alpha1.AlertInvitationUndeliverable, Subject: "Invitation/team/sam@acme.example"}
)

// planOf gives a plan with alerts to these destinations; weekly reports go to nobody.
func planOf(alerts ...notice.Destination) notice.Plan {
	return notice.Plan{
		UID: "1", Alerts: alerts, MailDomain: "usher.example", Now: now,
		Schedule: notice.ScheduleOf(builders.Organization("acme").Obj()),
	}
}

// next goes on from the present notices, and checks that doing so again changes nothing.
func next(p notice.Plan, present v1alpha1.NoticesStatus) v1alpha1.NoticesStatus {
	GinkgoHelper()
	s, _ := p.Next(present)
	again, _ := p.Next(s)
	Expect(equality.Semantic.DeepEqual(again, s)).To(BeTrue(), "a plan that is carried out changes nothing")
	return s
}

var _ = Describe("Alerts", func() {
	It("GTA-12 are told once, one message a destination, and again when they open again", func() {
		p := planOf(desk, night)
		Expect(next(p, v1alpha1.NoticesStatus{})).To(Equal(v1alpha1.NoticesStatus{}), "there is nothing to tell")
		p.Causes = []notice.Alert{lost}
		s := next(p, v1alpha1.NoticesStatus{})
		Expect(s.Alerts).To(HaveLen(1))
		first := s.Alerts[0]
		Expect(first).To(And(HaveField("ID", BeEquivalentTo(1)), HaveField("Subject", lost.Subject), HaveField("Since.Time", now)))
		Expect(first.Deliveries).To(HaveExactElements(HaveField("Value", desk.Value), HaveField("Value", night.Value)))
		Expect(first.Deliveries).To(HaveEach(HaveField("State", v1alpha1.NoticeQueued)))
		Expect(first.Deliveries[0].MessageID).To(MatchRegexp("^<[0-9a-f]{32}@usher.example>$"))
		Expect(first.Deliveries[0].MessageID).NotTo(Equal(first.Deliveries[1].MessageID))

		notice.Record(&s.Alerts[0].Deliveries[0], attempt.Result{MessageID: first.Deliveries[0].MessageID}, now)
		p.Now = now.Add(time.Hour)
		s = next(p, s)
		Expect(s.Alerts[0].Deliveries[0].State).To(Equal(v1alpha1.NoticeSent))
		Expect(s.Alerts[0].Since.Time).To(Equal(now))

		p.Causes = nil
		s = next(p, s)
		Expect(s.Alerts).To(BeEmpty())
		p.Causes = []notice.Alert{lost}
		s = next(p, s)
		Expect(s.Alerts[0]).To(And(HaveField("ID", BeEquivalentTo(2)), HaveField("Since.Time", p.Now)))
		Expect(s.Alerts[0].Deliveries[0]).To(And(HaveField("State", v1alpha1.NoticeQueued), HaveField("MessageID", Not(Equal(first.Deliveries[0].MessageID)))))
	})

	It("are told to a new contact as well, and no longer to one who is gone", func() {
		p := planOf(desk)
		p.Causes = []notice.Alert{lost}
		s := next(p, v1alpha1.NoticesStatus{})
		id := s.Alerts[0].Deliveries[0].MessageID
		notice.Record(&s.Alerts[0].Deliveries[0], attempt.Result{MessageID: id}, now)
		p.Alerts = []notice.Destination{{Type: v1alpha1.MethodEmail, Value: "DESK@acme.example"}, night}
		s = next(p, s)
		Expect(s.Alerts[0].Deliveries).To(HaveExactElements(
			And(HaveField("Value", desk.Value), HaveField("State", v1alpha1.NoticeSent)),
			And(HaveField("Value", night.Value), HaveField("State", v1alpha1.NoticeQueued))))
		p.Alerts = nil
		s = next(p, s)
		Expect(s.Alerts[0].Deliveries).To(BeNil(), "it is still open")
	})

	It("about seats last while one goes and the next comes", func() {
		p := planOf(desk)
		p.Causes = []notice.Alert{seatsGone}
		s := next(p, v1alpha1.NoticesStatus{})
		p.Causes, p.Now = nil, now.Add(time.Minute)
		s, wait := p.Next(s)
		Expect(wait).To(Equal(notice.SeatsHold))
		Expect(s.Alerts[0]).To(And(HaveField("ID", BeEquivalentTo(1)), HaveField("ClearedTime.Time", p.Now)))
		p.Causes, p.Now = []notice.Alert{seatsGone}, now.Add(2*time.Minute)
		s = next(p, s)
		Expect(s.Alerts).To(HaveExactElements(And(HaveField("ID", BeEquivalentTo(1)), HaveField("ClearedTime", BeNil()))))

		p.Causes = nil
		s = next(p, s)
		p.Now = p.Now.Add(notice.SeatsHold)
		Expect(next(p, s).Alerts).To(BeEmpty())
	})

	It("are so many at most; one sums up the rest", func() {
		p := planOf(desk)
		for n := range 70 {
			p.Causes = append(p.Causes, notice.Alert{Reason: v1alpha1.AlertInvitationUndeliverable, Subject: fmt.Sprintf("Invitation/team/%02d@acme.example", n)})
		}
		s := next(p, v1alpha1.NoticesStatus{})
		Expect(s.Alerts).To(HaveLen(65))
		more := s.Alerts[64]
		Expect(more).To(And(HaveField("Reason", v1alpha1.AlertMoreAlerts), HaveField("ID", BeEquivalentTo(65))))

		By("one ends, and one of the rest takes its place")
		p.Causes = p.Causes[1:]
		s = next(p, s)
		Expect(s.Alerts).To(HaveLen(65))
		Expect(s.Alerts[63]).To(And(HaveField("Subject", HaveSuffix("/64@acme.example")), HaveField("ID", BeEquivalentTo(66))))
		Expect(s.Alerts[64].ID).To(Equal(more.ID), "the rest is the same alert")

		By("all have a place")
		p.Causes = p.Causes[:10]
		Expect(next(p, s).Alerts).To(And(HaveLen(10), HaveEach(HaveField("Reason", v1alpha1.AlertInvitationUndeliverable))))

		By("many destinations")
		p = planOf()
		for n := range notice.MaxDestinations {
			p.Alerts = append(p.Alerts, notice.Destination{Type: v1alpha1.MethodEmail, Value: fmt.Sprintf("c%d@acme.example", n)})
		}
		for n := range 70 {
			p.Causes = append(p.Causes, notice.Alert{Reason: v1alpha1.AlertSeatsExhausted, Subject: fmt.Sprint(n)})
		}
		Expect(next(p, v1alpha1.NoticesStatus{}).Alerts).To(HaveLen(33), "what a status can hold")
	})

	It("GTA-13 wait for a gateway where they go to phones", func() {
		p := planOf(phone, desk)
		p.Causes = []notice.Alert{lost}
		s := next(p, v1alpha1.NoticesStatus{})
		Expect(s.Alerts[0].Deliveries[0].State).To(Equal(v1alpha1.NoticeNoGateway))
		Expect(s.Alerts[0].Deliveries[1].State).To(Equal(v1alpha1.NoticeQueued))
		p.Gateway = true
		s = next(p, s)
		Expect(s.Alerts[0].Deliveries[0].State).To(Equal(v1alpha1.NoticeQueued))
		p.Gateway = false
		Expect(next(p, s).Alerts[0].Deliveries[0].State).To(Equal(v1alpha1.NoticeNoGateway))
	})
})

var _ = Describe("A delivery", func() {
	var s v1alpha1.NoticeDeliveryStatus

	BeforeEach(func() {
		s = v1alpha1.NoticeDeliveryStatus{State: v1alpha1.NoticeQueued, MessageID: "<1@usher.example>"}
	})
	record := func(d attempt.Result) {
		d.MessageID = "<1@usher.example>"
		notice.Record(&s, d, now)
	}

	due := func() time.Duration {
		GinkgoHelper()
		wait, queued := notice.NextAttempt(&s, now)
		Expect(queued).To(BeTrue())
		return wait
	}

	It("is tried again later and later after a failure, and not after a refusal", func() {
		Expect(due()).To(BeZero())
		record(attempt.Result{Error: "451"})
		Expect(due()).To(Equal(10 * time.Second))
		record(attempt.Result{Error: "451"})
		Expect(due()).To(Equal(20 * time.Second))
		Expect(s).To(And(HaveField("Attempts", BeEquivalentTo(2)), HaveField("LastError", "451")))
		record(attempt.Result{Error: "550", Permanent: true})
		_, queued := notice.NextAttempt(&s, now)
		Expect(queued).To(BeFalse())
		Expect(s).To(And(HaveField("State", v1alpha1.NoticeFailed), HaveField("NextAttemptTime", BeNil())))
	})

	It("that was not tried is put off without an attempt", func() {
		record(attempt.Result{Error: errors.New("down").Error(), RetryAt: now.Add(time.Second)})
		Expect(s).To(And(HaveField("State", v1alpha1.NoticeQueued), HaveField("Attempts", BeZero()), HaveField("LastError", "down")))
		Expect(due()).To(Equal(2 * time.Second))
	})

	It("is recorded once", func() {
		record(attempt.Result{})
		Expect(s).To(And(HaveField("State", v1alpha1.NoticeSent), HaveField("LastError", BeEmpty())))
		record(attempt.Result{Error: "late", Permanent: true})
		Expect(s.State).To(Equal(v1alpha1.NoticeSent))
	})
})
