// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A group that gives roles and modules", func() {
	const userAdmin = v1alpha1.RoleUserAdmin
	giving := func() *v1alpha1.Organization {
		o := acme("ana")
		o.Spec.Directory.Roles = []v1alpha1.GroupRole{{Group: "leads", Role: technician}}
		o.Spec.Directory.Modules = []v1alpha1.GroupModules{{Group: "callers", Modules: []v1alpha1.ObjectName{"voice"}}}
		return o
	}
	judge := func(role v1alpha1.Role, r authz.Request) []authz.Violation {
		r.Actor, r.Organization, r.Facts.Organization = person("eva", role), "acme", giving()
		return authz.Judge(r)
	}
	rule := func(name, words string) OmegaMatcher {
		return ConsistOf(And(HaveField("Rule", name), HaveField("Message", ContainSubstring(words))))
	}

	DescribeTable("DIR-4 gets members from those only who could give it themselves", func(group, words string) {
		none, one := builders.OrgGroup("acme", group).Obj(), builders.OrgGroup("acme", group).Members("sam@acme.example").Obj()
		for _, r := range []authz.Request{
			{Operation: authz.Create, New: one},
			{Operation: authz.Update, Old: none, New: one},
			{Operation: authz.Update, Old: one, New: none},
			{Operation: authz.Delete, Old: one},
		} {
			Expect(judge(userAdmin, r)).To(rule("group-gives", words), string(r.Operation))
			Expect(judge(orgAdmin, r)).To(BeEmpty())
		}
		Expect(judge(userAdmin, authz.Request{Operation: authz.Create, New: none})).To(BeEmpty(), "nobody is in it")
	},
		Entry("a role", "leads", `only an OrganizationAdmin may decide who is in the group "leads", which gives the role "Technician"`),
		Entry("modules", "callers", `which gives the module "voice"`),
	)

	It("DIR-4 is not named by the accounts that a directory keeps but by those who could give it", func() {
		out := builders.OrgUser("acme", "sam").With(func(u *v1alpha1.OrgUser) {
			u.Labels = map[string]string{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory}
		})
		in := out.Groups("leads", "others")
		update := authz.Request{Operation: authz.Update, Old: out.Obj(), New: in.Obj()}
		Expect(judge(userAdmin, update)).To(rule("group-gives", `"leads"`))
		Expect(judge(userAdmin, authz.Request{Operation: authz.Update, Old: in.Obj(), New: out.Obj()})).To(rule("group-gives", `"leads"`))
		Expect(judge(orgAdmin, update)).To(BeEmpty())
		declared := builders.OrgUser("acme", "sam")
		Expect(judge(userAdmin, authz.Request{
			Operation: authz.Update, Old: declared.Obj(), New: declared.Groups("leads").Obj(),
		})).To(BeEmpty(), "to accounts that Git declares it gives nothing")
	})

	It("DIR-4 makes those whom it gives a role people above the role Member, also before it is in force", func() {
		u := builders.OrgUser("acme", "sam").With(func(u *v1alpha1.OrgUser) {
			u.Labels = map[string]string{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory}
			u.Status.ByGroup.Role = technician
		}).Obj()
		Expect(authz.ProtectedRole(u)).To(Equal(technician))
		Expect(judge(userAdmin, authz.Request{Operation: authz.Delete, Old: u})).To(rule("members-only", "Technician"))
	})

	It("DIR-4 gives OrganizationAdmin only where the platform allows it, whoever asks", func() {
		before, after := giving(), giving()
		after.Spec.Directory.Roles[0].Role = orgAdmin
		r := authz.Request{Operation: authz.Update, Old: before, New: after, Organization: "acme"}
		r.Facts.Organization = before
		for _, actor := range []authz.Actor{person("ana", orgAdmin), {Kind: authz.ActorPlatform, Username: "ops"}} {
			r.Actor, r.Facts.Appointing = actor, nil
			Expect(authz.Judge(r)).To(ConsistOf(And(HaveField("Rule", "role-by-group-allowed"),
				HaveField("Field", "spec.directory.roles[0].role"), HaveField("Message", ContainSubstring("groups.administrators")))))
			r.Facts.Appointing = effective.Appointing{"acme"}
			Expect(authz.Judge(r)).To(BeEmpty())
		}
		r.Facts.Appointing, r.Old = nil, after.DeepCopy()
		after.Spec.Directory.Paused = true
		Expect(authz.Judge(r)).To(BeEmpty(), "what it was to give before is left to the reconciler")
	})

	It("DIR-4 is mapped by an OrganizationAdmin alone", func() {
		for _, role := range allRoles {
			before, after := giving(), giving()
			after.Spec.Directory.Roles = nil
			found := judge(role, authz.Request{Operation: authz.Update, Old: before, New: after})
			if role == orgAdmin {
				Expect(found).To(BeEmpty())
				continue
			}
			Expect(found).NotTo(BeEmpty(), string(role))
		}
	})
})
