// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// clusterRole creates a ClusterRole that grants reading of one resource in an API group of its own, until the spec ends.
func clusterRole(ctx context.Context, name string, grantable bool) *rbacv1.ClusterRole {
	GinkgoHelper()
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{name + ".example"}, Resources: []string{"things"}, Verbs: []string{"get"}}},
	}
	if grantable {
		role.Labels = map[string]string{v1alpha1.LabelGrantable: "true"}
	}
	create(ctx, role)
	DeferCleanup(func(ctx context.Context) {
		Expect(client.IgnoreNotFound(env.Client.Delete(ctx, role))).To(Succeed())
	})
	return role
}

// moduleBindings returns the namespaces and ClusterRoles of a user's RoleBindings for a module.
func moduleBindings(ctx context.Context, u *v1alpha1.OrgUser, module string) func() []string {
	return func() []string {
		var found []string
		for _, b := range bindingsOf(ctx, u) {
			if b.Labels[v1alpha1.LabelModule] == module {
				found = append(found, b.Namespace+" "+b.RoleRef.Name)
			}
		}
		return found
	}
}

var _ = Describe("Access", func() {
	var org string
	var o *v1alpha1.Organization
	var support, sales *v1alpha1.Workspace

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx)
		o = &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
		support, sales = builders.Workspace(org, "support").Obj(), builders.Workspace(org, "sales").Obj()
		create(ctx, support, sales)
	})
	modules := func(ctx context.Context, list ...v1alpha1.Module) {
		GinkgoHelper()
		edit(ctx, o, func(o *v1alpha1.Organization) { o.Spec.Subscription.Modules = list })
	}
	desk := func(clusterRole string) v1alpha1.Module {
		return v1alpha1.Module{Name: "desk", Seats: ptr.To[int32](2), ClusterRoleName: clusterRole}
	}

	It("GTA-10 by a module is its ClusterRole in each workspace in force while the platform team allows the ClusterRole", func(ctx context.Context) {
		first, second := org+"-first", org+"-second"
		role := clusterRole(ctx, first, true)
		clusterRole(ctx, second, true)
		modules(ctx, desk(first))
		tess := builders.OrgUser(org, "tess").Role(v1alpha1.RoleTechnician).Existing().Modules("desk").
			Workspace("support", v1alpha1.WorkspaceView).Workspace("sales", v1alpha1.WorkspaceEdit).Obj()
		create(ctx, tess)
		all := moduleBindings(ctx, tess, "desk")
		everywhere := func(role string) []string { return []string{org + "-support " + role, org + "-sales " + role} }
		Eventually(all).Should(ConsistOf(everywhere(first)))
		awaitReady(ctx, tess)
		Eventually(get(ctx, o)).Should(BeReady())

		By("removing the label")
		edit(ctx, role, func(r *rbacv1.ClusterRole) { r.Labels = nil })
		Eventually(all).Should(BeEmpty())
		Eventually(get(ctx, o)).Should(And(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonClusterRoleNotGrantable), KeepKstatus()))
		Expect(env.Client.Patch(ctx, role, client.RawPatch("application/merge-patch+json",
			[]byte(`{"metadata":{"labels":{"accounts.usher.dev/grantable":"true"}}}`)))).To(Succeed())
		Eventually(all).Should(ConsistOf(everywhere(first)))
		Eventually(get(ctx, o)).Should(BeReady())

		By("naming another ClusterRole")
		modules(ctx, desk(second))
		Eventually(all).Should(ConsistOf(everywhere(second)))
		modules(ctx, desk(first))
		Eventually(all).Should(ConsistOf(everywhere(first)))

		By("deleting the ClusterRole")
		Expect(env.Client.Delete(ctx, role)).To(Succeed())
		Eventually(all).Should(BeEmpty())
		Eventually(get(ctx, o)).Should(And(HaveCondition("Reconciling", metav1.ConditionTrue, v1alpha1.ReasonClusterRoleNotFound), KeepKstatus()))

		By("removing the user from a workspace, and the module from the subscription")
		modules(ctx, desk("view"))
		Eventually(all).Should(ConsistOf(everywhere("view")))
		edit(ctx, tess, func(u *v1alpha1.OrgUser) { u.Spec.Workspaces = u.Spec.Workspaces[:1] })
		Eventually(all).Should(ConsistOf(everywhere("view")[:1]))
		modules(ctx)
		Eventually(all).Should(BeEmpty())
		Eventually(get(ctx, tess)).Should(HaveField("Status.Modules", BeEmpty()))
		Expect(tess.Status.Workspaces).To(HaveLen(1))
	})

	It("GTA-10 by a ClusterRole without the platform team's label cannot be granted even by the operator itself", func(ctx context.Context) {
		awaitReady(ctx, support)
		operator, err := client.New(env.OperatorConfig(), client.Options{Scheme: env.Scheme, Mapper: env.Client.RESTMapper()})
		Expect(err).NotTo(HaveOccurred())
		role := clusterRole(ctx, org+"-wide", false)
		binding := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: support.Status.Namespace, Name: "usher-by-the-operator"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "robot"}},
		}
		bind := func() error { return operator.Create(ctx, binding.DeepCopy(), client.DryRunAll) }
		Expect(bind()).To(BeRefused(http.StatusForbidden, "is attempting to grant RBAC permissions not currently held"))
		edit(ctx, role, func(r *rbacv1.ClusterRole) { r.Labels = map[string]string{v1alpha1.LabelGrantable: "true"} })
		Eventually(bind).Should(Succeed())
		edit(ctx, role, func(r *rbacv1.ClusterRole) { r.Labels = nil })
		Eventually(bind).Should(BeRefused(http.StatusForbidden, "is attempting to grant RBAC permissions not currently held"))
	})

	It("GTA-10 LMI-2 by a module is not granted to Limited accounts or to Members without modules", func(ctx context.Context) {
		modules(ctx, desk("view"))
		guest := builders.OrgUser(org, "guest").Limited().Existing().Modules("desk").Workspace("support", v1alpha1.WorkspaceView).Obj()
		sam := builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, guest, sam)
		awaitReady(ctx, guest)
		awaitReady(ctx, sam)
		Expect(bindingsOf(ctx, guest)).To(BeEmpty())
		Expect(bindingsOf(ctx, sam)).To(HaveLen(2))
		Eventually(get(ctx, o)).Should(HaveField("Status.Modules", ConsistOf(HaveField("Used", HaveValue(BeEquivalentTo(0))))))
	})

	It("GTA-10 by a ClusterRole that is not grantable is refused, and reported if the ClusterRole was created later", func(ctx context.Context) {
		name := org + "-secret"
		clusterRole(ctx, name, false)
		Eventually(func() error { // until the operator knows the ClusterRole
			return env.Client.Patch(ctx, o.DeepCopy(), client.RawPatch("application/merge-patch+json",
				[]byte(`{"spec":{"subscription":{"modules":[{"name":"desk","seats":1,"clusterRoleName":"`+name+`"}]}}}`)), client.DryRunAll)
		}).Should(And(BeRefused(http.StatusUnprocessableEntity, `Usher may not bind ClusterRole "`+name+`": ask the platform team to run `+
			"`kubectl label clusterrole "+name+" accounts.usher.dev/grantable=true`"),
			HaveCause("spec.subscription.modules[0].clusterRoleName", "may not bind")))
		modules(ctx, desk(org+"-later"))
		Eventually(get(ctx, o)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonClusterRoleNotFound))
		clusterRole(ctx, org+"-later", false)
		Eventually(get(ctx, o)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonClusterRoleNotGrantable))
		Eventually(eventsOf(ctx, o)).Should(ContainElement(HavePrefix("Warning " + v1alpha1.ReasonClusterRoleNotGrantable)))
	})

	It("GTA-11 by a module takes a seat while the person is invited, which is free again when the user is deleted", func(ctx context.Context) {
		modules(ctx, v1alpha1.Module{Name: "desk", Seats: ptr.To[int32](1), ClusterRoleName: "view"})
		kim := builders.OrgUser(org, "kim").Modules("desk").Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, kim)
		Eventually(get(ctx, o)).Should(HaveField("Status.Modules", ConsistOf(And(
			HaveField("Used", HaveValue(BeEquivalentTo(1))), HaveField("Holders", ConsistOf("kim"))))))
		Expect(bindingsOf(ctx, kim)).To(BeEmpty())
		late := builders.OrgUser(org, "late").Existing().Modules("desk").Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, late)
		Eventually(get(ctx, late)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonAwaitingSeat))
		Expect(env.Client.Delete(ctx, kim)).To(Succeed())
		Eventually(moduleBindings(ctx, late, "desk")).Should(ConsistOf(org + "-support view"))
	})

	It("LMI-9 by groups is counted per group, including groups without users", func(ctx context.Context) {
		first := builders.OrgUser(org, "first").Existing().Groups("helpdesk", "night").Obj()
		create(ctx, first, builders.OrgUser(org, "second").Existing().Groups("helpdesk").Obj())
		counted := func(name string, users int32) v1alpha1.GroupStatus {
			return v1alpha1.GroupStatus{Name: name, Users: &users}
		}
		Eventually(get(ctx, o)).Should(HaveField("Status.Groups", HaveExactElements(counted("helpdesk", 2), counted("night", 1))))
		edit(ctx, support, func(w *v1alpha1.Workspace) {
			w.Spec.Members = []v1alpha1.WorkspaceMember{{Group: "dusk", Access: v1alpha1.WorkspaceView}}
		})
		Expect(env.Client.Delete(ctx, first)).To(Succeed())
		Eventually(get(ctx, o)).Should(HaveField("Status.Groups", HaveExactElements(counted("dusk", 0), counted("helpdesk", 1))))
	})

	It("ORG-23 LMI-9 by a workspace's member list applies to a user who is created later, by address or by group", func(ctx context.Context) {
		edit(ctx, support, func(w *v1alpha1.Workspace) {
			w.Spec.Members = []v1alpha1.WorkspaceMember{
				{Email: v1alpha1.MemberAddress("Sam@" + org + ".example"), Access: v1alpha1.WorkspaceView}, {Group: "night", Access: v1alpha1.WorkspaceEdit},
			}
		})
		sam := builders.OrgUser(org, "sam").Existing().Obj()
		create(ctx, sam)
		Eventually(get(ctx, sam)).Should(And(BeReady(),
			HaveField("Status.Workspaces", ConsistOf(And(HaveField("Name", "support"), HaveField("Access", v1alpha1.WorkspaceView))))))
		edit(ctx, sam, func(u *v1alpha1.OrgUser) { u.Spec.Groups = []v1alpha1.ObjectName{"night"} })
		Eventually(can(ctx, string(sam.Spec.Email), "create", "configmaps", org+"-support")).Should(BeTrue())
	})

	It("ORG-23 by a workspace's member list costs one write of the user's status per change, and the user stays Ready", func(ctx context.Context) {
		sam := builders.OrgUser(org, "sam").Existing().Obj()
		other := builders.OrgUser(org, "other").Existing().Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, sam, other)
		awaitReady(ctx, sam)
		awaitReady(ctx, other)
		seen := historyOf(ctx, org)
		edit(ctx, support, func(w *v1alpha1.Workspace) {
			w.Spec.Members = []v1alpha1.WorkspaceMember{{Email: v1alpha1.MemberAddress(sam.Spec.Email), Access: v1alpha1.WorkspaceEdit}}
		})
		Eventually(can(ctx, string(sam.Spec.Email), "create", "configmaps", org+"-support")).Should(BeTrue())
		edit(ctx, support, func(w *v1alpha1.Workspace) { w.Spec.Members = nil })
		Eventually(can(ctx, string(sam.Spec.Email), "create", "configmaps", org+"-support")).Should(BeFalse())
		Eventually(seen.of("sam")).Should(HaveLen(2), "one write for the grant and one for its removal")
		Expect(seen.of("sam")()).To(HaveEach(BeReady()))
		Expect(seen.of("other")()).To(BeEmpty(), "other users are not written")
	})

	It("GTA-5 must include a workspace for every user if the organization requires one", func(ctx context.Context) {
		edit(ctx, o, func(o *v1alpha1.Organization) { o.Spec.Settings.WorkspaceAssignment = v1alpha1.AssignmentRequired })
		both := "name one here, or first list the address or one of the groups in spec.members of a Workspace"
		sam := builders.OrgUser(org, "sam").Existing()
		team := builders.Invitation(org, "team", "eva@"+org+".example")
		Eventually(func() error { return env.Client.Create(ctx, sam.Obj(), client.DryRunAll) }).Should(And(
			BeRefused(http.StatusUnprocessableEntity, "sam@"+org+".example would have none: "+both), HaveCause("spec.workspaces", both)))
		Expect(env.Client.Create(ctx, team.Obj(), client.DryRunAll)).To(BeRefused(http.StatusUnprocessableEntity, "eva@"+org+".example would have none"))
		create(ctx, builders.OrgUser(org, "boss").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(), builders.OrgUser(org, "guest").Limited().Existing().Obj())

		placed := sam.Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, placed)
		awaitReady(ctx, placed)
		last := func() error {
			return env.Client.Patch(ctx, placed.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"workspaces":null}}`)))
		}
		Expect(last()).To(BeRefused(http.StatusUnprocessableEntity, both))
		edit(ctx, support, func(w *v1alpha1.Workspace) {
			w.Spec.Members = []v1alpha1.WorkspaceMember{{Email: v1alpha1.MemberAddress(placed.Spec.Email), Access: v1alpha1.WorkspaceView}}
		})
		Eventually(last).Should(Succeed())
		Eventually(get(ctx, placed)).Should(And(BeReady(), HaveField("Status.Workspaces", HaveLen(1))))

		edit(ctx, support, func(w *v1alpha1.Workspace) { w.Spec.Members = nil })
		Eventually(get(ctx, placed)).Should(And(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonWorkspaceRequired), KeepKstatus()))
		Expect(placed.Status).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Role", v1alpha1.RoleMember)))
		edit(ctx, o, func(o *v1alpha1.Organization) { o.Spec.Settings.WorkspaceAssignment = v1alpha1.AssignmentOptional })
		awaitReady(ctx, placed)
	})

	It("is granted without changing RoleBindings that Usher did not create, whatever their names", func(ctx context.Context) {
		awaitReady(ctx, support)
		foreign := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: support.Status.Namespace, Name: "usher-sam:desk"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "robot"}},
		}
		create(ctx, foreign)
		sam := builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, sam)
		awaitReady(ctx, sam)
		edit(ctx, sam, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })
		Eventually(func() []rbacv1.RoleBinding { return bindingsOf(ctx, sam) }).Should(BeEmpty())
		was := foreign.ResourceVersion
		Expect(get(ctx, foreign)(Default).ResourceVersion).To(Equal(was))
	})
})
