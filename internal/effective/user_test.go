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

// acme returns the organization with these administrators in force.
func acme(administrators ...string) *v1alpha1.Organization {
	o := builders.Organization("acme").Obj()
	o.Status.Administrators = administrators
	return o
}

func onboarded(state v1alpha1.RecipientState) *v1alpha1.OnboardingStatus {
	return &v1alpha1.OnboardingStatus{State: state}
}

var (
	support = builders.Workspace("acme", "support")
	sales   = builders.Workspace("acme", "sales")
	luis    = builders.OrgUser("acme", "luis")
	ana     = builders.OrgUser("acme", "ana").Role(orgAdmin)
)

// grantedBy returns an access in force with a single origin.
func grantedBy(workspace string, access v1alpha1.WorkspaceAccess, source v1alpha1.GrantSource) v1alpha1.WorkspaceGrantStatus {
	return v1alpha1.WorkspaceGrantStatus{
		Name: workspace, Access: access, Origins: []v1alpha1.GrantOrigin{{Source: source, Access: access}},
	}
}

var _ = Describe("A user who has not accepted", func() {
	user := luis.Workspace("support", v1alpha1.WorkspaceEdit)

	DescribeTable("NOV-9 NOV-12 is pending, without role and access", func(o *v1alpha1.OnboardingStatus) {
		f := facts(user.Obj(), acme("ana"), support.Obj())
		f.Onboarding = o
		Expect(effective.UserInForce(f)).To(Equal(effective.InForce{State: v1alpha1.UserPending, Username: "luis@acme.example"}))
	},
		Entry("not invited yet", nil),
		Entry(nil, onboarded(v1alpha1.RecipientPending)),
		Entry(nil, onboarded(v1alpha1.RecipientInvited)),
		Entry("registered, with an address that is not confirmed", onboarded(v1alpha1.RecipientRegistered)),
		Entry(nil, onboarded(v1alpha1.RecipientDeclined)),
		Entry(nil, onboarded(v1alpha1.RecipientExpired)),
		Entry(nil, onboarded(v1alpha1.RecipientRevoked)),
		Entry(nil, onboarded(v1alpha1.RecipientUndeliverable)),
	)

	It("is not an administrator, even if requested", func() {
		in := effective.UserInForce(facts(ana.Obj(), acme()))
		Expect(in).To(Equal(effective.InForce{State: v1alpha1.UserPending, Username: "ana@acme.example"}))
	})

	It("stays pending when suspended", func() {
		Expect(effective.UserInForce(facts(luis.Suspended().Obj(), acme())).State).To(Equal(v1alpha1.UserPending))
	})
})

