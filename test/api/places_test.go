// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// What the API server makes of the two patches with which a large status is written.
var _ = Describe("A large status that is written by place", func() {
	var stored, old *v1alpha1.Invitation
	BeforeEach(func(ctx SpecContext) {
		stored = builders.Invitation(env.Namespace(ctx, "place"), "team", "luis@acme.example").Obj()
		Expect(env.Client.Create(ctx, stored)).To(Succeed())
		before := stored.DeepCopy()
		for n := range 100 {
			stored.Status.Recipients = append(stored.Status.Recipients, v1alpha1.RecipientStatus{
				Email: v1alpha1.EmailAddress(fmt.Sprintf("person-%d@acme.example", n)), OnboardingStatus: v1alpha1.OnboardingStatus{
					State: v1alpha1.RecipientInvited, Mail: &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, State: v1alpha1.MailQueued},
				},
			})
		}
		Expect(status.Write(ctx, env.Client, before, stored)).To(BeTrue())
		old = stored.DeepCopy()
	})

	sendTo := func(ctx SpecContext, i *v1alpha1.Invitation, n int) error {
		before := i.DeepCopy()
		i.Status.Recipients[n].Mail.State = v1alpha1.MailSent
		_, err := status.Write(ctx, env.Client, before, i)
		return err
	}
	states := func(ctx SpecContext) map[v1alpha1.MailState]int {
		GinkgoHelper()
		var i v1alpha1.Invitation
		Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(stored), &i)).To(Succeed())
		counts := map[v1alpha1.MailState]int{}
		for _, r := range i.Status.Recipients {
			if r.Mail != nil {
				counts[r.Mail.State]++
			}
		}
		return counts
	}

	It("OPS-9 changes those places, and is a conflict for a writer who has not seen that", func(ctx SpecContext) {
		Expect(sendTo(ctx, stored, 7)).To(Succeed())
		Expect(sendTo(ctx, stored, 8)).To(Succeed(), "from what the answer said")
		Expect(apierrors.IsConflict(sendTo(ctx, old, 9))).To(BeTrue())
		Expect(states(ctx)).To(Equal(map[v1alpha1.MailState]int{v1alpha1.MailSent: 2, v1alpha1.MailQueued: 98}))
	})

	It("OPS-9 is a conflict when the place is gone", func(ctx SpecContext) {
		before := stored.DeepCopy()
		stored.Status.Recipients[9].Mail = nil
		Expect(status.Write(ctx, env.Client, before, stored)).To(BeTrue())
		Expect(apierrors.IsConflict(sendTo(ctx, old, 9))).To(BeTrue())
		Expect(states(ctx)).To(Equal(map[v1alpha1.MailState]int{v1alpha1.MailQueued: 99}))
	})
})
