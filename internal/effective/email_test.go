// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// changing returns an active user who has an address in force and has requested another one at a time.
func changing(name, from, to string, since int64) *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", name).Email(to).Obj()
	u.CreationTimestamp = metav1.Unix(1, 0)
	u.Status = v1alpha1.OrgUserStatus{
		State: v1alpha1.UserActive, Email: from, Username: from, UsernameSource: v1alpha1.UsernameFromAddress,
		Conditions:  []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}},
		EmailChange: &v1alpha1.EmailChangeStatus{Email: v1alpha1.EmailAddress(to), Generation: 2, RequestTime: metav1.Unix(since, 0)},
	}
	return u
}

var _ = Describe("A changed address", func() {
	const from, to = "ana@acme.example", "Ana.Gil@acme.example"

	It("ORG-18 leaves the former one in force, with all that follows from it", func() {
		u := changing("ana", from, to, 10)
		Expect(effective.EmailOf(u)).To(BeEquivalentTo(from))
		Expect(effective.Usernames{}.Of(u)).To(Equal(from))
		Expect(effective.KeysOfUser(u)).To(ConsistOf(effective.AddressKey(from)))
		u.Status.Email, u.Status.UsernameSource = "ana.gil@acme.example", ""
		Expect(effective.EmailOf(u)).To(BeEquivalentTo(to))
		Expect(effective.Usernames{}.Of(u)).To(Equal("ana.gil@acme.example"))
		u.Spec.Username = "ana"
		Expect(effective.Usernames{}.Of(u)).To(Equal("ana"))
	})

	It("is none if only the spelling differs, or while none was in force", func() {
		u := changing("ana", from, "ANA@acme.example", 10)
		Expect(effective.ChangesEmail(u)).To(BeFalse())
		Expect(effective.EmailOf(u)).To(BeEquivalentTo("ANA@acme.example"))
		u.Status.Email = ""
		Expect(effective.ChangesEmail(u)).To(BeFalse())
	})

	It("NOV-11 is to be confirmed by everybody who has accepted, and by nobody else", func() {
		u := changing("ana", from, to, 10)
		Expect(effective.ConfirmsEmail(u)).To(BeTrue())
		u.Spec.Onboarding = v1alpha1.OnboardingNone
		Expect(effective.ConfirmsEmail(u)).To(BeFalse())
		u = changing("ana", from, to, 10)
		u.Status.Conditions = nil
		Expect(effective.ConfirmsEmail(u)).To(BeFalse())
	})

	DescribeTable("ORG-28 goes to the oldest claim", func(other *v1alpha1.OrgUser, holds, waits bool) {
		u := changing("ana", from, to, 10)
		Expect(effective.HoldsEmail(other, u)).To(Equal(holds))
		Expect(effective.ClaimsBefore(u, other)).To(Equal(waits))
	},
		Entry("not to the claimant while another account has it in force", inUseAt(to, 20), true, false),
		Entry("to an account that was declared before", declaredAt(to, 5), true, false),
		Entry("to an account that was declared in the same second", declaredAt(to, 10), true, false),
		Entry("before an account that is declared later", declaredAt(to, 20), false, true),
		Entry("to an earlier claim", changing("bea", "bea@acme.example", to, 5), true, false),
		Entry("before a later claim", changing("bea", "bea@acme.example", to, 20), false, false),
		Entry("to the first name of two claims in the same second", changing("a", "a@acme.example", to, 10), true, false),
		Entry("whatever others request", changing("bea", "bea@acme.example", "bea.gil@acme.example", 5), false, false),
		Entry("before a provisional account, which stays until then", provisionalAt(to, 5), false, false),
	)

	It("ORG-28 keeps the account that an Invitation's recipient has accepted with", func() {
		u := changing("ana", from, to, 10)
		recipient := &v1alpha1.RecipientStatus{Email: from, User: "ana"}
		u.Status.Email, u.Status.EmailChange, u.Status.FormerEmails = "ana.gil@acme.example", nil, []string{from}
		Expect(effective.IsAccountOf(u, recipient)).To(BeFalse(), "somebody else may be invited at the former address")
		recipient.State = v1alpha1.RecipientActive
		Expect(effective.IsAccountOf(u, recipient)).To(BeTrue())
		u.Status.FormerEmails = nil
		Expect(effective.IsAccountOf(u, recipient)).To(BeFalse())
	})
})

func declaredAt(email string, born int64) *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", "other").Email(email).Obj()
	u.CreationTimestamp = metav1.Unix(born, 0)
	return u
}

func inUseAt(email string, born int64) *v1alpha1.OrgUser {
	u := declaredAt(email, born)
	u.Status.State = v1alpha1.UserActive
	return u
}

func provisionalAt(email string, born int64) *v1alpha1.OrgUser {
	u := inUseAt(email, born)
	u.Spec.Access, u.Labels = v1alpha1.AccessLimited, map[string]string{v1alpha1.LabelOrigin: "question"}
	return u
}
