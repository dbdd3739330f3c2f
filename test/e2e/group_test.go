// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// inIdentityGroup returns a function that reports whether somebody without an account, whom the identity provider puts in a group, may do
// something.
func inIdentityGroup(ctx context.Context, group, verb, resource, namespace string) func(Gomega) bool {
	return func(g Gomega) bool {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: "stranger@elsewhere.example", Groups: []string{group, "system:authenticated"},
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Verb: verb, Group: groupOf(resource), Resource: resource, Namespace: namespace,
			},
		}}
		g.Expect(env.Client.Create(ctx, review)).To(Succeed())
		return review.Status.Allowed
	}
}

// now returns what a question that is usually asked until it is answered in one way says at once.
func now(ask func(Gomega) bool) bool { return ask(NewWithT(GinkgoT())) }

// groupBindings returns the RoleBindings of an OrgGroup.
func groupBindings(ctx context.Context, g *v1alpha1.OrgGroup) []rbacv1.RoleBinding {
	GinkgoHelper()
	var list rbacv1.RoleBindingList
	Expect(env.Client.List(ctx, &list, client.MatchingLabels{
		v1alpha1.LabelOrganization: g.Namespace, v1alpha1.LabelGroup: g.Name,
	})).To(Succeed())
	return list.Items
}

