// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package running

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/load"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
	"github.com/usher-operator/usher/internal/trust"
)

const (
	validating = "usher-validating-webhook-configuration"
	mutating   = "usher-mutating-webhook-configuration"
	// testPropagation is shorter than the default, but longer than the API server of a busy machine takes.
	testPropagation = 3 * time.Second
	// rotations is how often a spec replaces the certificate.
	rotations = 3
)

// editWebhooks changes how the API server calls the webhooks.
func editWebhooks(ctx context.Context, change func(name string, c *admissionregistrationv1.WebhookClientConfig)) {
	GinkgoHelper()
	Eventually(func(g Gomega) { // the operator may write at the same time
		var v admissionregistrationv1.ValidatingWebhookConfiguration
		g.Expect(env.Client.Get(ctx, client.ObjectKey{Name: validating}, &v)).To(Succeed())
		for i := range v.Webhooks {
			change(v.Webhooks[i].Name, &v.Webhooks[i].ClientConfig)
		}
		g.Expect(env.Client.Update(ctx, &v)).To(Succeed())
		var m admissionregistrationv1.MutatingWebhookConfiguration
		g.Expect(env.Client.Get(ctx, client.ObjectKey{Name: mutating}, &m)).To(Succeed())
		for i := range m.Webhooks {
			change(m.Webhooks[i].Name, &m.Webhooks[i].ClientConfig)
		}
		g.Expect(env.Client.Update(ctx, &m)).To(Succeed())
	}).Should(Succeed())
}

// startReplicas runs two operators until the end of the spec, and has the API server call one about workspaces, the other about all else.
func startReplicas(ctx context.Context, changes ...func(*setup.Options)) []int {
	GinkgoHelper()
	other, err := ports.Free(env.WebhookHost)
	Expect(err).NotTo(HaveOccurred())
	listening := []int{env.WebhookPort, other}
	at := func(port int) string { return fmt.Sprintf("https://%s:%d", env.WebhookHost, port) }
	DeferCleanup(func(ctx context.Context) {
		editWebhooks(ctx, func(_ string, c *admissionregistrationv1.WebhookClientConfig) {
			c.URL = new(string(bytes.Replace([]byte(*c.URL), []byte(at(other)), []byte(at(env.WebhookPort)), 1)))
			c.CABundle = nil
		})
	})
	for _, port := range listening {
		startOperator(ctx, append(slices.Clone(changes), func(o *setup.Options) { o.WebhookPort = port })...)
	}
	editWebhooks(ctx, func(name string, c *admissionregistrationv1.WebhookClientConfig) {
		if name == "workspaces.accounts.usher.dev" {
			c.URL = new(string(bytes.Replace([]byte(*c.URL), []byte(at(env.WebhookPort)), []byte(at(other)), 1)))
		}
	})
	return listening
}

// certificateIn returns the certificate in a Secret as it is served; nil: none.
func certificateIn(ctx context.Context, name string) func() []byte {
	return func() []byte {
		var secret corev1.Secret
		if env.Client.Get(ctx, client.ObjectKey{Namespace: operator.Namespace, Name: name}, &secret) != nil {
			return nil
		}
		if block, _ := pem.Decode(secret.Data["tls.crt"]); block != nil {
			return block.Bytes
		}
		return nil
	}
}

func secretCalled(name string, data map[string][]byte) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, Name: name}, Data: data}
}

// awaitLoad waits until everything was done often again.
func awaitLoad(run *load.Run) {
	GinkgoHelper()
	before := run.Result()
	Eventually(func(g Gomega) {
		now := run.Result()
		if failed := now.Failed(); failed.Count() > 0 {
			StopTrying("refused").Attach("requests", failed.String()).Now()
		}
		for _, what := range []string{"users", "workspaces", "connections"} {
			g.Expect(now.Called(what).Count()).To(BeNumerically(">", before.Called(what).Count()+10), what)
		}
	}).Should(Succeed())
}

