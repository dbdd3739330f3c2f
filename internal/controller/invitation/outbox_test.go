// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The due mails of an Invitation", func() {
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	at := func(after time.Duration) *metav1.Time { return &metav1.Time{Time: now.Add(after)} }
	recipient := func(email string, kind v1alpha1.MailKind, next *metav1.Time) v1alpha1.RecipientStatus {
		return v1alpha1.RecipientStatus{Email: v1alpha1.EmailAddress(email), OnboardingStatus: v1alpha1.OnboardingStatus{
			State: v1alpha1.RecipientInvited, ExpirationTime: at(time.Hour),
			Mail: &v1alpha1.MailStatus{Kind: kind, State: v1alpha1.MailQueued, NextAttemptTime: next},
		}}
	}
	outboxOf := func(change func(*v1alpha1.Invitation)) *outbox {
		i := builders.Invitation("acme", "team", "luis@acme.example").Obj()
		i.Generation, i.Status.ObservedGeneration = 2, 2
		i.Status.Recipients = []v1alpha1.RecipientStatus{
			recipient("luis@acme.example", v1alpha1.MailInvitation, nil),
			recipient("eva@acme.example", v1alpha1.MailInvitation, at(time.Minute)),
			recipient("sam@acme.example", v1alpha1.MailConfirmation, at(-time.Minute)),
		}
		change(i)
		return &outbox{Mail: &Mail{now: func() time.Time { return now }}, invitation: i}
	}
	due := func(box *outbox) []string {
		messages := slices.DeleteFunc(box.Pending(), func(m delivery.Message) bool { return m.Wait > 0 })
		slices.SortStableFunc(messages, func(a, b delivery.Message) int { return b.Urgency - a.Urgency })
		out := []string{}
		for _, m := range messages {
			out = append(out, m.ID)
		}
		return out
	}
	unchanged := func(*v1alpha1.Invitation) {}

	It("are those that are queued and not delayed, first those that people wait for in front of a page", func() {
		Expect(due(outboxOf(unchanged))).To(Equal([]string{"sam@acme.example", "luis@acme.example"}))
	})

	DescribeTable("are none", func(change func(*v1alpha1.Invitation)) {
		Expect(due(outboxOf(change))).To(BeEmpty())
	},
		Entry("before the newest spec is observed", func(i *v1alpha1.Invitation) { i.Generation++ }),
		Entry("when the Invitation is being deleted", func(i *v1alpha1.Invitation) { i.DeletionTimestamp = at(0) }),
		Entry("when the links have expired", func(i *v1alpha1.Invitation) {
			for n := range i.Status.Recipients {
				i.Status.Recipients[n].ExpirationTime = at(-time.Second)
			}
		}),
		Entry("when all mails are sent", func(i *v1alpha1.Invitation) {
			for n := range i.Status.Recipients {
				i.Status.Recipients[n].Mail.State = v1alpha1.MailSent
			}
		}),
	)

	It("do not include a delayed mail, which is still pending", func() {
		later := outboxOf(func(i *v1alpha1.Invitation) { i.Status.Recipients = i.Status.Recipients[1:2] })
		Expect(later.Pending()).To(ConsistOf(HaveField("Wait", time.Minute)))
		Expect(outboxOf(func(i *v1alpha1.Invitation) { i.Status.Recipients = nil }).Pending()).To(BeEmpty())
	})

	It("are rendered by their exact address, and not at all when they are not queued", func(ctx SpecContext) {
		box := outboxOf(func(i *v1alpha1.Invitation) {
			i.Status.Recipients = append(i.Status.Recipients, recipient("Luis@acme.example", v1alpha1.MailInvitation, nil))
			i.Status.Recipients[0].Mail = nil // the first of two who are one account's
		})
		box.organization = builders.Organization("acme").Obj()
		scheme := runtime.NewScheme()
		Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
		box.cache = lookup.New(fake.NewClientBuilder().WithScheme(scheme).Build(), effective.IntakeDomains{})
		Expect(due(box)).To(ContainElement("Luis@acme.example"))
		Expect(box.Render(ctx, "Luis@acme.example")).NotTo(BeNil())
		Expect(box.Render(ctx, "luis@acme.example")).To(BeNil())
		Expect(box.Render(ctx, "nobody@acme.example")).To(BeNil())
	})
})
