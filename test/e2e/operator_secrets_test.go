// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/operator"
)

func operatorSecret(name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, Name: name}}
}

var _ = Describe("A Secret of the operator that somebody deletes", func() {
	It("is recreated: the webhook certificate, with its CA in the webhook configurations", func(ctx context.Context) {
		org := organization(ctx)
		u := builders.OrgUser(org, "marta").Existing().Obj()
		create(ctx, u)
		awaitReady(ctx, u)
		Expect(env.Client.Delete(ctx, operatorSecret("usher-webhook-certificate"))).To(Succeed())

		By("removing the CA from the webhook configuration")
		var webhooks admissionv1.ValidatingWebhookConfiguration
		name := client.ObjectKey{Name: "usher-validating-webhook-configuration"}
		Eventually(func(g Gomega) {
			g.Expect(env.Client.Get(ctx, name, &webhooks)).To(Succeed())
			for i := range webhooks.Webhooks {
				webhooks.Webhooks[i].ClientConfig.CABundle = nil
			}
			g.Expect(env.Client.Update(ctx, &webhooks)).To(Succeed())
		}).Should(Succeed())

		Eventually(get(ctx, operatorSecret("usher-webhook-certificate"))).Should(HaveField("Data", HaveKey("tls.crt")))
		rename := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"displayName":"Marta"}}`))
		Eventually(func() error { return env.Client.Patch(ctx, u, rename) }).Should(Succeed())
	})

	It("is recreated: the link keys, which invalidates all earlier links", func(ctx context.Context) {
		org := organization(ctx)
		invite := func(name string) string {
			create(ctx, builders.Invitation(org, name, name+"@"+org+".example").Obj())
			_, link := mailTo(ctx, name+"@"+org+".example", "/i/")
			return link
		}
		old := invite("before")
		Expect(visit(ctx, old)).To(Equal(http.StatusOK))
		Expect(env.Client.Delete(ctx, operatorSecret("usher-link-keys"))).To(Succeed())
		Eventually(func() int { return visit(ctx, old) }).Should(Equal(http.StatusNotFound))
		Expect(visit(ctx, invite("after"))).To(Equal(http.StatusOK))
	})
})
