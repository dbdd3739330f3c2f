// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"errors"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/internal/linktoken"
)

var _ = Describe("The operator's own Secrets", func() {
	key := types.NamespacedName{Namespace: "usher-system", Name: keySecret}
	var ring *linktoken.KeyRing
	watching := func(c client.Client) *secretWatch {
		ring = &linktoken.KeyRing{}
		return &secretWatch{client: c, users: map[types.NamespacedName]secretUser{key: linkKeys{ring, newFeatures(GinkgoLogr, "usher-system")}}}
	}
	pass := func(ctx context.Context, w *secretWatch, of types.NamespacedName) error {
		_, err := w.Reconcile(ctx, reconcile.Request{NamespacedName: of})
		return err
	}

	It("are recreated when somebody deletes them, and used", func(ctx context.Context) {
		cluster := fake.NewClientBuilder().Build()
		w := watching(cluster)
		Expect(pass(ctx, w, key)).To(Succeed())
		var secret corev1.Secret
		Expect(cluster.Get(ctx, key, &secret)).To(Succeed())
		Expect(secret.Data).To(HaveKeyWithValue(firstKeyName, HaveLen(32)))
		Expect(pass(ctx, w, key)).To(Succeed())
		keys, err := linktoken.NewKeys(secret.Data)
		Expect(err).NotTo(HaveOccurred())
		token, err := keys.Sign(linktoken.PurposeInvite, "6f1c0f0e-7d3a-4e0f-9a43-0d5c2f6a9b11", "nora@acme.example", 1)
		Expect(err).NotTo(HaveOccurred())
		_, err = ring.Verify(linktoken.PurposeInvite, token)
		Expect(err).NotTo(HaveOccurred())
	})

	It("are the only Secrets that are watched", func(ctx context.Context) {
		cluster := fake.NewClientBuilder().Build()
		other := types.NamespacedName{Namespace: "usher-system", Name: "other"}
		Expect(pass(ctx, watching(cluster), other)).To(Succeed())
		Expect(apierrors.IsNotFound(cluster.Get(ctx, other, &corev1.Secret{}))).To(BeTrue())
	})

	DescribeTable("are not recreated", func(ctx context.Context, refusal error, expected string) {
		cluster := fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{
			Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return refusal },
		}).Build()
		err := pass(ctx, watching(cluster), key)
		if expected == "" {
			Expect(err).NotTo(HaveOccurred())
			return
		}
		Expect(err).To(MatchError(ContainSubstring(expected)))
	},
		Entry("when another replica was first", apierrors.NewAlreadyExists(corev1.Resource("secrets"), keySecret), ""),
		Entry("in a terminating namespace", &apierrors.StatusError{ErrStatus: metav1.Status{
			Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden,
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}},
		}}, ""),
		Entry("in a deleted namespace", apierrors.NewNotFound(corev1.Resource("namespaces"), "usher-system"), ""),
		Entry("when the API server fails, which is retried", errors.New("no answer"),
			"Secret usher-system/usher-link-keys was deleted and cannot be recreated: no answer"),
	)
})
