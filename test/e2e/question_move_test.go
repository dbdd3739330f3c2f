// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/operator"
)

var _ = Describe("A question that was asked while the operator kept questions in its own namespace", func() {
	It("OPS-4 GTA-8 is moved to the namespace for them, and the link in its mail confirms it", func(ctx context.Context) {
		Expect(usher.Stop()).To(Succeed())
		options, err := operator.Options(env, box)
		Expect(err).NotTo(HaveOccurred())
		options.QuestionsNamespace = "" // everything in one process, as in the version before
		usher, err = operator.StartWith(ctx, env.OperatorConfig(), options)
		Expect(err).NotTo(HaveOccurred())
		restarted := false
		DeferCleanup(func(ctx context.Context) {
			if !restarted {
				Expect(usher.Stop()).To(Succeed())
				startOperator(ctx)
			}
		})
		c := openContactPage(ctx)
		clara := c.address("clara")
		c.ask(ctx, clara, "a move")
		Eventually(func() []string { return linksTo(clara, "/q/") }).Should(HaveLen(1))
		left := func() []corev1.Secret {
			var list corev1.SecretList
			Expect(env.Client.List(ctx, &list, client.InNamespace(operator.Namespace), client.MatchingLabels{
				v1alpha1.LabelQuestion: "true", v1alpha1.LabelOrganization: c.org,
			})).To(Succeed())
			return list.Items
		}
		Expect(left()).To(HaveLen(1))

		Expect(usher.Stop()).To(Succeed())
		startOperator(ctx)
		restarted = true
		Eventually(left).Should(BeEmpty())
		Eventually(storedQuestions(ctx, c.org)).Should(HaveLen(1))
		Eventually(func() int { return visit(ctx, here(linksTo(clara, "/q/")[0])) }).Should(Equal(http.StatusOK))
		Expect(post(ctx, here(linksTo(clara, "/q/")[0]), nil)).To(Equal(http.StatusSeeOther))
		Eventually(c.queued).Should(HaveLen(1))
	})
})
