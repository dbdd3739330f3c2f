// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// Roles decide nothing here: the invariants bind everybody, however powerful.
var _ = Describe("An organization with one administrator", Ordered, func() {
	var solo string
	var sol *v1alpha1.OrgUser
	var powerful map[string]client.Client

	BeforeAll(func(ctx context.Context) {
		solo = env.Namespace(ctx, "solo")
		gitops := "system:serviceaccount:argocd:" + solo
		sol = builders.OrgUser(solo, "sol").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
		for _, o := range []client.Object{
			builders.Organization(solo).Protected().Delegate(gitops, v1alpha1.RoleOrganizationAdmin).Obj(), sol,
		} {
			Expect(env.Client.Create(ctx, o)).To(Succeed())
		}
		Eventually(func() (*v1alpha1.OrgUser, error) {
			return sol, env.Client.Get(ctx, client.ObjectKeyFromObject(sol), sol)
		}).Should(BeReady())
		powerful = map[string]client.Client{"the platform": env.Client, "a delegate": env.As(gitops)}
		for who, c := range powerful {
			Eventually(func() error {
				return c.Patch(ctx, sol.DeepCopy(), merge(`{"metadata":{"labels":{"probe":"x"}}}`), client.DryRunAll)
			}).Should(Succeed(), who)
		}
	})

	It("ORG-4 keeps its last administrator, and says so, whatever the request", func(ctx context.Context) {
		last := And(BeRefused(http.StatusUnprocessableEntity, ` in organization "`+solo+`": "sol" is its last administrator in force and cannot be `),
			BeRefused(http.StatusUnprocessableEntity, `; make somebody else OrganizationAdmin first`))
		for who, c := range powerful {
			for _, err := range []error{
				c.Delete(ctx, sol.DeepCopy(), client.DryRunAll),
				c.Patch(ctx, sol.DeepCopy(), merge(`{"spec":{"role":"Member"}}`), client.DryRunAll),
				c.Patch(ctx, sol.DeepCopy(), merge(`{"spec":{"suspend":true}}`), client.DryRunAll),
			} {
				cases, refusals = cases+1, refusals+1
				Expect(err).To(last, who)
			}
		}
		cases, refusals = cases+1, refusals+1
		Expect(env.Client.DeleteAllOf(ctx, &v1alpha1.OrgUser{}, client.InNamespace(solo), client.DryRunAll)).To(last, "all at once")
	})

	It("names in each refusal what to do", func(ctx context.Context) {
		gitops := "system:serviceaccount:argocd:" + solo
		Expect(kubectlSays(ctx, solo, gitops, "delete ou sol")).To(Equal(
			`The OrgUser "sol" is invalid: spec.role: delegate "system:serviceaccount:argocd:acme" is OrganizationAdmin ` +
				`in organization "acme": "sol" is its last administrator in force and cannot be deleted; ` +
				`make somebody else OrganizationAdmin first. To rename the OrgUser, create one with the new name, the same spec.email, the ` +
				`same role and spec.onboarding None, and delete this one after that (in Argo CD, with the sync option PruneLast=true)`))
		Expect(kubectlSays(ctx, solo, "sol@$org.example", "delete ou sol")).To(Equal(
			`The OrgUser "sol" is invalid: spec.role: user "sol@acme.example" is OrganizationAdmin in organization "acme": "sol" is its last ` +
				`administrator in force, and you cannot remove yourself from the organization; make somebody else OrganizationAdmin first, who can do it then`))
		Expect(kubectlSays(ctx, solo, masters, `patch ou sol --type=merge -p {"spec":{"role":"Member"}}`)).To(Equal(
			`The OrgUser "sol" is invalid: spec.role: user "admin" acts for the platform in organization "acme": "sol" is its last ` +
				`administrator in force and cannot be demoted; make somebody else OrganizationAdmin first`))
		Expect(kubectlSays(ctx, solo, "sol@$org.example", "delete org "+solo)).To(Equal(
			`The Organization "acme" is invalid: spec.deletionProtection: user "sol@acme.example" is ` +
				`OrganizationAdmin in organization "acme": the organization is protected against deletion; ` +
				`set spec.deletionProtection to Disabled first`))
	})

	It("ORG-25 cannot be deleted while it is protected", func(ctx context.Context) {
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: solo, Name: solo}}
		for who, c := range powerful {
			cases, refusals = cases+1, refusals+1
			Expect(c.Delete(ctx, o.DeepCopy(), client.DryRunAll)).To(BeRefused(http.StatusUnprocessableEntity, "the organization is protected against deletion"), who)
		}
		cases++
		Expect(env.Client.Delete(ctx, &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}, client.DryRunAll)).To(Succeed())
	})
})
