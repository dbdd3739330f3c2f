// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("What a person's groups give", func() {
	mapping := builders.Organization("acme").Module("chat", 5).With(func(o *v1alpha1.Organization) {
		o.Spec.Directory.Roles = []v1alpha1.GroupRole{
			{Group: "leads", Role: v1alpha1.RoleUserAdmin},
			{Group: "finance", Role: v1alpha1.RoleFinanceAdmin},
			{Group: "deputies", Role: v1alpha1.RoleUserAdmin},
			{Group: "owners", Role: v1alpha1.RoleOrganizationAdmin},
		}
		o.Spec.Directory.Modules = []v1alpha1.GroupModules{
			{Group: "leads", Modules: []v1alpha1.ObjectName{"voice", "chat"}}, {Group: "finance", Modules: []v1alpha1.ObjectName{"chat"}},
		}
	})
	kept := builders.OrgUser("acme", "sam").Existing().With(func(u *v1alpha1.OrgUser) {
		u.Labels = map[string]string{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory}
	})
	inForce := func(u *v1alpha1.OrgUser, appointing effective.Appointing, groups ...v1alpha1.ObjectName) effective.InForce {
		f := builders.UserFacts(u, mapping.Obj())
		f.Groups, f.Appointing = groups, appointing
		return effective.UserInForce(f)
	}

	DescribeTable("DIR-4 is the highest role, unless the account has a higher one", func(own v1alpha1.Role, groups []v1alpha1.ObjectName,
		role v1alpha1.Role, from string,
	) {
		in := inForce(kept.Role(own).Obj(), nil, groups...)
		Expect(in.Role).To(Equal(role))
		Expect(in.ByGroup.Group).To(Equal(from))
	},
		Entry("none", v1alpha1.RoleMember, nil, v1alpha1.RoleMember, ""),
		Entry("one", v1alpha1.RoleMember, []v1alpha1.ObjectName{"others", "leads"}, v1alpha1.RoleUserAdmin, "leads"),
		Entry("two, in either order", v1alpha1.RoleMember, []v1alpha1.ObjectName{"finance", "leads"}, v1alpha1.RoleFinanceAdmin, "finance"),
		Entry("two", v1alpha1.RoleMember, []v1alpha1.ObjectName{"leads", "finance"}, v1alpha1.RoleFinanceAdmin, "finance"),
		Entry("the same from two", v1alpha1.RoleMember, []v1alpha1.ObjectName{"leads", "deputies"}, v1alpha1.RoleUserAdmin, "deputies"),
		Entry("beside a lower one of the account", v1alpha1.RoleTechnician, []v1alpha1.ObjectName{"leads"}, v1alpha1.RoleUserAdmin, "leads"),
		Entry("beside a higher one", v1alpha1.RoleBillingAdmin, []v1alpha1.ObjectName{"finance"}, v1alpha1.RoleBillingAdmin, "finance"),
		Entry("beside no access", v1alpha1.RoleNotificationsOnly, []v1alpha1.ObjectName{"leads"}, v1alpha1.RoleUserAdmin, "leads"),
		Entry("one that the platform does not allow", v1alpha1.RoleMember, []v1alpha1.ObjectName{"owners", "leads"},
			v1alpha1.RoleUserAdmin, "leads"),
	)

	It("DIR-3 is nothing for accounts that Git or a person declares, and for Limited ones", func() {
		declared := builders.OrgUser("acme", "sam").Existing().Obj()
		Expect(inForce(declared, nil, "leads")).To(And(HaveField("Role", v1alpha1.RoleMember), HaveField("ByGroup", v1alpha1.ByGroupStatus{})))
		declared.Status.ByGroup = v1alpha1.ByGroupStatus{Role: v1alpha1.RoleUserAdmin, Modules: []v1alpha1.ObjectName{"chat"}}
		Expect(effective.RequestedRole(declared)).To(Equal(v1alpha1.RoleMember), "whatever its status claims")
		Expect(effective.RequestedModules(declared)).To(BeEmpty())
		Expect(inForce(kept.Limited().Obj(), nil, "leads").ByGroup).To(BeZero())
	})

	It("DIR-4 is OrganizationAdmin only where the platform allows it, and by the ledger", func() {
		for _, allowed := range []effective.Appointing{{"acme"}, {"*"}} {
			u := kept.Obj()
			in := inForce(u, allowed, "owners")
			Expect(in).To(And(HaveField("AwaitingLedger", true), HaveField("Role", v1alpha1.Role(""))))
			Expect(effective.CandidateOf(u).Requested).To(BeFalse(), "the ledger goes by what is written")
			u.Status.ByGroup, u.Status.State = in.ByGroup, v1alpha1.UserActive
			Expect(effective.CandidateOf(u)).To(And(HaveField("Requested", true), HaveField("Accepted", true), HaveField("Acts", false)))
		}
		Expect(inForce(kept.Obj(), effective.Appointing{"other"}, "owners").AwaitingLedger).To(BeFalse())
		Expect(effective.Appointing{"other"}.RefusedRoles(mapping.Obj())).To(Equal([]string{"owners"}))
		Expect(effective.Appointing{"acme", "*"}.Validate()).To(Succeed())
		Expect(effective.Appointing{"acme", "Acme S.A."}.Validate()).To(MatchError(ContainSubstring(`"Acme S.A." is not the name`)))
	})

	It("ORG-4 leaves the last administrator in force who leaves the group", func() {
		u := kept.Obj()
		u.Status = v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, Role: v1alpha1.RoleOrganizationAdmin, Username: "sam@acme.example"}
		o := mapping.Obj()
		o.Status.Administrators = []string{"sam"}
		f := builders.UserFacts(u, o)
		f.Appointing = effective.Appointing{"*"}
		Expect(effective.UserInForce(f)).To(And(HaveField("Role", v1alpha1.RoleOrganizationAdmin), HaveField("Held", true)))
		Expect(effective.NextLedger([]string{"sam"}, []effective.Candidate{effective.CandidateOf(u)}).Held).To(Equal("sam"))
	})

	It("GTA-11 is modules that take a seat each, once the request is written", func() {
		u, o := kept.Modules("mail").Obj(), mapping.Obj()
		u.Status.State = v1alpha1.UserActive
		f := builders.UserFacts(u, o)
		f.Groups = []v1alpha1.ObjectName{"finance", "leads"}
		in := effective.UserInForce(f)
		Expect(in.ByGroup.Modules).To(HaveExactElements(BeEquivalentTo("chat"), BeEquivalentTo("voice")))
		Expect(in.AwaitingSeats).To(ConsistOf("mail", "chat", "voice"))
		Expect(effective.RequestsSeat(u, "chat")).To(BeFalse())
		u.Status.ByGroup = in.ByGroup
		o.Status.Modules = effective.NextSeats(o, []*v1alpha1.OrgUser{u})
		Expect(effective.SeatHolders(o)).To(Equal([]string{"chat/sam"}))
		Expect(effective.UserInForce(f).Modules).To(HaveExactElements(BeEquivalentTo("chat")))
	})

	It("GTA-11 fits in the status however many modules there are", func() {
		u, o := kept.Obj(), mapping.Obj()
		for n := range 400 {
			name := fmt.Sprintf("m%03d", n)
			o.Spec.Directory.Modules[0].Modules = append(o.Spec.Directory.Modules[0].Modules, v1alpha1.ObjectName(name))
			o.Status.Modules = append(o.Status.Modules, v1alpha1.ModuleStatus{Name: name, Holders: []string{"sam"}})
		}
		f := builders.UserFacts(u, o)
		f.Groups = []v1alpha1.ObjectName{"leads"}
		in := effective.UserInForce(f)
		Expect(in.ByGroup.Modules).To(HaveLen(256))
		Expect(in.Modules).To(HaveLen(32))
	})
})
