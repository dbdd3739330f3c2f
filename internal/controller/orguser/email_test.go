// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A change of address", func() {
	const from, to = "luis@acme.example", "luis.gil@acme.example"
	var luis *v1alpha1.OrgUser
	BeforeEach(func() {
		luis = builders.OrgUser("acme", "luis").Email(to).Obj()
		luis.UID, luis.Generation = "7d6c9a52-5f0e-4a34-9d5f-0b5b6b1f6c01", 3
		luis.Status = v1alpha1.OrgUserStatus{
			State: v1alpha1.UserActive, Email: from, Username: from, UsernameSource: v1alpha1.UsernameFromAddress,
		}
		status.Set(luis, v1alpha1.ConditionAccepted, true, v1alpha1.ReasonAccepted, "the person has accepted")
	})

	// pass makes a pass over the address of luis at a time, and returns the user with the conditions.
	pass := func(ctx context.Context, at time.Time, others ...client.Object) (*v1alpha1.OrgUser, error) {
		GinkgoHelper()
		c := fakeClient(ctx, interceptor.Funcs{}, append(others, luis)...)
		Expect(c.Get(ctx, client.ObjectKeyFromObject(luis), luis)).To(Succeed())
		r := overFake(c)
		r.now = func() time.Time { return at }
		s := &scope{before: luis.DeepCopy(), user: luis, facts: effective.UserFacts{
			User: luis, Organization: builders.Organization("acme").Obj(),
		}, in: effective.InForce{State: v1alpha1.UserActive}}
		err := r.reconcileEmail(ctx, s)
		setConditions(s, nil)
		luis.ResourceVersion = ""
		return luis, err
	}
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	confirmed := func(ctx context.Context) {
		GinkgoHelper()
		_, err := pass(ctx, noon)
		Expect(err).NotTo(HaveOccurred())
		luis.Status.EmailChange.ConfirmationTime = new(metav1.NewTime(noon))
	}

	It("ORG-18 asks the person, and waits until the link expires; the annotation asks again with the same link", func(ctx context.Context) {
		u, err := pass(ctx, noon)
		Expect(err).NotTo(HaveOccurred())
		Expect(u).To(matchers.HaveCondition("Ready", metav1.ConditionTrue, v1alpha1.ReasonAwaitingConfirmation))
		Expect(u.Status.EmailChange).To(And(HaveField("Generation", BeEquivalentTo(3)), HaveField("SendCount", BeEquivalentTo(1))))
		Expect(pass(ctx, noon.Add(8*24*time.Hour))).To(matchers.HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonAddressNotConfirmed))
		luis.Annotations = map[string]string{v1alpha1.AnnotationResend: "1"}
		u, err = pass(ctx, noon.Add(8*24*time.Hour))
		Expect(err).NotTo(HaveOccurred())
		Expect(u).To(matchers.HaveCondition("Ready", metav1.ConditionTrue, v1alpha1.ReasonAwaitingConfirmation))
		Expect(u.Status.EmailChange).To(And(HaveField("Generation", BeEquivalentTo(3)), HaveField("SendCount", BeEquivalentTo(2))))
		Expect(u.Status.Email).To(Equal(from))
	})

	It("is cancelled by the former address, and requested anew by another link", func(ctx context.Context) {
		_, err := pass(ctx, noon)
		Expect(err).NotTo(HaveOccurred())
		luis.Spec.Email, luis.Generation = "Luis@acme.example", 4
		Expect(pass(ctx, noon)).To(HaveField("Status.EmailChange", BeNil()))
		luis.Spec.Email, luis.Generation = to, 5
		Expect(pass(ctx, noon)).To(HaveField("Status.EmailChange.Generation", BeEquivalentTo(5)))
	})

	It("ORG-28 comes into force once it is confirmed, and the user name follows", func(ctx context.Context) {
		confirmed(ctx)
		u, err := pass(ctx, noon)
		Expect(err).To(MatchError(errPostponed))
		Expect(u.Status).To(And(HaveField("Email", to), HaveField("EmailChange", BeNil()), HaveField("FormerEmails", HaveExactElements(from))))
		Expect(effective.Usernames{}.Of(u)).To(Equal(to))
	})

	It("ORG-28 leaves an account that has the address in force alone, however old the claim is", func(ctx context.Context) {
		confirmed(ctx)
		other := builders.OrgUser("acme", "other").Email("LUIS.GIL@acme.example").Obj()
		other.Status.State = v1alpha1.UserActive
		u, err := pass(ctx, noon, other)
		Expect(err).NotTo(HaveOccurred())
		Expect(u.Status).To(HaveField("Email", from))
		Expect(u).To(matchers.HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonDuplicateAddress))
	})

	It("ORG-28 stalls a later account that waits for the address before it comes into force", func(ctx context.Context) {
		confirmed(ctx)
		other := builders.OrgUser("acme", "other").Email(to).Existing().Obj()
		other.CreationTimestamp = metav1.NewTime(noon.Add(time.Hour))
		c := fakeClient(ctx, interceptor.Funcs{}, other, luis)
		facts, err := overFake(c).cache.UserFacts(ctx, other)
		Expect(err).NotTo(HaveOccurred())
		Expect(facts.AddressOwner).To(Equal("luis"))
		Expect(effective.UserInForce(facts)).To(HaveField("State", v1alpha1.UserPending))
		luis.ResourceVersion = ""
		_, err = pass(ctx, noon.Add(2*time.Hour), other)
		Expect(err).To(MatchError(errPostponed))
		Expect(luis.Status.Email).To(Equal(to))
	})

	It("does not wait for anybody who need not confirm", func(ctx context.Context) {
		luis.Spec.Onboarding = v1alpha1.OnboardingNone
		_, err := pass(ctx, noon)
		Expect(err).To(MatchError(errPostponed))
		Expect(luis.Status.Email).To(Equal(to))
	})

	It("ORG-22 is none for a person whom an Invitation invites", func(ctx context.Context) {
		luis.Labels = map[string]string{v1alpha1.LabelInvitation: "team"}
		status.Set(luis, v1alpha1.ConditionAccepted, false, v1alpha1.ReasonAwaitingAcceptance, "not yet")
		u, err := pass(ctx, noon)
		Expect(err).NotTo(HaveOccurred())
		Expect(u.Status).To(And(HaveField("Email", from), HaveField("EmailChange", BeNil())))
		Expect(u).To(matchers.HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonAddressNotConfirmed))
	})
})