var _ = Describe("OPS-3 the certificate of the webhooks", func() {
	It("is replaced, with its authority, under load, and two replicas refuse nothing", func(ctx context.Context) {
		const name = "usher-webhook-certificate"
		listening := startReplicas(ctx)
		run, end := underLoad(ctx, organization(ctx), listening)
		awaitLoad(run)
		for range rotations {
			former := certificateIn(ctx, name)()
			Expect(env.Client.Delete(ctx, secretCalled(name, nil))).To(Succeed())
			Eventually(certificateIn(ctx, name)).ShouldNot(Or(BeNil(), Equal(former)))
			for _, port := range listening {
				Eventually(func() bool { return bytes.Equal(shown(ctx, port)(), certificateIn(ctx, name)()) }).Should(BeTrue())
			}
			awaitLoad(run)
		}
		result := end()
		Expect(result.Failed().Requests).To(BeEmpty(), result.Failed().String())
	})

	It("is renewed under the same authority under load, and two replicas refuse nothing", func(ctx context.Context) {
		const name = "usher-webhook-certificate"
		listening := startReplicas(ctx)
		run, end := underLoad(ctx, organization(ctx), listening)
		awaitLoad(run)
		for range rotations {
			former := certificateIn(ctx, name)()
			remove := client.RawPatch("application/merge-patch+json", []byte(`{"data":{"tls.crt":null}}`))
			Expect(env.Client.Patch(ctx, secretCalled(name, nil), remove)).To(Succeed())
			Eventually(certificateIn(ctx, name)).ShouldNot(Or(BeNil(), Equal(former)))
			for _, port := range listening {
				Eventually(func() bool { return bytes.Equal(shown(ctx, port)(), certificateIn(ctx, name)()) }).Should(BeTrue())
			}
			awaitLoad(run)
		}
		result := end()
		Expect(result.Failed().Requests).To(BeEmpty(), result.Failed().String())
	})

	It("is somebody else's and replaced under load as cert-manager does it, and two replicas refuse nothing", func(ctx context.Context) {
		const name = "usher-cert-manager"
		issue := func() map[string][]byte {
			GinkgoHelper()
			data, _, err := trust.Renew(nil, []string{env.WebhookHost}, time.Now())
			Expect(err).NotTo(HaveOccurred())
			delete(data, "ca.key")
			return data
		}
		trusting := func(authorities ...[]byte) {
			GinkgoHelper()
			editWebhooks(ctx, func(_ string, c *admissionregistrationv1.WebhookClientConfig) {
				c.CABundle = bytes.Join(authorities, nil)
			})
		}
		data := issue()
		Expect(env.Client.Create(ctx, secretCalled(name, data))).To(Succeed())
		DeferCleanup(func(ctx context.Context) { Expect(env.Client.Delete(ctx, secretCalled(name, nil))).To(Succeed()) })
		trusting(data["ca.crt"])
		listening := startReplicas(ctx, func(o *setup.Options) { o.CertificateSecret = name })
		run, end := underLoad(ctx, organization(ctx), listening)
		awaitLoad(run)
		for range rotations {
			next := issue()
			trusting(data["ca.crt"], next["ca.crt"])
			var secret corev1.Secret
			Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: operator.Namespace, Name: name}, &secret)).To(Succeed())
			secret.Data = next
			Expect(env.Client.Update(ctx, &secret)).To(Succeed())
			for _, port := range listening {
				Eventually(shown(ctx, port)).Should(Equal(certificateIn(ctx, name)()))
			}
			awaitLoad(run)
			trusting(next["ca.crt"])
			awaitLoad(run)
			data = next
		}
		result := end()
		Expect(result.Failed().Requests).To(BeEmpty(), result.Failed().String())
		var secret corev1.Secret
		Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: operator.Namespace, Name: name}, &secret)).To(Succeed())
		Expect(secret.Data).To(Equal(data), "it is only read")
	})
})

var _ = Describe("OPS-1 a replica whose certificate somebody else keeps", func() {
	It("is not ready while the Secret is missing, and at once when it is there", func(ctx context.Context) {
		const name = "usher-cert-manager"
		var health string
		starting := make(chan error, 1)
		options, err := operator.Options(env, box)
		Expect(err).NotTo(HaveOccurred())
		options.CertificateSecret, health = name, "http://"+options.HealthAddress
		running, cancel := context.WithCancel(ctx)
		mgr, err := setup.NewManager(running, env.OperatorConfig(), options)
		Expect(err).NotTo(HaveOccurred())
		go func() { starting <- mgr.Start(running) }()
		DeferCleanup(func() {
			cancel()
			Eventually(starting).Should(Receive(BeNil()))
		})
		status := func() int {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, health+"/readyz/certificates", http.NoBody)
			Expect(err).NotTo(HaveOccurred())
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return 0
			}
			defer response.Body.Close()
			return response.StatusCode
		}
		Eventually(status).Should(Equal(http.StatusInternalServerError))
		var events corev1.EventList
		Eventually(func(g Gomega) {
			g.Expect(env.Client.List(ctx, &events, client.InNamespace(operator.Namespace))).To(Succeed())
			g.Expect(events.Items).To(ContainElement(HaveField("Message", ContainSubstring("Secret usher-system/usher-cert-manager"))))
		}).Should(Succeed())

		data, _, err := trust.Renew(nil, []string{env.WebhookHost}, time.Now())
		Expect(err).NotTo(HaveOccurred())
		editWebhooks(ctx, func(_ string, c *admissionregistrationv1.WebhookClientConfig) { c.CABundle = data["ca.crt"] })
		Expect(env.Client.Create(ctx, secretCalled(name, data))).To(Succeed())
		DeferCleanup(func(ctx context.Context) { Expect(env.Client.Delete(ctx, secretCalled(name, nil))).To(Succeed()) })
		Eventually(status).Should(Equal(http.StatusOK))
		Eventually(shown(ctx, env.WebhookPort)).Should(Equal(certificateIn(ctx, name)()))
	})
})
