// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("The only administrator, whose object is renamed in Git,", func() {
	const gitops = "system:serviceaccount:argocd:acme"
	var org, email string
	var git client.Client
	var former *v1alpha1.OrgUser
	var renamed builders.OrgUserBuilder

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx, func(o *v1alpha1.Organization) {
			o.Spec.Delegates = []v1alpha1.Delegate{{Username: gitops, Role: v1alpha1.RoleOrganizationAdmin}}
		})
		email, git = "ana@"+org+".example", env.As(gitops)
		Eventually(can(ctx, gitops, "delete", "orgusers", org)).Should(BeTrue())
		former = &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "ana"}}
		renamed = builders.OrgUser(org, "ana-perez").Email(email).Role(v1alpha1.RoleOrganizationAdmin)
	})

	administrators := func(ctx context.Context) []string {
		GinkgoHelper()
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
		return get(ctx, o)(Default).Status.Administrators
	}
	handedOver := func(ctx context.Context, next *v1alpha1.OrgUser) {
		GinkgoHelper()
		Eventually(gone(ctx, former)).Should(Succeed())
		awaitReady(ctx, next)
		Expect(next.Status).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Role", v1alpha1.RoleOrganizationAdmin)))
		Expect(administrators(ctx)).To(ConsistOf("ana-perez"))
		Expect(env.As(email).List(ctx, &v1alpha1.OrgUserList{}, client.InNamespace(org))).To(Succeed())
	}

	It("ORG-4 hands over to the new object, which is created before the former one is deleted", func(ctx context.Context) {
		next := renamed.Existing().Obj()
		Expect(git.Create(ctx, next)).To(Succeed())
		Eventually(get(ctx, next)).Should(HaveCondition("Ready", metav1.ConditionTrue, v1alpha1.ReasonAwaitingHandover))
		Expect(next.Status.State).To(Equal(v1alpha1.UserPending))
		Expect(next.Status.Conditions).To(ContainElement(HaveField("Message", `user "ana" has the address `+email+` and is an administrator `+
			`in force; this user takes over when that one is deleted: delete one of the two users`)))
		Expect(git.Delete(ctx, former)).To(Succeed())
		handedOver(ctx, next)
	})

	It("ORG-4 hands over when both are requested one right after the other", func(ctx context.Context) {
		next := renamed.Existing().Obj()
		Expect(git.Create(ctx, next)).To(Succeed())
		Expect(git.Delete(ctx, former)).To(Succeed())
		handedOver(ctx, next)
	})

	It("ORG-4 is not deleted before there is a new object that can take over, and the refusal says what to do", func(ctx context.Context) {
		last := `"ana" is its last administrator in force and cannot be deleted; make somebody else OrganizationAdmin first. `
		Expect(git.Delete(ctx, former)).To(BeRefused(http.StatusUnprocessableEntity, last+`To rename the OrgUser, create one with the new `+
			`name, the same spec.email, the same role and spec.onboarding None, and delete this one after that (in Argo CD, with the sync `+
			`option PruneLast=true)`))
		next := renamed.Obj() // it would have to be invited
		Expect(git.Create(ctx, next)).To(Succeed())
		Eventually(get(ctx, next)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonDuplicateAddress))
		Expect(git.Delete(ctx, former)).To(BeRefused(http.StatusUnprocessableEntity, last+
			`OrgUser "ana-perez" has the same address and takes over when "ana" is deleted, once you set its spec.onboarding to None`))
		edit(ctx, next, func(u *v1alpha1.OrgUser) { u.Spec.Onboarding = v1alpha1.OnboardingNone })
		Expect(git.Delete(ctx, former)).To(Succeed())
		handedOver(ctx, next)
	})

	It("ORG-4 hands over to a new object that is created after a deletion past the webhooks", func(ctx context.Context) {
		Expect(pastWebhooks().Delete(ctx, former)).To(Succeed())
		Eventually(get(ctx, former)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonLastAdministrator))
		next := renamed.Existing().Obj()
		Expect(git.Create(ctx, next)).To(Succeed())
		handedOver(ctx, next)
	})
})

