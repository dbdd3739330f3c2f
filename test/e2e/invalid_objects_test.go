// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/testing/corpus"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// The examples belong to the organization "acme", which the specs of the samples also create and delete, so they run in turn.
var _ = Describe("An object that only the webhooks refuse", Ordered, func() {
	acme := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "acme"}}

	BeforeAll(func(ctx context.Context) { create(ctx, acme) })
	AfterAll(func(ctx context.Context) {
		Expect(env.Client.Delete(ctx, acme)).To(Succeed())
		Eventually(gone(ctx, acme.DeepCopy())).Should(Succeed())
	})

	for _, entry := range refusedByWebhooks() {
		It("is refused: "+entry.Name, func(ctx context.Context) {
			Expect(entry.Objects).To(HaveLen(1))
			object := entry.Objects[0].DeepCopy()
			object.SetNamespace("acme")
			Expect(env.Client.Create(ctx, object, client.DryRunAll)).To(And(
				BeRefused(http.StatusUnprocessableEntity, entry.Refused), HaveCause(entry.Field, entry.Refused)))
		})
	}
})

// refusedByWebhooks is read while the spec tree is built, so a broken example stops the run at that point.
func refusedByWebhooks() []corpus.Entry {
	dir, err := testenv.RepoRoot()
	if err != nil {
		panic(err)
	}
	entries, err := corpus.Load(dir, corpus.InvalidWebhook)
	if err != nil {
		panic(err)
	}
	return entries
}
