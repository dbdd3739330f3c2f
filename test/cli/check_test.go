// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("check", Serial, func() {
	It("CLI-5 finds an installation well, for the platform team", func(ctx context.Context) {
		matchesFile(usher(ctx, platform, "check", "-n", "acme").succeeds(), "check.txt")
	})

	It("CLI-5 checks what an administrator may see, and says what not", func(ctx context.Context) {
		matchesFile(usher(ctx, ana, "check", "-n", "acme").succeeds(), "check-admin.txt")
	})

	It("CLI-5 says what is wrong with an organization, and what to do", func(ctx context.Context) {
		org := env.Namespace(ctx, "org")
		Expect(env.Client.Create(ctx, builders.Organization(org).ModuleWithRole("desk", 1, "nowhere").Obj())).To(Succeed())
		Expect(env.Client.Create(ctx, builders.OrgUser(org, "sam").Existing().Obj())).To(Succeed())
		Expect(env.Client.Create(ctx, builders.OrgUser(org, "twin").Email("sam@"+org+".example").Existing().Obj())).To(Succeed())
		Eventually(ctx, func(g Gomega) {
			g.Expect(get(ctx, org, "twin", &v1alpha1.OrgUser{}).Status.Conditions).To(ContainElement(HaveField("Type", v1alpha1.ConditionStalled)))
		}).Should(Succeed())
		r := usher(ctx, platform, "check", "-n", org)
		Expect(r.code).To(Equal(1))
		Expect(r.err).To(BeEmpty())
		Expect(r.out).To(And(
			ContainSubstring("organization "+org+" has no administrator in force, so nobody can manage it: the platform team sets"),
			ContainSubstring(`ClusterRole "nowhere"`), ContainSubstring("OrgUser twin in namespace "+org+" is stalled (DuplicateAddress): ")))
	})

	It("CLI-5 misses a policy that is not installed", func(ctx context.Context) {
		policy := get(ctx, "", "usher-grantable", &admissionv1.ValidatingAdmissionPolicy{})
		Expect(env.Client.Delete(ctx, policy)).To(Succeed())
		DeferCleanup(func(ctx context.Context) {
			policy.ResourceVersion = ""
			Expect(env.Client.Create(ctx, policy)).To(Succeed())
		})
		r := usher(ctx, platform, "check", "-n", "acme")
		Expect(r.code).To(Equal(1))
		Expect(strings.Split(r.out, "\n")).To(ContainElement(MatchRegexp(`^policies +WRONG +these policies are not installed, or not bound: usher-grantable;`)))
	})

	It("CLI-5 compares the versions of the kinds", func(ctx context.Context) {
		for kind, version := range map[string]string{"orgusers": "v0.1.0", "workspaces": "v0.2.0"} {
			crd := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: kind + ".accounts.usher.dev"}}
			crd.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
			patch(ctx, crd, `{"metadata":{"labels":{"app.kubernetes.io/version":"`+version+`"}}}`)
			DeferCleanup(patch, crd, `{"metadata":{"labels":{"app.kubernetes.io/version":null}}}`)
		}
		r := usher(ctx, platform, "check", "-n", "acme")
		Expect(r.code).To(Equal(1))
		Expect(strings.Split(r.out, "\n")).To(ContainElement(MatchRegexp(
			`^versions +WRONG +plugin devel, operator devel, kinds (latest and )?v0\.1\.0 and ` + `v0\.2\.0: apply the CRDs of the operator's version, before the operator when you upgrade$`)))
	})

	It("CLI-5 CLI-4 says that the operator does not answer", func(ctx context.Context) {
		Expect(control.StopOperator()).To(Succeed())
		DeferCleanup(func(ctx context.Context) { control.StartOperator(ctx) })
		Expect(usher(ctx, marta, "whoami", "-n", "acme").fails()).To(Equal(
			"error: the operator did not answer: it is not running, or it is of a version without this question\n"))
		r := usher(ctx, platform, "check", "-n", "acme")
		Expect(r.code).To(Equal(1))
		Expect(strings.Split(r.out, "\n")).To(ContainElement(MatchRegexp(`^operator's answer +WRONG +the operator did not answer`)))
	})

	It("CLI-5 says so in a namespace without an organization", func(ctx context.Context) {
		r := usher(ctx, platform, "check", "-n", "default")
		Expect(r.code).To(Equal(1))
		Expect(r.out).To(HaveSuffix(`there is no organization in namespace "default": name the organization's namespace with -n, as in -n acme` + "\n"))
	})
})