var _ = Describe("A workspace that is renamed in Git", func() {
	It("GTA-3 says in either order how it keeps its namespace, and does once the platform team has handed that over", func(ctx context.Context) {
		org := organization(ctx)
		space := org + "-space"
		former := builders.Workspace(org, "support").Namespace(space).Obj()
		create(ctx, former)
		awaitReady(ctx, former)
		renamed := builders.Workspace(org, "helpdesk").Namespace(space).Obj()
		create(ctx, renamed)
		says := func(text string) {
			GinkgoHelper()
			Eventually(get(ctx, renamed)).Should(And(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonNamespaceConflict),
				HaveField("Status.Conditions", ContainElement(HaveField("Message", ContainSubstring(text))))))
		}
		says(`If this is that workspace under a new name, delete workspace "support", which leaves the namespace behind`)
		Expect(env.Client.Delete(ctx, former)).To(Succeed())
		handOver := "kubectl label namespace " + space + " accounts.usher.dev/workspace=helpdesk --overwrite"
		says("was left behind by workspace \"support\", which no longer exists: to continue with it here, ask a cluster administrator to run `" +
			handOver + "`")
		_, stderr, err := env.Kubectl(ctx, strings.Fields(handOver)[1:]...)
		Expect(err).NotTo(HaveOccurred(), stderr)
		awaitReady(ctx, renamed)
	})

	DescribeTable("GTA-3 has the access of its people in the namespace that is handed over, and nothing of the former one's,",
		func(ctx context.Context, labelFirst bool) {
			org := organization(ctx)
			space := org + "-space"
			former := builders.Workspace(org, "support").Namespace(space).Group("night", v1alpha1.WorkspaceView).Obj()
			if labelFirst {
				former.Spec.DeletionPolicy = v1alpha1.DeletionDelete // the namespace is no longer its own by then
			}
			sam := builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceEdit).Obj()
			eva := builders.OrgUser(org, "eva").Existing().Groups("night").Obj()
			create(ctx, former, sam, eva)
			awaitReady(ctx, former)
			for _, u := range []*v1alpha1.OrgUser{sam, eva} {
				Eventually(get(ctx, u)).Should(HaveField("Status.Workspaces", ConsistOf(HaveField("Name", "support"))))
			}

			renamed := builders.Workspace(org, "helpdesk").Namespace(space).Group("night", v1alpha1.WorkspaceView).Obj()
			create(ctx, renamed)
			edit(ctx, sam, func(u *v1alpha1.OrgUser) { u.Spec.Workspaces[0].Name = "helpdesk" })
			Eventually(get(ctx, renamed)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonNamespaceConflict))
			remove := func() {
				Expect(env.Client.Delete(ctx, former)).To(Succeed())
				Eventually(gone(ctx, former)).Should(Succeed())
			}
			if !labelFirst {
				remove()
			}
			Expect(kubectl(ctx, "", "label", "namespace", space, "accounts.usher.dev/workspace=helpdesk", "--overwrite")).NotTo(BeEmpty())
			if labelFirst {
				Eventually(get(ctx, former)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonNamespaceConflict))
				remove()
			}

			awaitReady(ctx, renamed)
			for u, access := range map[*v1alpha1.OrgUser]v1alpha1.WorkspaceAccess{sam: v1alpha1.WorkspaceEdit, eva: v1alpha1.WorkspaceView} {
				Eventually(get(ctx, u)).Should(HaveField("Status.Workspaces", ConsistOf(And(HaveField("Name", "helpdesk"), HaveField("Access", access)))))
				awaitReady(ctx, u)
			}
			bindings := func(g Gomega) []string {
				var list rbacv1.RoleBindingList
				g.Expect(env.Client.List(ctx, &list, client.InNamespace(space))).To(Succeed())
				var found []string
				for _, b := range list.Items {
					found = append(found, strings.Join([]string{b.Labels[v1alpha1.LabelWorkspace], b.RoleRef.Name, b.Subjects[0].Name}, " "))
				}
				return found
			}
			Eventually(bindings).Should(ConsistOf("helpdesk edit sam@"+org+".example", "helpdesk view eva@"+org+".example",
				"helpdesk admin ana@"+org+".example"))
			Eventually(can(ctx, "sam@"+org+".example", "create", "configmaps", space)).Should(BeTrue())
			settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: space, Name: v1alpha1.SettingsConfigMap}}
			Eventually(get(ctx, settings)).Should(HaveField("Labels", HaveKeyWithValue(v1alpha1.LabelWorkspace, "helpdesk")))
			Expect(get(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: space}})(Default).DeletionTimestamp).To(BeNil())
		},
		Entry("if that is done after the former one is deleted", false),
		Entry("if that is done before the former one is deleted", true),
	)
})
