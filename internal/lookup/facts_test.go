// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Who is acting", func() {
	const admin, users, member = v1alpha1.RoleOrganizationAdmin, v1alpha1.RoleUserAdmin, v1alpha1.RoleMember
	platform := authz.Platform{Operator: "usher", Users: []string{"backup"}, Groups: []string{"platform-team"}}
	promised := active("tom", member)
	promised.Spec.Role = admin
	off := active("off", users)
	off.Status.State = v1alpha1.UserSuspended
	named := active("kim", users)
	named.Status.Username = "kim-k8s"

	DescribeTable("is", func(ctx context.Context, username string, groups []string, want authz.Actor) {
		reader := holding(acme("ana"), active("ana", admin), active("eva", users), promised, off, named)
		want.Username = username
		Expect(reader.Actor(ctx, platform, "acme", username, groups)).To(Equal(want))
	},
		Entry("an active person, in the role in force", "ana@acme.example", nil,
			authz.Actor{Kind: authz.ActorPerson, Role: admin, User: "ana"}),
		Entry("not what is only wished", "tom@acme.example", nil, authz.Actor{Kind: authz.ActorPerson, Role: member, User: "tom"}),
		Entry("by the user name in force", "kim-k8s", nil, authz.Actor{Kind: authz.ActorPerson, Role: users, User: "kim"}),
		Entry("not by the address of who has another user name", "kim@acme.example", nil, authz.Actor{Kind: authz.ActorNobody}),
		Entry("not by the name in other letters", "ANA@acme.example", nil, authz.Actor{Kind: authz.ActorNobody}),
		Entry("NOV-13 not who is suspended", "off@acme.example", nil, authz.Actor{Kind: authz.ActorNobody}),
		Entry("a delegate", "argocd", nil, authz.Actor{Kind: authz.ActorDelegate, Role: users}),
		Entry("a person before a delegate of the same name", "eva@acme.example", nil,
			authz.Actor{Kind: authz.ActorPerson, Role: users, User: "eva"}),
		Entry("the platform before anybody", "ana@acme.example", []string{"platform-team"}, authz.Actor{Kind: authz.ActorPlatform}),
		Entry("Usher", "usher", nil, authz.Actor{Kind: authz.ActorOperator}),
		Entry("nobody", "mallory", []string{"system:authenticated"}, authz.Actor{Kind: authz.ActorNobody}),
		Entry("nobody without a name", "", nil, authz.Actor{Kind: authz.ActorNobody}),
	)

	It("ORG-28 is somebody in one organization and nobody in another", func(ctx context.Context) {
		reader := holding(acme("ana"), active("ana", admin), builders.Organization("other").Obj())
		Expect(reader.Actor(ctx, platform, "other", "ana@acme.example", nil)).To(HaveField("Kind", authz.ActorNobody))
		Expect(reader.Actor(ctx, platform, "nowhere", "argocd", nil)).To(HaveField("Kind", authz.ActorNobody))
	})
})

// updating asks to update an object of acme's.
func updating(o client.Object) authz.Request {
	return authz.Request{Operation: authz.Update, Organization: "acme", Old: o, New: o}
}

var _ = Describe("ORG-4 whether there is another administrator", func() {
	const admin = v1alpha1.RoleOrganizationAdmin
	ana, bea := active("ana", admin), active("bea", admin)
	leaving := active("bea", admin)
	leaving.Spec.Suspend = true

	DescribeTable("", func(ctx context.Context, about client.Object, other bool, objects ...client.Object) {
		facts, err := holding(objects...).RequestFacts(ctx, updating(about), "usher-system")
		Expect(err).NotTo(HaveOccurred())
		Expect(facts.OtherAdministrator).To(Equal(other))
	},
		Entry("who wishes to stay", ana, true, acme("ana", "bea"), ana, bea),
		Entry("who wishes to go", ana, false, acme("ana", "bea"), ana, leaving),
		Entry("who stands on the list and is gone", ana, false, acme("ana", "bea"), ana),
		Entry("who does not stand on the list yet", ana, false, acme("ana"), ana, bea),
		Entry("nobody", ana, false, acme("ana"), ana),
		Entry("is not asked about who is none", bea, false, acme("ana"), ana, bea),
		Entry("is not asked about other kinds", builders.Workspace("acme", "ana").Obj(), false, acme("ana", "bea"), ana, bea),
		Entry("is not asked without an organization", ana, false, ana, bea),
	)

	It("comes with the organization", func(ctx context.Context) {
		Expect(holding(acme("ana")).RequestFacts(ctx, updating(ana), "usher-system")).To(HaveField("Organization.Name", "acme"))
		Expect(holding().RequestFacts(ctx, updating(ana), "usher-system")).To(HaveField("Organization", BeNil()))
	})
})

