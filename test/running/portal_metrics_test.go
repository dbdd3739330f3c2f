// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package running

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
)

var _ = Describe("OPS-3 the metrics of a portal that runs apart", func() {
	It("are served with a certificate of the webhooks' authority, to those who may read them, and follow a new authority", func(ctx context.Context) {
		startOperator(ctx, func(o *setup.Options) {
			o.Components, o.MetricsSecure = []setup.Component{setup.ComponentControllers}, true
		})
		metrics := startPortal(ctx)
		token := metricsReader(ctx)

		Eventually(scrape(ctx, metrics, token)).Should(ContainSubstring("usher_feature_degraded"))
		Expect(scrape(ctx, metrics, "")(Default)).To(HavePrefix("Unauthorized"))

		By("replacing the authority")
		former := authorityIn(ctx, "usher-webhook-certificate")()
		Expect(env.Client.Delete(ctx, secretCalled("usher-webhook-certificate", nil))).To(Succeed())
		Eventually(authorityIn(ctx, "usher-portal-certificate")).ShouldNot(Equal(former))
		Expect(authorityIn(ctx, "usher-portal-certificate")()).To(Equal(authorityIn(ctx, "usher-webhook-certificate")()))
		Eventually(scrape(ctx, metrics, token)).Should(ContainSubstring("usher_feature_degraded"))
	})
})

// startPortal runs a portal apart from the controllers, with the rights of its own ServiceAccount, and returns the host:port of its metrics.
func startPortal(ctx context.Context) string {
	GinkgoHelper()
	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	options.Components, options.MetricsSecure, options.ReloadInterval = []setup.Component{setup.ComponentPortal}, true, 50*time.Millisecond
	options.MetricsAddress, err = ports.Address()
	Expect(err).NotTo(HaveOccurred())
	portal, err := operator.StartWith(ctx, env.PortalConfig(), options)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(portal.Stop()).To(Succeed()) })
	return options.MetricsAddress
}

// metricsReader returns the token of an account that may read metrics, as a monitoring system has it.
func metricsReader(ctx context.Context) string {
	GinkgoHelper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, Name: "prometheus"}}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "prometheus-usher"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "usher-metrics-reader"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: account.Namespace, Name: account.Name}},
	}
	for _, o := range []client.Object{account, binding} {
		Expect(env.Client.Create(ctx, o)).To(Succeed())
		DeferCleanup(func(ctx context.Context) { Expect(env.Client.Delete(ctx, o)).To(Succeed()) })
	}
	config, err := env.ServiceAccountConfig(ctx, account.Namespace, account.Name)
	Expect(err).NotTo(HaveOccurred())
	return config.BearerToken
}

// scrape returns a function that reads a portal's metrics as the ServiceMonitor says: with the authority in the portal's Secret, and by the
// Service's name.
func scrape(ctx context.Context, address, token string) func(Gomega) string {
	return func(g Gomega) string {
		roots := x509.NewCertPool()
		g.Expect(roots.AppendCertsFromPEM(authorityIn(ctx, "usher-portal-certificate")())).To(BeTrue())
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "usher-portal-metrics.usher-system.svc"}}
		defer transport.CloseIdleConnections()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/metrics", http.NoBody)
		g.Expect(err).NotTo(HaveOccurred())
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := transport.RoundTrip(request)
		g.Expect(err).NotTo(HaveOccurred())
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		g.Expect(err).NotTo(HaveOccurred())
		return string(body)
	}
}

// authorityIn returns the authority in a Secret; nil: none.
func authorityIn(ctx context.Context, name string) func() []byte {
	return func() []byte {
		var secret corev1.Secret
		if env.Client.Get(ctx, client.ObjectKey{Namespace: operator.Namespace, Name: name}, &secret) != nil {
			return nil
		}
		return secret.Data["ca.crt"]
	}
}
