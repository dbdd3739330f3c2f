// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"crypto/tls"
	"net/url"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/internal/testing/load"
)

var _ = Describe("The certificate of the webhooks, replaced under load", func() {
	It("OPS-3 refuses nothing, with a new authority, until every replica serves the new one", long, func(ctx context.Context) {
		expectNoneRefused(underLoad(ctx, "certificate and authority replaced", func(*load.Run) string {
			former, began := served(ctx), time.Now()
			Expect(env.admin.Delete(ctx, &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: usherNamespace, Name: "usher-webhook-certificate"},
			})).To(Succeed())
			// Each connection leads to some replica.
			const many = 12
			Eventually(ctx, func(g Gomega) {
				for range many {
					g.Expect(served(ctx)).NotTo(Equal(former))
				}
			}).Should(Succeed())
			return "served by every replica after " + inSeconds(time.Since(began))
		}))
	})
})

// served returns the certificate that some replica serves, trusted or not.
func served(ctx context.Context) []byte {
	GinkgoHelper()
	metrics, err := url.Parse(env.metricsURL)
	Expect(err).NotTo(HaveOccurred())
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	connection, err := dialer.DialContext(ctx, "tcp", metrics.Host)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = connection.Close() }()
	secured, ok := connection.(*tls.Conn)
	Expect(ok).To(BeTrue())
	return secured.ConnectionState().PeerCertificates[0].Raw
}
