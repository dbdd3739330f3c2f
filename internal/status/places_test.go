// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A large status", func() {
	sent := func(people int) (before, after *v1alpha1.Invitation) {
		before = builders.Invitation("acme", "team", "luis@acme.example").Obj()
		before.ResourceVersion = "42"
		for n := range people {
			before.Status.Recipients = append(before.Status.Recipients, v1alpha1.RecipientStatus{
				Email: v1alpha1.EmailAddress(fmt.Sprintf("person-%d@acme.example", n)), OnboardingStatus: v1alpha1.OnboardingStatus{
					State: v1alpha1.RecipientInvited, Mail: &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, State: v1alpha1.MailQueued},
				},
			})
		}
		after = before.DeepCopy()
		after.Status.Recipients[1].Mail.State = v1alpha1.MailSent
		return before, after
	}
	places := MatchJSON(`[{"op": "replace", "path": "/metadata/resourceVersion", "value": "42"},
		{"op": "replace", "path": "/status/recipients/1/mail/state", "value": "Sent"}]`)

	It("is written by the places that differ, under the resource version", func(ctx SpecContext) {
		w := &writer{}
		before, after := sent(100)
		Expect(status.Write(ctx, w, before, after)).To(BeTrue())
		Expect(w.patches).To(ConsistOf(places))
	})

	It("is written as a whole when most of it differs, and when it is small", func(ctx SpecContext) {
		w := &writer{}
		before, after := sent(100)
		for n := range after.Status.Recipients {
			after.Status.Recipients[n].Mail.State, after.Status.Recipients[n].User = v1alpha1.MailSent, "person"
		}
		Expect(status.Write(ctx, w, before, after)).To(BeTrue())
		before, after = sent(2)
		Expect(status.Write(ctx, w, before, after)).To(BeTrue())
		whole := HavePrefix(`{"metadata":{"resourceVersion":"42"}`)
		Expect(w.patches).To(HaveExactElements(whole, whole))
	})

	It("is a conflict when it has changed", func(ctx SpecContext) {
		w := &writer{errors: []error{conflict()}}
		before, after := sent(100)
		_, err := status.Write(ctx, w, before, after)
		Expect(apierrors.IsConflict(err)).To(BeTrue())
		Expect(w.patches).To(HaveLen(1))
	})

	It("is a conflict when it has changed so that a place is gone", func(ctx SpecContext) {
		gone := apierrors.NewInvalid(v1alpha1.GroupVersion.WithKind("Invitation").GroupKind(), "", nil)
		w := &writer{errors: []error{gone, conflict()}}
		before, after := sent(100)
		_, err := status.Write(ctx, w, before, after)
		Expect(apierrors.IsConflict(err)).To(BeTrue())
		Expect(w.patches).To(HaveExactElements(places, HavePrefix(`{"metadata":{"resourceVersion":"42"}`)))
	})
})

var _ = Describe("AmendRead", func() {
	It("starts from what was read, and from the newest state after a conflict", func(ctx SpecContext) {
		w, n, u := &writer{errors: []error{conflict()}}, &newest{}, read()
		Expect(status.AmendRead(ctx, n, w, u, func() error {
			u.Status.LastActive = "seen in " + u.ResourceVersion
			return nil
		})).To(Succeed())
		Expect(w.patches).To(HaveExactElements(
			MatchJSON(`{"metadata": {"resourceVersion": "42"}, "status": {"lastActive": "seen in 42"}}`),
			MatchJSON(`{"metadata": {"resourceVersion": "101"}, "status": {"lastActive": "seen in 101"}}`)))
		Expect(n.reads).To(Equal(1))
	})
})