var _ = Describe("An OrgGroup", func() {
	var org string
	var support *v1alpha1.Workspace
	var helpdesk builders.OrgGroupBuilder

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx)
		support = builders.Workspace(org, "support").Obj()
		support.Spec.Members = []v1alpha1.WorkspaceMember{{Group: "helpdesk", Access: v1alpha1.WorkspaceEdit}}
		helpdesk = builders.OrgGroup(org, "helpdesk")
	})
	sam := func() *v1alpha1.OrgUser { return builders.OrgUser(org, "sam").Existing().Obj() }
	edits := func(ctx context.Context) func(Gomega) bool {
		return can(ctx, "sam@"+org+".example", "create", "configmaps", org+"-support")
	}
	count := func(n int32) OmegaMatcher { return HaveField("Status.Members", HaveValue(Equal(n))) }

	DescribeTable("DIR-5 LMI-9 gives the people whom it lists the access that it opens, whichever object is declared first",
		func(ctx context.Context, order ...string) {
			group := helpdesk.Members("SAM@" + org + ".example").Obj()
			user := sam()
			objects := map[string]client.Object{"group": group, "user": user, "workspace": support}
			for _, name := range order {
				create(ctx, objects[name])
			}
			Eventually(edits(ctx)).Should(BeTrue())
			Eventually(get(ctx, user)).Should(And(BeReady(), HaveField("Status.Groups", HaveExactElements(v1alpha1.ObjectName("helpdesk"))),
				HaveField("Status.Workspaces", HaveExactElements(HaveField("Origins", HaveExactElements(v1alpha1.GrantOrigin{
					Source: v1alpha1.GrantedByGroup, Group: "helpdesk", Access: v1alpha1.WorkspaceEdit,
				}))))))
			Eventually(get(ctx, group)).Should(And(BeReady(), count(1), HaveField("Status.WorkspaceSummary", "support (Edit)"),
				HaveField("Status.Workspaces", HaveExactElements(v1alpha1.GroupGrantStatus{Name: "support", Access: v1alpha1.WorkspaceEdit}))))
			Expect(groupBindings(ctx, group)).To(BeEmpty())
		},
		func(order ...string) string { return order[0] + ", " + order[1] + ", " + order[2] },
		Entry(nil, "group", "user", "workspace"),
		Entry(nil, "group", "workspace", "user"),
		Entry(nil, "user", "group", "workspace"),
		Entry(nil, "user", "workspace", "group"),
		Entry(nil, "workspace", "group", "user"),
		Entry(nil, "workspace", "user", "group"),
	)

	It("DIR-5 counts those who name it in spec.groups beside those whom it lists, and takes access with the entry", func(ctx context.Context) {
		group := helpdesk.Members("sam@" + org + ".example").Obj()
		kim, user := builders.OrgUser(org, "kim").Existing().Groups("helpdesk").Obj(), sam()
		create(ctx, support, group, user, kim)
		Eventually(get(ctx, group)).Should(And(BeReady(), count(2)))
		By("taking one out")
		edit(ctx, group, func(g *v1alpha1.OrgGroup) { g.Spec.Members = nil })
		Eventually(edits(ctx)).Should(BeFalse())
		Eventually(get(ctx, group)).Should(count(1))
		Expect(now(can(ctx, "kim@"+org+".example", "create", "configmaps", org+"-support"))).To(BeTrue())
		By("suspending and resuming the other")
		edit(ctx, kim, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })
		Eventually(get(ctx, group)).Should(count(0))
		edit(ctx, kim, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = false })
		Eventually(get(ctx, group)).Should(count(1))
	})

	It("DIR-5 is gone once nobody has its access any more, and leaves it to those who name the group themselves", func(ctx context.Context) {
		group := helpdesk.Members("sam@" + org + ".example").Obj()
		kim, user := builders.OrgUser(org, "kim").Existing().Groups("helpdesk").Obj(), sam()
		create(ctx, support, group, user, kim)
		Eventually(edits(ctx)).Should(BeTrue())
		Expect(kubectl(ctx, "", "delete", "orggroup", "helpdesk", "-n", org, "--wait=false")).To(
			ContainSubstring("Warning: spec.members of workspaces still names the group: support"))
		Eventually(func() error { return env.Client.Get(ctx, client.ObjectKeyFromObject(group), &v1alpha1.OrgGroup{}) }).
			Should(Satisfy(apierrors.IsNotFound))
		Expect(now(edits(ctx))).To(BeFalse(), "the finalizer has waited")
		Expect(now(can(ctx, "kim@"+org+".example", "create", "configmaps", org+"-support"))).To(BeTrue())
	})

	It("DIR-5 says which addresses no user has, until one has", func(ctx context.Context) {
		group := helpdesk.Members("sam@" + org + ".example").Obj()
		create(ctx, group)
		Eventually(get(ctx, group)).Should(And(BeReady(), count(0),
			HaveCondition("AccountsExist", metav1.ConditionFalse, v1alpha1.ReasonAccountMissing)))
		create(ctx, sam())
		Eventually(get(ctx, group)).Should(And(count(1), Not(HaveCondition("AccountsExist", metav1.ConditionFalse, v1alpha1.ReasonAccountMissing))))
	})

	It("DIR-5 meets the requirement of a workspace for everybody", func(ctx context.Context) {
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
		edit(ctx, o, func(o *v1alpha1.Organization) { o.Spec.Settings.WorkspaceAssignment = v1alpha1.AssignmentRequired })
		Eventually(func() error { return env.Client.Create(ctx, sam(), client.DryRunAll) }).Should(BeRefused(http.StatusUnprocessableEntity, "would have none"))
		create(ctx, support, helpdesk.Members("sam@"+org+".example").Obj())
		Eventually(func() error { return env.Client.Create(ctx, sam(), client.DryRunAll) }).Should(Succeed())
	})

	It("DIR-5 binds the identity provider's group in the workspaces that list it, and nowhere else", func(ctx context.Context) {
		group := helpdesk.IdentityGroup("oidc:" + org + "-helpdesk").Obj()
		create(ctx, group, support)
		edits := inIdentityGroup(ctx, "oidc:"+org+"-helpdesk", "create", "configmaps", org+"-support")
		Eventually(edits).Should(BeTrue())
		Eventually(get(ctx, group)).Should(And(BeReady(), count(0), HaveField("Status.IdentityGroup", "oidc:"+org+"-helpdesk")))
		Expect(groupBindings(ctx, group)).To(HaveExactElements(And(
			HaveField("Namespace", org+"-support"), HaveField("RoleRef.Name", "edit"),
			HaveField("Subjects", HaveExactElements(rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: "Group", Name: "oidc:" + org + "-helpdesk"})))))
		Expect(now(inIdentityGroup(ctx, "oidc:"+org+"-helpdesk", "list", "orgusers", org))).To(BeFalse())
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
		Eventually(get(ctx, o)).Should(HaveField("Status.Users.Total", HaveValue(BeEquivalentTo(1))), "the primary administrator")

		By("changing the access")
		edit(ctx, support, func(w *v1alpha1.Workspace) { w.Spec.Members[0].Access = v1alpha1.WorkspaceView })
		Eventually(edits).Should(BeFalse())
		Eventually(inIdentityGroup(ctx, "oidc:"+org+"-helpdesk", "list", "configmaps", org+"-support")).Should(BeTrue())
		By("changing the group")
		edit(ctx, group, func(g *v1alpha1.OrgGroup) { g.Spec.IdentityGroup = v1alpha1.IdentityGroup("oidc:" + org + "-other") })
		Eventually(inIdentityGroup(ctx, "oidc:"+org+"-helpdesk", "list", "configmaps", org+"-support")).Should(BeFalse())
		Eventually(inIdentityGroup(ctx, "oidc:"+org+"-other", "list", "configmaps", org+"-support")).Should(BeTrue())
		By("undoing what somebody does to the RoleBinding")
		binding := groupBindings(ctx, group)[0]
		Expect(env.Client.Delete(ctx, &binding)).To(Succeed())
		Eventually(inIdentityGroup(ctx, "oidc:"+org+"-other", "list", "configmaps", org+"-support")).Should(BeTrue())
		By("deleting the workspace, whose namespace stays")
		Eventually(get(ctx, group)).Should(BeReady())
		Expect(env.Client.Delete(ctx, support)).To(Succeed())
		Eventually(func() error { return env.Client.Get(ctx, client.ObjectKeyFromObject(support), &v1alpha1.Workspace{}) }).
			Should(Satisfy(apierrors.IsNotFound))
		Expect(groupBindings(ctx, group)).To(BeEmpty())
		Eventually(get(ctx, group)).Should(And(BeReady(), HaveField("Status.Workspaces", BeEmpty())))
	})

	It("DIR-5 takes the identity provider's group out when it is deleted", func(ctx context.Context) {
		group := helpdesk.IdentityGroup("oidc:" + org + "-helpdesk").Obj()
		create(ctx, group, support)
		Eventually(inIdentityGroup(ctx, "oidc:"+org+"-helpdesk", "create", "configmaps", org+"-support")).Should(BeTrue())
		Expect(env.Client.Delete(ctx, group)).To(Succeed())
		Eventually(func() error { return env.Client.Get(ctx, client.ObjectKeyFromObject(group), &v1alpha1.OrgGroup{}) }).
			Should(Satisfy(apierrors.IsNotFound))
		Expect(groupBindings(ctx, group)).To(BeEmpty())
	})

	DescribeTable("DIR-5 refuses a group of the identity provider that the platform does not allow", func(ctx context.Context, name, why string) {
		Expect(env.Client.Create(ctx, helpdesk.IdentityGroup(name).Obj())).To(And(BeRefused(http.StatusUnprocessableEntity, why),
			HaveCause("spec.identityGroup", why)))
	},
		Entry("outside of the prefixes", "ldap:helpdesk", "those that begin with oidc:"),
		Entry("the prefix alone", "oidc:", "those that begin with oidc:"),
		Entry("of Kubernetes", "system:masters", "must not start with system:"),
		Entry("that is everybody", "system:authenticated", "must not start with system:"),
	)

	It("DIR-5 refuses a name for people that another group has, regardless of case", func(ctx context.Context) {
		create(ctx, helpdesk.With(func(g *v1alpha1.OrgGroup) { g.Spec.DisplayName = "Help (EU)" }).Obj())
		other := builders.OrgGroup(org, "second").With(func(g *v1alpha1.OrgGroup) { g.Spec.DisplayName = "HELP (eu)" })
		Eventually(func() error { return env.Client.Create(ctx, other.Obj(), client.DryRunAll) }).Should(
			BeRefused(http.StatusUnprocessableEntity, `is the name of OrgGroup "helpdesk" already`))
	})

	It("DIR-5 goes with the organization", func(ctx context.Context) {
		group := helpdesk.Members("sam@" + org + ".example").IdentityGroup("oidc:" + org + "-helpdesk").Obj()
		create(ctx, group, support, sam())
		Eventually(edits(ctx)).Should(BeTrue())
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
		Expect(env.Client.Delete(ctx, o)).To(Succeed())
		Eventually(func() error { return env.Client.Get(ctx, client.ObjectKeyFromObject(o), o) }).Should(Satisfy(apierrors.IsNotFound))
		Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(group), group)).To(Satisfy(apierrors.IsNotFound))
		Expect(groupBindings(ctx, group)).To(BeEmpty())
	})
})
