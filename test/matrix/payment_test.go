// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	rbacv1ac "k8s.io/client-go/applyconfigurations/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// paymentRoleName is the Role that lets the billing roles read the payment details.
const paymentRoleName = "usher-payment"

var _ = Describe("Payment details", Ordered, func() {
	var name string
	var bruno *v1alpha1.OrgUser
	var as, operator client.Client

	organization := func() *v1alpha1.Organization {
		return &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name}}
	}
	read := func(ctx context.Context, secret string) error {
		return as.Get(ctx, client.ObjectKey{Namespace: name, Name: secret}, &corev1.Secret{})
	}
	reads := func(ctx context.Context, secret string) func() error {
		return func() error { return read(ctx, secret) }
	}
	refused := BeRefused(http.StatusForbidden, `cannot get resource "secrets"`)
	naming := func(secret string) client.Patch {
		return merge(`{"spec":{"billing":{"paymentSecretRef":{"name":"` + secret + `"}}}}`)
	}

	BeforeAll(func(ctx context.Context) {
		name = env.Namespace(ctx, "pay")
		bruno = builders.OrgUser(name, "bruno").Role(v1alpha1.RoleBillingAdmin).Existing().Obj()
		as = env.As("bruno@" + name + ".example")
		var err error
		operator, err = client.New(env.OperatorConfig(), client.Options{Scheme: env.Scheme})
		Expect(err).NotTo(HaveOccurred())
		for _, o := range []client.Object{
			&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "card"}},
			&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "bank"}},
			builders.Organization(name).Obj(), bruno,
			builders.OrgUser(name, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
		} {
			Expect(env.Client.Create(ctx, o)).To(Succeed())
		}
		Eventually(func() (*v1alpha1.OrgUser, error) {
			return bruno, env.Client.Get(ctx, client.ObjectKeyFromObject(bruno), bruno)
		}).Should(BeReady())
	})

	It("ORG-6 are readable for the billing roles while the organization names them", func(ctx context.Context) {
		Expect(read(ctx, "card")).To(refused)
		Expect(env.Client.Patch(ctx, organization(), naming("card"))).To(Succeed())
		Eventually(reads(ctx, "card")).Should(Succeed())
		Expect(read(ctx, "bank")).To(refused)
		Expect(env.Client.Patch(ctx, organization(), naming("bank"))).To(Succeed())
		Eventually(reads(ctx, "card")).Should(refused)
		Eventually(reads(ctx, "bank")).Should(Succeed())
		Expect(env.Client.Patch(ctx, organization(), merge(`{"spec":{"billing":{"paymentSecretRef":null}}}`))).To(Succeed())
		Eventually(reads(ctx, "bank")).Should(refused)
		Expect(env.Client.Patch(ctx, organization(), naming("card"))).To(Succeed())
		Eventually(reads(ctx, "card")).Should(Succeed())
	})

	It("are readable with get only", func(ctx context.Context) {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "card"}}
		Expect(as.List(ctx, &corev1.SecretList{}, client.InNamespace(name))).To(BeRefused(http.StatusForbidden, "cannot list"))
		Expect(as.Patch(ctx, secret.DeepCopy(), merge(`{"stringData":{"a":"b"}}`))).To(BeRefused(http.StatusForbidden, "cannot patch"))
		Expect(as.Delete(ctx, secret.DeepCopy())).To(BeRefused(http.StatusForbidden, "cannot delete"))
	})

	It("ORG-8 are no longer readable for a user who gets another role or is suspended", func(ctx context.Context) {
		Expect(env.Client.Patch(ctx, bruno, merge(`{"spec":{"role":"UserAdmin"}}`))).To(Succeed())
		Eventually(reads(ctx, "card")).Should(refused)
		Expect(env.Client.Patch(ctx, bruno, merge(`{"spec":{"role":"FinanceAdmin"}}`))).To(Succeed())
		Eventually(reads(ctx, "card")).Should(Succeed())
		Expect(env.Client.Patch(ctx, bruno, merge(`{"spec":{"suspend":true}}`))).To(Succeed())
		Eventually(reads(ctx, "card")).Should(refused)
		Expect(env.Client.Patch(ctx, bruno, merge(`{"spec":{"suspend":false}}`))).To(Succeed())
		Eventually(reads(ctx, "card")).Should(Succeed())
	})

	It("stay readable when somebody deletes the Role", func(ctx context.Context) {
		role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: paymentRoleName}}
		Expect(env.Client.Delete(ctx, role.DeepCopy())).To(Succeed())
		Eventually(func() error { return env.Client.Get(ctx, client.ObjectKeyFromObject(role), role) }).Should(Succeed())
		Eventually(reads(ctx, "card")).Should(Succeed())
	})

	It("are not readable for the operator, which cannot grant access to other Secrets either", func(ctx context.Context) {
		Expect(operator.Get(ctx, client.ObjectKey{Namespace: name, Name: "card"}, &corev1.Secret{})).To(refused)
		apply := func(role, namespace string, rule *rbacv1ac.PolicyRuleApplyConfiguration) error {
			return operator.Apply(ctx, rbacv1ac.Role(role, namespace).WithRules(rule), client.DryRunAll,
				client.FieldOwner("usher"), client.ForceOwnership)
		}
		rule := func(resource, secret string) *rbacv1ac.PolicyRuleApplyConfiguration {
			return rbacv1ac.PolicyRule().WithAPIGroups("").WithResources(resource).WithVerbs("get").WithResourceNames(secret)
		}
		only := BeRefused(http.StatusForbidden, "the Role usher-payment may grant only")
		Expect(apply(paymentRoleName, name, rule("secrets", "card"))).To(Succeed())
		Expect(apply(paymentRoleName, name, rule("secrets", "bank"))).To(only)
		Expect(apply(paymentRoleName, name, rule("configmaps", "card"))).To(only)
		Expect(apply(paymentRoleName, name, rule("secrets", "card").WithVerbs("list"))).To(only)
		Expect(apply(paymentRoleName, name, rule("secrets", "card").WithResourceNames("bank"))).To(only)
		Expect(apply(paymentRoleName, name, rbacv1ac.PolicyRule().WithAPIGroups("").WithResources("secrets").WithVerbs("get"))).To(only)
		Expect(apply(paymentRoleName, "kube-system", rule("secrets", "card"))).To(BeRefused(http.StatusUnprocessableEntity, "ValidatingAdmissionPolicy 'usher-payment'"),
			"no Organization names a Secret there")
		Expect(apply("other", name, rule("secrets", "card"))).To(BeRefused(http.StatusForbidden, `cannot patch resource "roles"`))
	})

	It("are no longer readable when the organization is deleted", func(ctx context.Context) {
		Expect(env.Client.Delete(ctx, organization())).To(Succeed())
		Eventually(reads(ctx, "card")).Should(refused)
		role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: paymentRoleName}}
		Eventually(func() error { return env.Client.Get(ctx, client.ObjectKeyFromObject(role), role) }).Should(BeRefused(http.StatusNotFound, ""))
	})
})
