// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

const (
	asView  = v1alpha1.WorkspaceView
	asEdit  = v1alpha1.WorkspaceEdit
	asAdmin = v1alpha1.WorkspaceAdmin
)

var _ = Describe("ORG-2 ORG-22 ORG-23 LMI-9 The origins of an access", func() {
	origin := func(source v1alpha1.GrantSource, access v1alpha1.WorkspaceAccess, group string) v1alpha1.GrantOrigin {
		return v1alpha1.GrantOrigin{Source: source, Access: access, Group: group}
	}
	everything := support.Member("luis@acme.example", asView).Group("night", asAdmin).Group("helpdesk", asEdit).Group("day", asAdmin)

	DescribeTable("are all listed, the strongest first", func(o *v1alpha1.Organization, own v1alpha1.WorkspaceAccess,
		w builders.WorkspaceBuilder, expected ...v1alpha1.GrantOrigin,
	) {
		u := luis.Existing().Groups("helpdesk", "night")
		if own != "" {
			u = u.Workspace("support", own)
		}
		in := effective.UserInForce(facts(u.Obj(), o, w.Obj()))
		Expect(in.Workspaces).To(HaveLen(1))
		Expect(in.Workspaces[0].Origins).To(HaveExactElements(expected))
		Expect(in.Workspaces[0].Access).To(Equal(expected[0].Access))
	},
		Entry("every source", acme("ana"), asEdit, everything,
			origin(v1alpha1.GrantedByGroup, asAdmin, "night"), origin(v1alpha1.GrantedByUser, asEdit, ""),
			origin(v1alpha1.GrantedByGroup, asEdit, "helpdesk"), origin(v1alpha1.GrantedByMember, asView, "")),
		Entry("an administrator's role before what he has beside it", acme("luis"), asView, everything,
			origin(v1alpha1.GrantedByRole, asAdmin, ""), origin(v1alpha1.GrantedByGroup, asAdmin, "night"),
			origin(v1alpha1.GrantedByGroup, asEdit, "helpdesk"), origin(v1alpha1.GrantedByUser, asView, ""),
			origin(v1alpha1.GrantedByMember, asView, "")),
		Entry("the stronger one of an address that is listed twice", acme("ana"), v1alpha1.WorkspaceAccess(""),
			support.Member("luis@acme.example", asView).Member("LUIS@acme.example", asEdit),
			origin(v1alpha1.GrantedByMember, asEdit, "")),
	)
})