var _ = Describe("What is missing", func() {
	DescribeTable("is said", func(ctx context.Context, object client.Object, missing ...string) {
		reader := holding(acme("ana"), active("ana", v1alpha1.RoleOrganizationAdmin), builders.Workspace("acme", "support").Obj(),
			builders.OrgUser("acme", "sam").Groups("helpdesk").Obj())
		Expect(reader.MissingReferenceWarnings(ctx, object)).To(HaveExactElements(missing))
	},
		Entry("of an organization: nothing", acme()),
		Entry("of a user for whom all is there", builders.OrgUser("acme", "luis").Workspace("support", v1alpha1.WorkspaceEdit).Modules("desk").Obj()),
		Entry("of a user", builders.OrgUser("acme", "luis").Workspace("nowhere", v1alpha1.WorkspaceEdit).Modules("desk", "fax").Obj(),
			`spec.workspaces: there is no Workspace "nowhere" yet`, `spec.modules: the organization's subscription has no module "fax"`),
		Entry("WXP-7 of a user whose Invitation is to be sent again", invited("luis", "team"),
			`metadata.annotations: accounts.usher.dev/resend has no effect here: Invitation "team" invites this person, annotate that`),
		Entry("WXP-7 of a user who is not invited, and is to be invited again",
			again(builders.OrgUser("acme", "luis").Existing().Obj()),
			`metadata.annotations: accounts.usher.dev/resend has no effect here: with spec.onboarding None this person is not invited`),
		Entry("WXP-7 of a user who is invited by himself: nothing", again(builders.OrgUser("acme", "luis").Obj())),
		Entry("WXP-7 of an invitation that is to be sent again: nothing", again(builders.Invitation("acme", "team", "a@acme.example").Obj())),
		Entry("WXP-7 of kinds that invite nobody", again(builders.Workspace("acme", "support").Obj()),
			`metadata.annotations: accounts.usher.dev/resend has no effect here: annotate the Invitation, or the OrgUser that is `+
				`declared without one`),
		Entry("of an invitation", builders.Invitation("acme", "team", "a@acme.example").Workspace("nowhere", v1alpha1.WorkspaceEdit).Modules("fax").Obj(),
			`spec.workspaces: there is no Workspace "nowhere" yet`, `spec.modules: the organization's subscription has no module "fax"`),
		Entry("of a workspace", builders.Workspace("acme", "sales").Member("SAM@acme.example", v1alpha1.WorkspaceEdit).
			Member("eva@acme.example", v1alpha1.WorkspaceEdit).Group("helpdesk", v1alpha1.WorkspaceView).Group("night", v1alpha1.WorkspaceView).Obj(),
			`spec.members: there is no user with the address eva@acme.example yet`, `spec.members: nobody is in the group "night" yet`),
		Entry("without an organization", builders.Workspace("other", "sales").Obj(), `there is no Organization "other" in this namespace yet`),
	)

	It("is said of a few among many", func(ctx context.Context) {
		w := builders.Workspace("acme", "sales")
		for n := range 30 {
			w = w.Group("g"+string(rune('a'+n)), v1alpha1.WorkspaceView)
		}
		missing, err := holding(acme()).MissingReferenceWarnings(ctx, w.Obj())
		Expect(err).NotTo(HaveOccurred())
		Expect(missing).To(HaveLen(maxMissing + 1))
		Expect(missing[maxMissing]).To(Equal("and more"))
	})
})

// again gives an object with the annotation that asks for another mail.
func again(o client.Object) client.Object {
	o.SetAnnotations(map[string]string{v1alpha1.AnnotationResend: "1"})
	return o
}

// invited gives a user who came by an Invitation, and whom somebody wants to send another mail.
func invited(name, by string) client.Object {
	u := builders.OrgUser("acme", name).Obj()
	u.Labels = map[string]string{v1alpha1.LabelInvitation: by}
	return again(u)
}
