// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

// sizeAtWorst returns how many bytes of JSON the notices take if each message has failed with a long error.
func sizeAtWorst(s v1alpha1.NoticesStatus) int {
	worst := s.DeepCopy()
	for a := range worst.Alerts {
		for d := range worst.Alerts[a].Deliveries {
			m := &worst.Alerts[a].Deliveries[d]
			m.State, m.Attempts, m.NextAttemptTime = v1alpha1.NoticeNoGateway, 10, &metav1.Time{Time: now}
			m.LastError = strings.Repeat("x", 200)
		}
	}
	data, err := json.Marshal(worst)
	Expect(err).NotTo(HaveOccurred())
	return len(data)
}

// planOf returns a plan with alerts to these destinations; weekly reports go to nobody.
func planOf(alerts ...notice.Destination) notice.Plan {
	return notice.Plan{
		UID: "1", Alerts: alerts, MailDomain: "usher.example", Now: now,
		Schedule: notice.ScheduleOf(builders.Organization("acme").Obj()),
	}
}

// next returns what follows from the present notices, and checks that planning again changes nothing.
func next(p notice.Plan, present v1alpha1.NoticesStatus) v1alpha1.NoticesStatus {
	GinkgoHelper()
	s, _ := p.Next(present)
	again, _ := p.Next(s)
	Expect(equality.Semantic.DeepEqual(again, s)).To(BeTrue(), "a plan that is applied changes nothing")
	return s
}

var _ = Describe("Alerts", func() {
	It("GTA-12 are sent once, one message for each destination, and again when they reopen", func() {
		p := planOf(desk, night)
		Expect(next(p, v1alpha1.NoticesStatus{})).To(Equal(v1alpha1.NoticesStatus{}), "nothing is to be sent")
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

	It("are sent to a new contact as well, and no longer to one who is gone", func() {
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

	It("about seats last while one person leaves and the next takes the seat", func() {
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

	It("GTA-11 about the seats of a module end when it is removed from the subscription", func() {
		p := planOf(desk)
		p.Causes = []notice.Alert{seatsGone}
		s := next(p, v1alpha1.NoticesStatus{})
		p.Causes, p.Ended = nil, func(a notice.Alert) bool { return a.Subject == "other" }
		Expect(next(p, s).Alerts).To(HaveLen(1))
		p.Ended = func(a notice.Alert) bool { return a == seatsGone }
		Expect(next(p, s).Alerts).To(BeEmpty(), "nobody is told any more that it is full")
	})

	It("SIG-5 about a request to leave go to the administrators if no contact gets alerts, and once for whoever changes their mind", func() {
		asks := notice.Alert{Reason: v1alpha1.AlertLeaveRequested, Subject: "luis"}
		p := planOf()
		p.Administrators, p.Causes = []notice.Destination{night}, []notice.Alert{asks, seatsGone}
		s := next(p, v1alpha1.NoticesStatus{})
		Expect(s.Alerts).To(HaveExactElements(
			And(HaveField("Subject", "luis"), HaveField("Deliveries", HaveExactElements(HaveField("Value", night.Value)))),
			And(HaveField("Subject", "desk"), HaveField("Deliveries", BeEmpty()))))
		p.Alerts = []notice.Destination{desk}
		Expect(next(p, s).Alerts[0].Deliveries).To(HaveExactElements(HaveField("Value", desk.Value)), "there is a contact now")

		By("withdrawing, and asking again on the same day")
		p.Causes, p.Now = nil, now.Add(time.Hour)
		s = next(p, s)
		p.Causes, p.Now = []notice.Alert{asks}, now.Add(2*time.Hour)
		s = next(p, s)
		Expect(s.Alerts[0]).To(And(HaveField("ID", BeEquivalentTo(1)), HaveField("ClearedTime", BeNil())))

		By("withdrawing for good, and being removed")
		p.Causes = nil
		s = next(p, s)
		ended := p
		ended.Ended = func(a notice.Alert) bool { return a == asks }
		Expect(next(ended, s).Alerts).NotTo(ContainElement(HaveField("Subject", "luis")))
		p.Now = p.Now.Add(notice.LeaveHold)
		Expect(next(p, s).Alerts).To(BeEmpty())
	})

	It("are limited in number; one sums up the rest", func() {
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
		Expect(s.Alerts[64].ID).To(Equal(more.ID), "the alert about the rest stays the same")

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
		s = next(p, v1alpha1.NoticesStatus{})
		Expect(s.Alerts).To(HaveLen(9), "what a status can hold")
		Expect(s.Alerts[8].Reason).To(Equal(v1alpha1.AlertMoreAlerts))
		Expect(sizeAtWorst(s)).To(BeNumerically("<", 300<<10))
	})

	It("OPS-9 fit in the status, however many destinations are added while they are open", func() {
		p := planOf()
		for n := range 64 {
			p.Causes = append(p.Causes, notice.Alert{Reason: v1alpha1.AlertSeatsExhausted, Subject: fmt.Sprint(n)})
		}
		var s v1alpha1.NoticesStatus
		for n := range notice.MaxDestinations {
			p.Alerts = append(p.Alerts, notice.Destination{Type: v1alpha1.MethodEmail, Value: fmt.Sprintf("c%d@acme.example", n)})
			s = next(p, s)
		}
		Expect(s.Alerts).To(HaveLen(64), "none of them is closed")
		Expect(s.Alerts[0].Deliveries).To(HaveLen(notice.MaxDestinations))
		Expect(len(s.Alerts[63].Deliveries)).To(BeNumerically("<", 10))
		Expect(sizeAtWorst(s)).To(BeNumerically("<", 300<<10))

		By("the alerts that end make room")
		p.Causes, p.Now = p.Causes[56:], p.Now.Add(notice.SeatsHold)
		s = next(p, s)
		p.Now = p.Now.Add(notice.SeatsHold)
		s = next(p, s)
		Expect(s.Alerts).To(And(HaveLen(8), HaveEach(HaveField("Deliveries", HaveLen(notice.MaxDestinations)))))
	})

	It("GTA-13 to phones wait for a gateway", func() {
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
