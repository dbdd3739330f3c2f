// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A Limited account", func() {
	guest := builders.OrgUser("acme", "guest").Limited().Workspace("support", v1alpha1.WorkspaceEdit).Modules("remote")
	in := func(b builders.OrgUserBuilder, change ...func(*effective.UserFacts)) effective.InForce {
		o := acme("ana")
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: "remote", Holders: []string{"guest"}}}
		f := facts(b.Obj(), o, support.Obj())
		for _, c := range change {
			c(&f)
		}
		return effective.UserInForce(f)
	}
	bare := HaveField("Workspaces", BeEmpty())

	DescribeTable("LMI-1 LMI-2 is active at once, without role, access, seat or user name", func(b builders.OrgUserBuilder, accepted bool) {
		Expect(in(b)).To(And(Equal(effective.InForce{State: v1alpha1.UserActive, Accepted: accepted}), bare))
	},
		Entry("not invited", guest, false),
		Entry("with an existing identity", guest.Existing(), true),
		Entry("with a requested user name", guest.Username("guest"), false),
	)

	DescribeTable("OPS-9 is proven unless a mail alone has created it, or it is suspended", func(origin string, generation int64, suspend, proven bool) {
		u := effective.LimitedAccount("acme", "guest@x.example", origin)
		u.Generation, u.Spec.Suspend = generation, suspend
		Expect(effective.IsProven(u)).To(Equal(proven))
	},
		Entry("by a mail", v1alpha1.OriginIntake, int64(1), false, false),
		Entry("by a mail, and changed since", v1alpha1.OriginIntake, int64(2), false, true),
		Entry("by a mail, and suspended since", v1alpha1.OriginIntake, int64(2), true, false),
		Entry("by a confirmed question", v1alpha1.OriginPortal, int64(1), false, true),
		Entry("for a device", v1alpha1.OriginDevice, int64(1), false, true),
	)

	It("LMI-2 can be suspended, removed or a duplicate like any account", func() {
		Expect(in(guest.Suspended())).To(And(HaveField("State", v1alpha1.UserSuspended), HaveField("Username", ""), bare))
		Expect(in(guest, func(f *effective.UserFacts) { deleted(f.User) })).To(HaveField("State", v1alpha1.UserRemoving))
		Expect(in(guest, func(f *effective.UserFacts) { f.AddressOwner = "other" })).To(HaveField("State", v1alpha1.UserPending))
		Expect(in(guest, func(f *effective.UserFacts) { f.Organization = nil })).To(HaveField("State", v1alpha1.UserPending))
	})

	It("LMI-12 made Full is pending until the person accepts, and active at once when the identity exists", func() {
		full := builders.OrgUser("acme", "guest")
		Expect(in(full)).To(HaveField("State", v1alpha1.UserPending))
		Expect(in(full.Existing())).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Role", v1alpha1.RoleMember)))
	})

	It("LMI-1 loses role and access at once when a Full account is made Limited", func() {
		was := guest.With(func(u *v1alpha1.OrgUser) {
			u.Status = v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, Role: v1alpha1.RoleMember, Username: string(u.Spec.Email)}
		})
		Expect(in(was)).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Role", BeEmpty()), HaveField("Username", BeEmpty()), bare))
	})

	It("LMI-2 owns no user name and needs none", func() {
		limited, other := guest.Obj(), builders.OrgUser("acme", "other").Username("guest@acme.example").Obj()
		limited.Status.State = v1alpha1.UserActive
		Expect(effective.Usernames{}.Owns(limited, other)).To(BeFalse())
		Expect(effective.Usernames{}.Owns(other, limited)).To(BeFalse())
		limited.Status.Username = "guest@acme.example" // a Full account until now
		Expect(effective.Usernames{}.Owns(limited, other)).To(BeTrue())
	})
})

var _ = Describe("An account that Usher created on its own", func() {
	made := func(state v1alpha1.UserState, access v1alpha1.AccountAccess) *v1alpha1.OrgUser {
		u := effective.LimitedAccount("acme", "Ana.Gil@acme.example", v1alpha1.OriginDevice)
		u.Spec.Access, u.Status.State = access, state
		return u
	}

	It("LMI-4 LMI-5 is a Limited Member, labelled with its origin, with one name for each address", func() {
		u := effective.LimitedAccount("acme", "Ana.Gil@acme.example", v1alpha1.OriginDevice)
		Expect(u.Spec).To(Equal(v1alpha1.OrgUserSpec{
			Email: "Ana.Gil@acme.example", Role: v1alpha1.RoleMember, Access: v1alpha1.AccessLimited, Onboarding: v1alpha1.OnboardingInvite,
		}))
		Expect(u.Labels).To(HaveKeyWithValue(v1alpha1.LabelOrigin, "device"))
		Expect(u.Name).To(Equal(effective.LimitedAccount("acme", "ana.gil@ACME.example", v1alpha1.OriginIntake).Name))
		Expect(effective.DisplayNameOf(u, nil)).To(Equal("Ana Gil"))
	})

	DescribeTable("gives up its address to any other user", func(state v1alpha1.UserState) {
		mine, declared := made(state, v1alpha1.AccessLimited), sharing("b", 0, v1alpha1.UserPending, false)
		Expect(effective.Precedes(declared, mine)).To(BeTrue())
		Expect(effective.Precedes(mine, declared)).To(BeFalse())
		bootstrap := sharing("c", 0, v1alpha1.UserPending, true)
		Expect(effective.Precedes(bootstrap, mine)).To(BeTrue())
		Expect(effective.Yields(mine)).To(BeTrue())
		Expect(effective.Yields(declared)).To(BeFalse())
	},
		Entry(nil, v1alpha1.UserPending), Entry("even if active", v1alpha1.UserActive), Entry(nil, v1alpha1.UserSuspended))

	It("LMI-12 keeps its address once it is made Full", func() {
		mine, declared := made(v1alpha1.UserActive, v1alpha1.AccessFull), sharing("b", 5, v1alpha1.UserPending, false)
		Expect(effective.Precedes(mine, declared)).To(BeTrue())
		Expect(effective.Yields(mine)).To(BeFalse())
	})
})