var _ = Describe("GTA-10 What a module adds to the workspaces in force", func() {
	bought := builders.Organization("acme").ModuleWithRole("desk", 5, "tickets").ModuleWithRole("fax", 5, "faxes").Module("plain", 5)
	holding := func(names ...string) *v1alpha1.Organization {
		o := bought.Obj()
		for _, m := range o.Spec.Subscription.Modules {
			o.Status.Modules = append(o.Status.Modules, v1alpha1.ModuleStatus{Name: string(m.Name), Holders: names})
		}
		return o
	}
	tickets := effective.ModuleRole{Module: "desk", ClusterRole: "tickets"}

	DescribeTable("is", func(user builders.OrgUserBuilder, o *v1alpha1.Organization, states effective.ClusterRoleStates,
		expected ...effective.ModuleRole,
	) {
		f := facts(user.Existing().Obj(), o, support.Obj())
		f.ClusterRoles = states
		Expect(effective.UserInForce(f).ModuleRoles).To(HaveExactElements(expected))
	},
		Entry("the module's ClusterRole", luis.Workspace("support", asView).Modules("desk", "plain"), holding("luis"),
			effective.ClusterRoleStates{"tickets": effective.Grantable, "faxes": effective.Grantable}, tickets),
		Entry("nothing that is not grantable", luis.Workspace("support", asView).Modules("desk", "fax"), holding("luis"),
			effective.ClusterRoleStates{"tickets": effective.Grantable, "faxes": effective.NotGrantable}, tickets),
		Entry("nothing that is not there", luis.Workspace("support", asView).Modules("fax"), holding("luis"), nil),
		Entry("nothing without a seat", luis.Workspace("support", asView).Modules("desk"), holding("eva"),
			effective.ClusterRoleStates{"tickets": effective.Grantable}),
		Entry("nothing without a workspace", luis.Modules("desk"), holding("luis"),
			effective.ClusterRoleStates{"tickets": effective.Grantable}),
		Entry("LMI-11 nothing for a Member without modules", luis.Workspace("support", asView), holding(),
			effective.ClusterRoleStates{"tickets": effective.Grantable}),
		Entry("LMI-2 nothing for a Limited account", luis.Limited().Workspace("support", asView).Modules("desk"), holding("luis"),
			effective.ClusterRoleStates{"tickets": effective.Grantable}),
		Entry("NOV-7 nothing for who only receives notifications", luis.Role(notifications).Workspace("support", asView).Modules("desk"),
			holding("luis"), effective.ClusterRoleStates{"tickets": effective.Grantable}),
	)

	DescribeTable("may be bound", func(name string, labels map[string]string, state effective.ClusterRoleState) {
		Expect(effective.StateOfClusterRole(name, labels)).To(Equal(state))
	},
		Entry("with the platform team's label", "tickets", map[string]string{"accounts.usher.dev/grantable": "true"}, effective.Grantable),
		Entry("not with another value", "tickets", map[string]string{"accounts.usher.dev/grantable": "yes"}, effective.NotGrantable),
		Entry("not without", "auditors", nil, effective.NotGrantable),
		Entry("not the cluster's own, label or not", "cluster-admin", map[string]string{v1alpha1.LabelGrantable: "true"}, effective.NotGrantable),
		Entry("nor Kubernetes'", "system:node", map[string]string{v1alpha1.LabelGrantable: "true"}, effective.NotGrantable),
		Entry(nil, "admin", nil, effective.Grantable),
		Entry(nil, "edit", nil, effective.Grantable),
		Entry(nil, "view", nil, effective.Grantable),
	)

	It("is said when it cannot be bound, with who can help and how", func() {
		problems := effective.ModuleProblems(bought.ModuleWithRole("ok", 1, "edit").Obj(),
			effective.ClusterRoleStates{"faxes": effective.NotGrantable, "edit": effective.Grantable})
		Expect(problems).To(HaveExactElements(
			effective.ModuleProblem{Stuck: true, Message: `module "fax": Usher may not bind ClusterRole "faxes": the platform team allows ` +
				"it with `kubectl label clusterrole faxes accounts.usher.dev/grantable=true`"},
			effective.ModuleProblem{Message: `module "desk": there is no ClusterRole "tickets" yet`}))
	})

	DescribeTable("is refused when it may not be bound", func(before, after builders.OrganizationBuilder, fields ...string) {
		r := authz.Request{
			Operation: authz.Update, Actor: authz.Actor{Kind: authz.ActorPlatform}, Organization: "acme",
			Old: before.Obj(), New: after.Obj(),
			Facts: authz.Facts{ClusterRoles: effective.ClusterRoleStates{"auditors": effective.NotGrantable, "tickets": effective.Grantable}},
		}
		var found []string
		for _, v := range authz.Judge(r) {
			Expect(v.Reason).To(Equal(authz.Invalid))
			Expect(v.Message).To(ContainSubstring("kubectl label clusterrole auditors accounts.usher.dev/grantable=true"))
			found = append(found, v.Field)
		}
		Expect(found).To(HaveExactElements(fields))
	},
		Entry("in a new module", bought, bought.ModuleWithRole("root", 1, "auditors"), "spec.subscription.modules[3].clusterRoleName"),
		Entry("in a changed one", bought.Module("root", 1), bought.ModuleWithRole("root", 1, "auditors"), "spec.subscription.modules[3].clusterRoleName"),
		Entry("not where it is already", bought.ModuleWithRole("root", 1, "auditors"), bought.ModuleWithRole("root", 2, "auditors")),
		Entry("not what may be bound, or is not there yet", builders.Organization("acme"), bought),
	)
})

