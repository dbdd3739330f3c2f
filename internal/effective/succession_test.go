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

var _ = Describe("Whoever takes over from an administrator whose object is renamed", func() {
	former := existing("ana", 9, v1alpha1.UserActive)
	heir := func(change func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
		u := existing("ana-perez", 1, v1alpha1.UserPending)
		u.Spec.Role = orgAdmin
		change(u)
		return u
	}
	same := func(*v1alpha1.OrgUser) {}

	DescribeTable("ORG-4 would be an administrator at once", func(change func(*v1alpha1.OrgUser), obstacle string) {
		s := effective.Usernames{}.SuccessionOf(heir(change), "")
		Expect(s).To(Equal(effective.Succession{User: "ana-perez", Obstacle: obstacle}))
		Expect(s.Possible()).To(Equal(obstacle == ""))
	},
		Entry("with the role and without an invitation", same, ""),
		Entry("who has accepted before", func(u *v1alpha1.OrgUser) {
			u.Spec.Onboarding = v1alpha1.OnboardingInvite
			u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}}
		}, ""),
		Entry("unless invited", func(u *v1alpha1.OrgUser) { u.Spec.Onboarding = v1alpha1.OnboardingInvite }, "set its spec.onboarding to None"),
		Entry("unless in another role", func(u *v1alpha1.OrgUser) { u.Spec.Role = userAdmin }, "set its spec.role to OrganizationAdmin"),
		Entry("unless suspended", func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true }, "set its spec.suspend to false"),
	)

	It("needs the Kubernetes user name", func() {
		Expect(effective.Usernames{}.SuccessionOf(heir(same), "eva")).To(Equal(effective.Succession{
			User: "ana-perez", Obstacle: `set another spec.username on it, because user "eva" has ana@acme.example`,
		}))
		Expect(effective.Usernames{}.SuccessionOf(nil, "").Possible()).To(BeFalse())
	})

	It("is the first of those with the address who stay", func() {
		next, invited := heir(same), sharing("older", 5, v1alpha1.UserPending, false)
		gone := deleted(existing("gone", 7, v1alpha1.UserPending))
		other := builders.OrgUser("acme", "eva").Existing().Obj()
		Expect(effective.Heir(former, []*v1alpha1.OrgUser{former, invited, gone, next, other})).To(BeIdenticalTo(next))
		Expect(effective.Heir(former, []*v1alpha1.OrgUser{former, invited})).To(BeIdenticalTo(invited))
		Expect(effective.Heir(former, []*v1alpha1.OrgUser{former, gone, other})).To(BeNil())
	})

	It("gets the address once the ledger names them and the former administrator is being deleted", func() {
		next, leaving := heir(same), deleted(existing("ana", 9, v1alpha1.UserActive))
		Expect(effective.HandsOver(acme("ana", "ana-perez"), leaving, next)).To(BeTrue())
		Expect(effective.HandsOver(acme("ana", "ana-perez"), former, next)).To(BeFalse(), "nobody is being deleted")
		Expect(effective.HandsOver(acme("ana"), leaving, next)).To(BeFalse(), "the ledger does not name the next one")
		Expect(effective.HandsOver(acme("ana", "eva"), leaving, builders.OrgUser("acme", "eva").Obj())).To(BeFalse(), "another address")
	})

	It("has no access while the user name is somebody else's, even if the ledger names them", func() {
		f := facts(heir(same), acme("ana", "ana-perez"))
		f.UsernameOwner = "eva"
		Expect(effective.UserInForce(f)).To(HaveField("State", v1alpha1.UserPending))
		f.UsernameOwner = ""
		Expect(effective.UserInForce(f)).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Role", orgAdmin),
			HaveField("Username", "ana@acme.example")))
	})
})
