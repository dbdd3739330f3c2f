// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import (
	"strings"
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

// asked is a question of Clara's that waits for her confirmation.
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

// due returns the mails that are to be sent by now.
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
	It("waits for its asker to confirm, is received and passed on; then what she wrote is forgotten (GTA-8)", func() {
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
		q.SeeToAccount()
		Expect(q.Address).To(BeEmpty())
		Expect(q.Subject).NotTo(BeEmpty())
		Expect(q.Ended(noon.Add(2*time.Hour + KeepFor - time.Second))).To(BeFalse())
		Expect(q.Ended(noon.Add(2*time.Hour + KeepFor))).To(BeTrue())
	})

	It("ends when it is not confirmed in time, and cannot be confirmed any more", func() {
		q := asked()
		Expect(q.Ended(noon.Add(ConfirmWithin - time.Second))).To(BeFalse())
		Expect(q.Ended(noon.Add(ConfirmWithin))).To(BeTrue())
		Expect(q.Confirm(noon.Add(ConfirmWithin))).To(BeFalse())
		Expect(q.State).To(Equal(Waiting))
	})

	It("is tried again with growing pauses while the mail server has trouble, and keeps all it says", func() {
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
		Expect(q.Forward.Attempts).To(BeEquivalentTo(3), "an attempt is one that was made")
		Expect(q.Ended(noon.Add(KeepFor))).To(BeTrue())
	})

	It("that the queue refuses for good is kept, tried each day, and at once when the queue's address changes", func() {
		q := asked()
		q.Confirm(noon)
		q.SeeToAccount()
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

	It("loses nothing when the receipt or the confirmation is refused", func() {
		q := asked()
		q.Note(KindConfirmation, never, noon)
		Expect(due(q, noon.Add(time.Hour))).To(BeEmpty())
		Expect(q.Confirm(noon)).To(BeTrue(), "it may have arrived all the same")
		q.SeeToAccount()
		q.Note(KindReceipt, never, noon)
		Expect(due(q, noon)).To(Equal([]Kind{KindQuestion}))
		q.Note(KindReceipt, taken, noon)
		Expect(q.Receipt.State).To(Equal(v1alpha1.MailFailed), "what is noted is noted")
		q.Note(KindQuestion, taken, noon)
		Expect(q.Address).To(BeEmpty())
	})
})

var _ = DescribeTable("Counts tell the limit that is reached", func(c Counts, want Limit) {
	Expect(c.Reached()).To(Equal(want))
},
	Entry(nil, Counts{}, Limit("")),
	Entry(nil, Counts{AddressOpen: 4, AddressToday: 19, WorkspaceOpen: 199, OrganizationOpen: 999}, Limit("")),
	Entry(nil, Counts{AddressOpen: 5}, LimitAddress),
	Entry(nil, Counts{AddressToday: 20}, LimitDay),
	Entry(nil, Counts{WorkspaceOpen: 200}, LimitWorkspace),
	Entry(nil, Counts{OrganizationOpen: 1000}, LimitWorkspace),
)

var _ = Describe("The record", func() {
	It("comes back as it was written, in every state", func() {
		waiting, received, failed, passed := asked(), asked(), asked(), asked()
		for _, q := range []*Question{received, failed, passed} {
			q.Confirm(noon)
		}
		failed.Note(KindQuestion, never, noon)
		passed.SeeToAccount()
		passed.Note(KindQuestion, taken, noon)
		passed.Note(KindReceipt, taken, noon)
		for _, q := range []*Question{waiting, received, failed, passed} {
			data, err := Encode(q)
			Expect(err).NotTo(HaveOccurred())
			Expect(Decode(data)).To(Equal(q))
		}
		data, err := Encode(passed)
		Expect(err).NotTo(HaveOccurred())
		Expect(data).To(And(HaveLen(1), HaveKeyWithValue(keyRecord, Not(Or(ContainSubstring("clara"), ContainSubstring("Clara"))))))
	})

	DescribeTable("is refused when somebody has changed it, and the error tells nothing of it", func(change func(map[string][]byte)) {
		data, err := Encode(asked())
		Expect(err).NotTo(HaveOccurred())
		change(data)
		_, err = Decode(data)
		Expect(err).To(HaveOccurred())
		Expect(err.Error()).NotTo(Or(ContainSubstring("quiosco"), ContainSubstring("clara"), ContainSubstring("Pita")))
	},
		Entry("no record", func(d map[string][]byte) { delete(d, keyRecord) }),
		Entry("no text", func(d map[string][]byte) { delete(d, keyText) }),
		Entry("a long record", func(d map[string][]byte) { d[keyRecord] = append(d[keyRecord], make([]byte, maxRecord)...) }),
		Entry("two records", func(d map[string][]byte) { d[keyRecord] = append(d[keyRecord], d[keyRecord]...) }),
		Entry("no JSON", func(d map[string][]byte) { d[keyRecord] = []byte("quiosco") }),
		Entry("a long text", func(d map[string][]byte) { d[keyText] = []byte(strings.Repeat("a", MaxTextBytes+1)) }),
		Entry("no text of characters", func(d map[string][]byte) { d[keyText] = []byte{0xff} }),
		Entry("an unknown state", edited("Waiting", "Lost")),
		Entry("an unknown field", edited("{", `{"x":1,`)),
		Entry("no time", edited("2026-11-22", "0001-01-01", "12:00:00", "00:00:00")),
		Entry("no digest", edited(linktoken.AddressDigest("clara@customer.example"), "clara@customer.example")),
		Entry("no queue", edited("cola@acme.example", "")),
	)

	It("has a name by form and words, and a reference that can be read out", func() {
		q, other := asked(), asked()
		other.Text += "."
		Expect(Name("f", q)).To(And(Equal(Name("f", asked())), Not(Equal(Name("g", q))), Not(Equal(Name("f", other)))))
		Expect(Name("f", q)).To(MatchRegexp("^question-[0-9a-f]{32}$"))
		Expect(Reference(Name("f", q))).To(MatchRegexp("^[0-9A-HJKMNP-TV-Z]{8}$"))
	})
})

func edited(pairs ...string) func(map[string][]byte) {
	return func(data map[string][]byte) {
		for n := 0; n < len(pairs); n += 2 {
			before := string(data[keyRecord])
			data[keyRecord] = []byte(strings.Replace(before, pairs[n], pairs[n+1], 1))
			if string(data[keyRecord]) == before {
				panic("the record holds no " + pairs[n])
			}
		}
	}
}