var _ = Describe("A user who has accepted", func() {
	user := luis.Workspace("support", v1alpha1.WorkspaceEdit)
	accepted := effective.InForce{
		State: v1alpha1.UserActive, Role: member, Username: "luis@acme.example", Accepted: true,
		Workspaces: []v1alpha1.WorkspaceGrantStatus{grantedBy("support", v1alpha1.WorkspaceEdit, v1alpha1.GrantedByUser)},
	}

	It("NOV-12 is active, with the requested role and access", func() {
		f := facts(user.Obj(), acme("ana"), support.Obj(), sales.Obj())
		f.Onboarding = onboarded(v1alpha1.RecipientActive)
		Expect(effective.UserInForce(f)).To(Equal(accepted))
	})

	It("is active at once if the identity exists already", func() {
		Expect(effective.UserInForce(facts(user.Existing().Obj(), acme("ana"), support.Obj()))).To(Equal(accepted))
	})

	It("stays accepted whatever happens to the invitation", func() {
		before := user.Obj()
		before.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}}
		for _, o := range []*v1alpha1.OnboardingStatus{nil, onboarded(v1alpha1.RecipientRevoked)} {
			f := facts(before, acme("ana"), support.Obj())
			f.Onboarding = o
			Expect(effective.UserInForce(f)).To(Equal(accepted))
		}
	})

	It("NOV-13 has no role and no access while suspended", func() {
		in := effective.UserInForce(facts(user.Existing().Suspended().Obj(), acme("ana"), support.Obj()))
		Expect(in).To(Equal(effective.InForce{State: v1alpha1.UserSuspended, Username: "luis@acme.example", Accepted: true}))
	})

	It("ORG-26 has no role and no access once deleted", func() {
		in := effective.UserInForce(facts(deleted(user.Existing().Obj()), acme("ana"), support.Obj()))
		Expect(in).To(Equal(effective.InForce{State: v1alpha1.UserRemoving, Username: "luis@acme.example", Accepted: true}))
	})

	It("is pending without an organization", func() {
		in := effective.UserInForce(facts(user.Existing().Obj(), nil, support.Obj()))
		Expect(in).To(Equal(effective.InForce{State: v1alpha1.UserPending, Username: "luis@acme.example", Accepted: true}))
		Expect(effective.UserInForce(facts(deleted(user.Existing().Obj()), nil)).State).To(Equal(v1alpha1.UserRemoving))
	})

	It("ORG-28 is pending while another user has the address", func() {
		f := facts(user.Existing().Obj(), acme("ana"), support.Obj())
		f.AddressOwner = "luis-the-first"
		Expect(effective.UserInForce(f)).To(Equal(effective.InForce{State: v1alpha1.UserPending, Username: "luis@acme.example", Accepted: true}))
	})

	It("NOV-7 has no access with the role that only receives notifications", func() {
		in := effective.UserInForce(facts(user.Existing().Role(notifications).Obj(), acme("ana"), support.Member("luis@acme.example",
			v1alpha1.WorkspaceAdmin).Obj()))
		Expect(in.State).To(Equal(v1alpha1.UserActive))
		Expect(in.Role).To(Equal(notifications))
		Expect(in.Workspaces).To(BeEmpty())
	})

	It("names the requested workspaces that do not exist", func() {
		in := effective.UserInForce(facts(user.Existing().Workspace("sales", v1alpha1.WorkspaceView).Obj(), acme("ana"), support.Obj()))
		Expect(in.MissingWorkspaces).To(Equal([]string{"sales"}))
		Expect(in.Workspaces).To(ConsistOf(grantedBy("support", v1alpha1.WorkspaceEdit, v1alpha1.GrantedByUser)))
	})

	It("has the requested user name", func() {
		Expect(effective.UserInForce(facts(luis.Existing().Username("oidc:luis").Obj(), acme())).Username).To(Equal("oidc:luis"))
	})
})

var _ = Describe("An administrator", func() {
	everywhere := []v1alpha1.WorkspaceGrantStatus{
		grantedBy("sales", v1alpha1.WorkspaceAdmin, v1alpha1.GrantedByRole),
		grantedBy("support", v1alpha1.WorkspaceAdmin, v1alpha1.GrantedByRole),
	}

	It("is active without role and access until the ledger lists the name", func() {
		in := effective.UserInForce(facts(ana.Existing().Obj(), acme(), support.Obj()))
		Expect(in).To(Equal(effective.InForce{
			State: v1alpha1.UserActive, Username: "ana@acme.example", Accepted: true, AwaitingLedger: true,
		}))
	})

	It("ORG-2 has every workspace without being assigned to it", func() {
		in := effective.UserInForce(facts(ana.Existing().Obj(), acme("ana"), support.Obj(), sales.Obj()))
		Expect(in).To(Equal(effective.InForce{
			State: v1alpha1.UserActive, Role: orgAdmin, Username: "ana@acme.example", Accepted: true, Workspaces: everywhere,
		}))
	})

	DescribeTable("ORG-4 stays in force while the ledger lists the name", func(user *v1alpha1.OrgUser) {
		for _, administrators := range [][]string{{"ana"}, {"ana", "bea"}} {
			in := effective.UserInForce(facts(user, acme(administrators...), support.Obj(), sales.Obj()))
			Expect(in.State).To(Equal(v1alpha1.UserActive))
			Expect(in.Role).To(Equal(orgAdmin))
			Expect(in.Held).To(Equal(len(administrators) == 1))
			Expect(in.Leaving).NotTo(Equal(in.Held))
			Expect(in.Workspaces).To(Equal(everywhere))
		}
	},
		Entry("demoted", ana.Existing().Role(member).Obj()),
		Entry("suspended", ana.Existing().Suspended().Obj()),
		Entry("deleted", deleted(ana.Existing().Obj())),
	)

	It("gets what the spec requests once the ledger drops the name", func() {
		in := effective.UserInForce(facts(ana.Existing().Role(technician).Obj(), acme("bea"), support.Obj()))
		Expect(in.Role).To(Equal(technician))
		Expect(in.Held).To(BeFalse())
		Expect(in.Workspaces).To(BeEmpty())
	})

	It("is nobody whose name the ledger does not list", func() {
		Expect(effective.UserInForce(facts(luis.Existing().Obj(), acme("ana"))).Role).To(Equal(member))
	})
})
