// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
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
})
