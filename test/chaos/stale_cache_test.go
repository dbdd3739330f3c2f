// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("While the operator's cache is stale", func() {
	var org string
	var firm *v1alpha1.Organization

	create := func(ctx context.Context, objects ...client.Object) {
		GinkgoHelper()
		for _, o := range objects {
			Expect(env.Client.Create(ctx, o)).To(Succeed())
		}
	}
	gone := func(o client.Object) func(context.Context) bool {
		return func(ctx context.Context) bool {
			return apierrors.IsNotFound(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o))
		}
	}

	BeforeEach(func(ctx context.Context) {
		usher.start(ctx)
		DeferCleanup(func(ctx context.Context) {
			usher.watches.release()
			usher.kill()
			usher.releaseLease(ctx)
		})
		org = env.Namespace(ctx, "chaos")
		firm = builders.Organization(org).Obj()
		firm.Spec.Delegates = []v1alpha1.Delegate{{Username: "system:serviceaccount:argocd:acme", Role: v1alpha1.RoleUserAdmin}}
	})

	It("ORG-26 a deleted user keeps no access, not even by bindings that the cache does not have yet", func(ctx context.Context) {
		create(ctx, firm, builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
			builders.Workspace(org, "support").Obj())
		Eventually(ctx, refetch(firm)).Should(BeReady())
		usher.watches.hold("rolebindings")
		sam := builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceEdit).Obj()
		create(ctx, sam)
		Eventually(ctx, refetch(sam)).Should(BeReady())
		Expect(bindingsOf(ctx, sam)).To(HaveLen(2))
		Expect(env.Client.Delete(ctx, sam)).To(Succeed())
		Eventually(ctx, gone(sam)).Should(BeTrue())
		Expect(bindingsOf(ctx, sam)).To(BeEmpty())
	})

	It("ORG-14 GTA-4 access that a status no longer lists is removed, even if the cache does not have it yet", func(ctx context.Context) {
		support := builders.Workspace(org, "support").Obj()
		create(ctx, firm, builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj())
		Eventually(ctx, refetch(firm)).Should(And(BeReady(), HaveField("Status.Administrators", ConsistOf("ana"))))
		usher.watches.hold("rolebindings")
		create(ctx, support)
		Eventually(ctx, refetch(support)).Should(BeReady())
		sam := builders.OrgUser(org, "sam").Role(v1alpha1.RoleTechnician).Existing().Workspace("support", v1alpha1.WorkspaceEdit).Obj()
		create(ctx, sam)
		Eventually(ctx, refetch(sam)).Should(BeReady())
		Expect(bindingsOf(ctx, sam)).To(HaveLen(2))
		Expect(env.Client.Delete(ctx, support)).To(Succeed())
		Eventually(ctx, gone(support)).Should(BeTrue())
		Expect(bindings(ctx, Default, org+"-support")).To(BeEmpty(), "the deletion of the workspace waited for this")

		Expect(env.Client.Patch(ctx, sam, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"suspend":true}}`)))).
			To(Succeed())
		Eventually(ctx, refetch(sam)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserSuspended)))
		Expect(bindingsOf(ctx, sam)).To(BeEmpty())
	})

	It("WXP-5 deleting an organization removes its delegates' access", func(ctx context.Context) {
		usher.watches.hold("rolebindings")
		create(ctx, firm)
		Eventually(ctx, refetch(firm)).Should(BeReady())
		Expect(bindings(ctx, Default, org)).To(HaveLen(1))
		Expect(env.Client.Delete(ctx, firm)).To(Succeed())
		Eventually(ctx, gone(firm)).Should(BeTrue())
		Expect(bindings(ctx, Default, org)).To(BeEmpty())
	})

	It("ORG-3 the deletion of an organization does not affect a successor of the same name", func(ctx context.Context) {
		create(ctx, firm)
		Eventually(ctx, refetch(firm)).Should(BeReady())
		usher.watches.holdFrom("PATCH .*/organizations/"+org+"$", "organizations") // the removal of the finalizer
		Expect(env.Client.Delete(ctx, firm)).To(Succeed())
		Eventually(ctx, gone(firm)).Should(BeTrue())

		successor := builders.Organization(org).Obj()
		ana := builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
		create(ctx, successor, ana)
		Eventually(ctx, refetch(ana)).Should(HaveField("Finalizers", ContainElement(v1alpha1.Finalizer)), "the operator has reconciled her")
		usher.watches.release()
		Eventually(ctx, refetch(successor)).Should(And(BeReady(), HaveField("Status.Administrators", ConsistOf("ana"))))
		Expect(refetch(ana)(ctx)).To(HaveField("DeletionTimestamp", BeNil()))
	})

	It("ORG-4 ORG-3 a folder can be deleted, with the last administrator right after the organization", func(ctx context.Context) {
		ana := builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
		create(ctx, firm, ana)
		Eventually(ctx, refetch(firm)).Should(And(BeReady(), HaveField("Status.Administrators", ConsistOf("ana"))))
		Eventually(ctx, func() error { return env.Client.Delete(ctx, ana, client.DryRunAll) }).
			Should(MatchError(ContainSubstring("last administrator")))
		usher.watches.hold("organizations")
		Expect(env.Client.Delete(ctx, firm)).To(Succeed())
		Expect(env.Client.Delete(ctx, ana)).To(Succeed())
		usher.watches.release()
		Eventually(ctx, gone(ana)).Should(BeTrue())
		Eventually(ctx, gone(firm)).Should(BeTrue())
	})

	It("GTA-4 deleting a workspace cleans up its namespace, even if the cache does not have it yet", func(ctx context.Context) {
		create(ctx, firm)
		Eventually(ctx, refetch(firm)).Should(BeReady())
		for _, resource := range []string{"namespaces", "configmaps"} {
			usher.watches.hold(resource)
		}
		kept := builders.Workspace(org, "keep").Obj()
		dropped := builders.Workspace(org, "drop").Obj()
		dropped.Spec.DeletionPolicy = v1alpha1.DeletionDelete
		create(ctx, kept, dropped)
		for _, w := range []*v1alpha1.Workspace{kept, dropped} {
			Eventually(ctx, refetch(w)).Should(BeReady())
			Expect(env.Client.Delete(ctx, w)).To(Succeed())
			Eventually(ctx, gone(w)).Should(BeTrue())
		}
		going := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org + "-drop"}}
		Expect(refetch(going)(ctx)).To(HaveField("DeletionTimestamp", Not(BeNil())))
		staying := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org + "-keep"}}
		Expect(refetch(staying)(ctx)).To(HaveField("DeletionTimestamp", BeNil()))
		settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: staying.Name, Name: v1alpha1.SettingsConfigMap}}
		Expect(gone(settings)(ctx)).To(BeTrue())
	})

	It("ORG-20 an invitation that is deleted right after its creation leaves no user behind", func(ctx context.Context) {
		create(ctx, firm, builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj())
		Eventually(ctx, refetch(firm)).Should(HaveField("Status.Administrators", ConsistOf("ana")))
		usher.watches.hold("orgusers")
		team := builders.Invitation(org, "team", "eva@"+org+".example").InvitedBy("ana@" + org + ".example").Obj()
		create(ctx, team)
		Eventually(ctx, refetch(team)).Should(HaveField("Status.Recipients", ConsistOf(HaveField("State", v1alpha1.RecipientInvited))))
		Expect(users(ctx, org)).To(ConsistOf("ana", HavePrefix("eva-")))
		Expect(env.Client.Delete(ctx, team)).To(Succeed())
		Eventually(ctx, gone(team)).Should(BeTrue())
		usher.watches.release()
		Eventually(ctx, func() []string { return users(ctx, org) }).Should(ConsistOf("ana"))
	})

	It("ORG-3 an organization that is deleted right after its creation leaves no user behind", func(ctx context.Context) {
		create(ctx, firm)
		Eventually(ctx, refetch(firm)).Should(BeReady())
		usher.watches.hold("orgusers")
		sam := builders.OrgUser(org, "sam").Existing().Obj()
		sam.Finalizers = []string{v1alpha1.Finalizer} // as Usher creates them
		create(ctx, sam)
		Expect(env.Client.Delete(ctx, firm)).To(Succeed())
		Eventually(ctx, refetch(sam)).Should(HaveField("DeletionTimestamp", Not(BeNil())))
		usher.watches.release()
		Eventually(ctx, gone(firm)).Should(BeTrue())
		Expect(users(ctx, org)).To(BeEmpty())
	})

	It("NOV-10 a person who confirms an invitation is welcomed, even if the cache does not have the account yet", func(ctx context.Context) {
		eva := "eva@" + org + ".example"
		create(ctx, firm, builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj())
		Eventually(ctx, refetch(firm)).Should(HaveField("Status.Administrators", ConsistOf("ana")))
		usher.watches.hold("orgusers")
		team := builders.Invitation(org, "team", eva).InvitedBy("ana@" + org + ".example").Obj()
		create(ctx, team)
		var visitors portalVisitors
		for _, kind := range []string{inviteLink, confirmLink} {
			m, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.SentTo(eva) && kindOf(linkOf(m)) == kind })
			Expect(err).NotTo(HaveOccurred())
			Expect(visitors.visit(ctx, linkOf(m), accept)).To(Succeed())
		}
		Expect(visitors.rejections()).To(BeEmpty())
	})
})

var _ = Describe("Access of a user or delegate that no longer exists", func() {
	It("ORG-26 is removed when the operator notices it, whoever removed the finalizer", func(ctx context.Context) {
		usher.start(ctx)
		DeferCleanup(func(ctx context.Context) {
			usher.kill()
			usher.releaseLease(ctx)
		})
		org := env.Namespace(ctx, "chaos")
		firm := builders.Organization(org).Obj()
		firm.Spec.Delegates = []v1alpha1.Delegate{{Username: "system:serviceaccount:argocd:acme", Role: v1alpha1.RoleUserAdmin}}
		sam := builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceEdit).Obj()
		for _, o := range []client.Object{firm, builders.Workspace(org, "support").Obj(), sam} {
			Expect(env.Client.Create(ctx, o)).To(Succeed())
		}
		Eventually(ctx, func(g Gomega) { g.Expect(bindings(ctx, g, org, org+"-support")).To(HaveLen(3)) }).Should(Succeed())

		By("deleting user and organization past the webhooks while the operator is down")
		usher.kill()
		usher.releaseLease(ctx)
		past := env.As(cleaner, "system:masters")
		for _, o := range []client.Object{sam, firm} {
			Expect(past.Patch(ctx, o, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`)))).
				To(Succeed())
			Expect(past.Delete(ctx, o)).To(Succeed())
		}
		Expect(bindings(ctx, Default, org, org+"-support")).To(HaveLen(3))
		usher.start(ctx)
		Eventually(ctx, func(g Gomega) { g.Expect(bindings(ctx, g, org, org+"-support")).To(BeEmpty()) }).Should(Succeed())

		By("creating a binding of a user who does not exist, as restoring a backup does")
		stray := &rbacv1.RoleBinding{}
		stray.Namespace, stray.Name = org, "usher-sam-view"
		stray.Labels = map[string]string{
			v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue, v1alpha1.LabelOrganization: org, v1alpha1.LabelUser: "sam",
		}
		stray.RoleRef = rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"}
		stray.Subjects = []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: string(sam.Spec.Email)}}
		Expect(past.Create(ctx, stray)).To(Succeed())
		Eventually(ctx, func(g Gomega) { g.Expect(bindings(ctx, g, org)).To(BeEmpty()) }).Should(Succeed())
	})
})

// users returns the names of an organization's users.
func users(ctx context.Context, namespace string) []string {
	GinkgoHelper()
	var list v1alpha1.OrgUserList
	Expect(env.Client.List(ctx, &list, client.InNamespace(namespace))).To(Succeed())
	names := make([]string, 0, len(list.Items))
	for _, u := range list.Items {
		names = append(names, u.Name)
	}
	return names
}
