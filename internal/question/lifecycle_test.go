// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/linktoken"
)

var (
	noon  = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	taken = attempt.Result{}
	later = attempt.Result{Error: "451 later"}
	never = attempt.Result{Error: "550 never", Permanent: true}
)

// asked returns a question of Clara's that waits for her confirmation.
func asked() *Question {
	q := &Question{
		Record: Record{
			Organization: "acme", Workspace: "support", WorkspaceUID: "8a7b1f1c-0000-4000-8000-000000000001", Reference: "K7M29QXD",
			Subject: "El quiosco no arranca", Asker: linktoken.AddressDigest("clara@customer.example"),
			Address: "clara@customer.example", Language: "es", Queue: "cola@acme.example",
		},
		Name: "Clara Ruiz", Text: "Pita tres veces.\nY nada más.",
	}
	q.Ask(noon)
	return q
}

// due returns the mails to be sent by now.
func due(q *Question, now time.Time) []Kind {
	var kinds []Kind
	for _, kind := range q.Pending() {
		if !now.Before(q.Mail(kind).NextAttempt) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

var _ = Describe("A question", func() {
	It("waits for its asker to confirm, is received and passed on; then what the asker wrote is deleted (GTA-8)", func() {
		q := asked()
		Expect(due(q, noon)).To(Equal([]Kind{KindConfirmation}))
		q.Note(KindConfirmation, taken, noon)
		Expect(due(q, noon)).To(BeEmpty())
		Expect(q.Wait(noon)).To(Equal(ConfirmWithin))

		Expect(q.Confirm(noon.Add(time.Hour))).To(BeTrue())
		Expect(q.State).To(Equal(Received))
		Expect(q.Confirm(noon.Add(time.Hour))).To(BeFalse(), "once is enough")
		Expect(due(q, noon.Add(time.Hour))).To(Equal([]Kind{KindReceipt, KindQuestion}))

		q.Note(KindQuestion, taken, noon.Add(2*time.Hour))
		Expect(q.State).To(Equal(Passed))
		Expect(q.Open()).To(BeFalse())
		Expect([]string{q.Name, q.Text}).To(HaveEach(BeEmpty()))
		q.Note(KindReceipt, taken, noon.Add(2*time.Hour))
		Expect(q.Address).NotTo(BeEmpty(), "her account is still to come")
		q.NoteAccount()
		Expect(q.Address).To(BeEmpty())
		Expect(q.Subject).NotTo(BeEmpty())
		Expect(q.Ended(noon.Add(2*time.Hour + KeepFor - time.Second))).To(BeFalse())
		Expect(q.Ended(noon.Add(2*time.Hour + KeepFor))).To(BeTrue())
	})

	It("ends if it is not confirmed in time, and can no longer be confirmed", func() {
		q := asked()
		Expect(q.Ended(noon.Add(ConfirmWithin - time.Second))).To(BeFalse())
		Expect(q.Ended(noon.Add(ConfirmWithin))).To(BeTrue())
		Expect(q.Confirm(noon.Add(ConfirmWithin))).To(BeFalse())
		Expect(q.State).To(Equal(Waiting))
	})

	It("is retried at growing intervals while the mail server has trouble, and keeps its text", func() {
		q := asked()
		q.Confirm(noon)
		q.Note(KindReceipt, taken, noon)
		at := noon
		for _, wait := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second} {
			q.Note(KindQuestion, later, at)
			Expect(due(q, at)).To(BeEmpty())
			Expect(q.Wait(at)).To(Equal(wait))
			at = at.Add(wait)
			Expect(due(q, at)).To(Equal([]Kind{KindQuestion}))
		}
		Expect(q.State).To(Equal(Received))
		Expect(q.Text).NotTo(BeEmpty())
		q.Note(KindQuestion, attempt.Result{Error: "not tried", RetryAt: at.Add(time.Minute)}, at)
		Expect(q.Forward.Attempts).To(BeEquivalentTo(3), "only attempts that were made count")
		Expect(q.Ended(noon.Add(KeepFor))).To(BeTrue())
	})

	It("that the queue refuses permanently is kept and retried every day, and at once when the queue's address changes", func() {
		q := asked()
		q.Confirm(noon)
		q.NoteAccount()
		q.Note(KindQuestion, never, noon)
		Expect(q.State).To(Equal(Failed))
		Expect(q.Open()).To(BeTrue())
		Expect(due(q, noon.Add(24*time.Hour-time.Second))).NotTo(ContainElement(KindQuestion))
		Expect(due(q, noon.Add(24*time.Hour))).To(ContainElement(KindQuestion))
		Expect(q.Readdress("cola@acme.example")).To(BeFalse())
		Expect(q.Readdress("")).To(BeFalse(), "the page is gone: the last known queue stays")
		Expect(q.Readdress("otra@acme.example")).To(BeTrue())
		Expect(q.State).To(Equal(Received))
		Expect(due(q, noon)).To(ContainElement(KindQuestion))
	})

	It("is not lost if the receipt or the confirmation is refused", func() {
		q := asked()
		q.Note(KindConfirmation, never, noon)
		Expect(due(q, noon.Add(time.Hour))).To(BeEmpty())
		Expect(q.Confirm(noon)).To(BeTrue(), "it may have arrived all the same")
		q.NoteAccount()
		q.Note(KindReceipt, never, noon)
		Expect(due(q, noon)).To(Equal([]Kind{KindQuestion}))
		q.Note(KindReceipt, taken, noon)
		Expect(q.Receipt.State).To(Equal(v1alpha1.MailFailed), "an outcome is final")
		q.Note(KindQuestion, taken, noon)
		Expect(q.Address).To(BeEmpty())
	})
})

var _ = Describe("OPS-9 A question whose mail waits for a budget", func() {
	It("leaves its asker the whole time to confirm", func() {
		q := asked()
		q.Note(KindConfirmation, attempt.Result{Budget: "1000 an hour for …", RetryAt: noon.Add(time.Hour - time.Second)}, noon)
		Expect(due(q, noon.Add(59*time.Minute))).To(BeEmpty())
		Expect(due(q, noon.Add(time.Hour))).To(Equal([]Kind{KindConfirmation}))
		Expect(q.Confirmation.Budget).NotTo(BeEmpty())
		q.Note(KindConfirmation, taken, noon.Add(time.Hour))
		Expect(q.Confirmation).To(And(HaveField("Budget", BeEmpty()), HaveField("Attempts", BeEquivalentTo(1))))
		Expect(q.ConfirmBy()).To(Equal(noon.Add(25 * time.Hour)))
		Expect(q.Confirm(noon.Add(24*time.Hour + 30*time.Minute))).To(BeTrue())
	})

	It("is not lost", func() {
		q := asked()
		Expect(q.Confirm(noon)).To(BeTrue())
		q.Note(KindQuestion, attempt.Result{Budget: "2000 a day for …", RetryAt: noon.Add(time.Hour)}, noon)
		Expect(q.State).To(Equal(Received))
		q.Note(KindQuestion, taken, noon.Add(2*time.Hour))
		Expect(q.State).To(Equal(Passed))
	})
})
