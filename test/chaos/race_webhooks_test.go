// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/testing/builders"
)

// switchWebhooksOff deletes the webhook configurations until the specs are over, so that the API server calls no webhook.
// No operator may run before or after: whether requests fail shows whether the API server calls the webhooks.
func switchWebhooksOff(ctx context.Context) {
	GinkgoHelper()
	namespace := env.Namespace(ctx, "unasked")
	configurations := []client.Object{
		&admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{
			Name: "usher-mutating-webhook-configuration",
		}},
		&admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{
			Name: "usher-validating-webhook-configuration",
		}},
	}
	for _, c := range configurations {
		Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(c), c)).To(Succeed())
	}
	DeferCleanup(func(ctx context.Context) {
		// What a mutating webhook refuses does not come to the validating ones, so those are first.
		for n, name := range []string{"orgusers", "finalizers"} {
			c := configurations[len(configurations)-1-n]
			c.SetResourceVersion("")
			c.SetUID("")
			Expect(env.Client.Create(ctx, c)).To(Succeed())
			Eventually(ctx, func() error { return try(ctx, namespace) }).WithTimeout(eventually).Should(MatchError(
				ContainSubstring(`failed calling webhook "%s.accounts.usher.dev"`, name)))
		}
	})
	Expect(try(ctx, namespace)).To(MatchError(ContainSubstring("failed calling webhook")))
	for _, c := range configurations {
		Expect(env.Client.Delete(ctx, c)).To(Succeed())
	}
	Eventually(ctx, func() error { return try(ctx, namespace) }).WithTimeout(eventually).Should(Succeed())
}

// try sends dry runs that both kinds of webhooks are called for: an invitation for the mutating one, a user for the
// validating one.
func try(ctx context.Context, namespace string) error {
	return errors.Join(
		env.Client.Create(ctx, builders.Invitation(namespace, "probe", "probe@acme.example").Obj(), client.DryRunAll),
		env.Client.Create(ctx, builders.OrgUser(namespace, "probe").Obj(), client.DryRunAll),
	)
}
