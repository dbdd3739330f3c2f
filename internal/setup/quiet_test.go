// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

var _ = Describe("The rotation of certificates", func() {
	whole := map[string][]byte{"tls.crt": []byte("1"), "tls.key": []byte("2"), "ca.crt": []byte("3")}

	// race has the certificate written twice from one reading; the first writes this data, the second a whole certificate.
	race := func(ctx context.Context, first map[string][]byte) (client.Client, error) {
		GinkgoHelper()
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "usher-system", Name: certificateSecret}}
		cluster := fake.NewClientBuilder().WithObjects(secret).Build()
		quiet := quietClient{Client: cluster, live: cluster}
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(secret), secret)).To(Succeed())
		late := secret.DeepCopy()
		secret.Data = first
		secret.Labels = map[string]string{"touched": "true"}
		Expect(quiet.Update(ctx, secret)).To(Succeed())
		late.Data = map[string][]byte{"tls.crt": []byte("a"), "tls.key": []byte("b"), "ca.crt": []byte("c")}
		return cluster, quiet.Update(ctx, late)
	}

	It("accepts the certificate that another replica created first", func(ctx context.Context) {
		cluster, err := race(ctx, whole)
		Expect(err).NotTo(HaveOccurred())
		var secret corev1.Secret
		key := client.ObjectKey{Namespace: "usher-system", Name: certificateSecret}
		Expect(cluster.Get(ctx, key, &secret)).To(Succeed())
		Expect(secret.Data).To(Equal(whole))
	})

	It("retries while there is no certificate", func(ctx context.Context) {
		_, err := race(ctx, map[string][]byte{"tls.crt": []byte("1")})
		Expect(apierrors.IsConflict(err)).To(BeTrue(), "%v", err)
	})

	It("skips updates that change nothing", func(ctx context.Context) {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "usher-system", Name: certificateSecret}, Data: whole}
		cluster := fake.NewClientBuilder().WithObjects(secret).Build()
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(secret), secret)).To(Succeed())
		before := secret.ResourceVersion
		Expect(quietClient{Client: cluster, live: cluster}.Update(ctx, secret)).To(Succeed())
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(secret), secret)).To(Succeed())
		Expect(secret.ResourceVersion).To(Equal(before))
	})
})