var _ = Describe("GTA-5 A workspace that is required of everybody", func() {
	required := builders.Organization("acme").Settings(v1alpha1.OrganizationSettings{WorkspaceAssignment: v1alpha1.AssignmentRequired})
	optional := builders.Organization("acme")
	message := `organization "acme" requires a workspace of everybody, and luis@acme.example would be in none: name one here, or list the ` +
		`address or a group of the person in spec.members of a Workspace first`
	platform := authz.Actor{Kind: authz.ActorPlatform, Username: "root"}

	judged := func(o builders.OrganizationBuilder, operation authz.Operation, old, wished metav1.Object, named ...effective.MemberKey) []string {
		GinkgoHelper()
		r := authz.Request{
			Operation: operation, Actor: platform, Organization: "acme", Old: old, New: wished,
			Facts: authz.Facts{Organization: o.Obj(), Named: map[effective.MemberKey]bool{}},
		}
		for _, key := range named {
			Expect(authz.AssignmentKeys(r)).To(ContainElement(key), "it is asked about")
			r.Facts.Named[key] = true
		}
		var messages []string
		for _, v := range authz.Judge(r) {
			Expect(v.Field).To(Equal("spec.workspaces"))
			messages = append(messages, v.Message)
		}
		return messages
	}
	placed, bare := luis.Workspace("support", asView), luis

	DescribeTable("of a new user", func(o builders.OrganizationBuilder, u builders.OrgUserBuilder, refused bool, named ...effective.MemberKey) {
		found := judged(o, authz.Create, nil, u.Obj(), named...)
		if refused {
			Expect(found).To(ConsistOf(message))
		} else {
			Expect(found).To(BeEmpty())
		}
	},
		Entry("is asked for", required, bare, true),
		Entry("is not asked for by default", optional, bare, false),
		Entry("is the one that he names", required, placed, false),
		Entry("is one that names the address", required, bare.Email("Luis@acme.example"), false, effective.AddressKey("luis@acme.example")),
		Entry("is one that names a group", required, bare.Groups("a", "b"), false, effective.GroupKey("b")),
		Entry("is not asked of administrators, who are in all", required, bare.Role(orgAdmin), false),
		Entry("nor of who only receives notifications", required, bare.Role(notifications), false),
		Entry("nor of Limited accounts", required, bare.Limited(), false),
	)

	It("cannot be taken from who has it, and does not keep from other changes who has none", func() {
		Expect(judged(required, authz.Update, placed.Obj(), bare.Obj())).To(ConsistOf(message))
		Expect(judged(required, authz.Update, bare.Groups("a").Obj(), bare.Obj(), effective.GroupKey("a"))).To(ConsistOf(message))
		Expect(judged(required, authz.Update, bare.Role(orgAdmin).Obj(), bare.Obj())).To(ConsistOf(message))
		Expect(judged(required, authz.Update, bare.Obj(), bare.Suspended().Obj())).To(BeEmpty())
		Expect(judged(required, authz.Delete, placed.Obj(), nil)).To(BeEmpty())
	})

	It("is asked of everybody whom an Invitation invites", func() {
		i := builders.Invitation("acme", "team", "luis@acme.example, eva@acme.example")
		eva := effective.AddressKey("eva@acme.example")
		Expect(judged(required, authz.Create, nil, i.Obj(), eva)).To(ConsistOf(message))
		Expect(judged(required, authz.Create, nil, i.Workspace("support", asView).Obj())).To(BeEmpty())
		Expect(judged(required, authz.Create, nil, i.Groups("a").Obj(), effective.GroupKey("a"))).To(BeEmpty())
		Expect(judged(required, authz.Create, nil, i.Role(orgAdmin).Obj())).To(BeEmpty())
		Expect(judged(optional, authz.Create, nil, i.Obj())).To(BeEmpty())
		Expect(judged(required, authz.Update, builders.Invitation("acme", "team", "luis@acme.example").Obj(), i.Obj(), eva)).To(BeEmpty())
		var many []string
		for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
			many = append(many, name+"@acme.example")
		}
		Expect(judged(required, authz.Create, nil, builders.Invitation("acme", "team", many...).Obj())).To(
			ConsistOf(ContainSubstring("e@acme.example, … would be in none")))
	})

	It("is missing in force when no source gives one, and the rest stays in force", func() {
		in := effective.UserInForce(facts(luis.Existing().Role(technician).Obj(), required.Obj(), support.Obj()))
		Expect(in).To(And(HaveField("LacksWorkspace", true), HaveField("State", v1alpha1.UserActive), HaveField("Role", technician)))
		for _, f := range []effective.UserFacts{
			facts(luis.Existing().Obj(), optional.Obj()),
			facts(luis.Existing().Workspace("later", asView).Obj(), required.Obj()),
			facts(luis.Existing().Groups("a").Obj(), required.Obj(), support.Group("a", asView).Obj()),
			facts(luis.Existing().Limited().Obj(), required.Obj()),
			facts(luis.Existing().Suspended().Obj(), required.Obj()),
			facts(luis.Obj(), required.Obj()),
		} {
			Expect(effective.UserInForce(f).LacksWorkspace).To(BeFalse())
		}
	})
})
