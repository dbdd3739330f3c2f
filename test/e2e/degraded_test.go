// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/meters"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
)

var _ = Describe("An operator whose optional features do not work", func() {
	It("admits and reconciles all the same, says what is wrong, and needs no restart when it is corrected", func(ctx context.Context) {
		Expect(usher.Stop()).To(Succeed())
		DeferCleanup(startOperator)
		keys := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, Name: "usher-link-keys"}}
		Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(keys), keys)).To(Succeed())
		valid := keys.DeepCopy().Data
		DeferCleanup(func(ctx context.Context) {
			Expect(usher.Stop()).To(Succeed())
			setKeys(ctx, keys, valid)
		})
		setKeys(ctx, keys, map[string][]byte{"0001": []byte("short")})

		dir := GinkgoT().TempDir()
		token, key := filepath.Join(dir, "token"), filepath.Join(dir, "key")
		Expect(os.WriteFile(token, []byte("short"), 0o600)).To(Succeed())
		metrics, err := ports.Address()
		Expect(err).NotTo(HaveOccurred())
		var taken []net.Listener
		usher = shared.StartOperator(ctx, func(o *setup.Options) {
			o.MetricsAddress, o.ActivityInterval, o.AuditTokenFile = metrics, setup.DefaultActivityInterval, token
			o.Gateway.URL, o.Gateway.KeyFile = "https://sms.acme.example/messages", key
			o.MailTemplates = "not-for-the-operator"
			o.MetricsSecure = true
			for _, address := range []string{o.PortalAddress, o.IntakeAddress, metrics} {
				l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
				Expect(err).NotTo(HaveOccurred())
				taken = append(taken, l)
			}
		})

		By("admitting, refusing and reconciling")
		org := organization(ctx)
		ana := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "ana"}}
		Expect(env.Client.Delete(ctx, ana)).To(BeRefused(http.StatusUnprocessableEntity, "is its last administrator in force"))
		i := builders.Invitation(org, "team", "luis@"+org+".example").Obj()
		create(ctx, i)
		userOf(ctx, org, "luis@"+org+".example")

		By("saying what is wrong")
		says := func(reason, feature, text string) {
			GinkgoHelper()
			Eventually(func(g Gomega) {
				var list eventsv1.EventList
				g.Expect(env.Client.List(ctx, &list, client.InNamespace(operator.Namespace))).To(Succeed())
				g.Expect(list.Items).To(ContainElement(And(HaveField("Reason", reason), HaveField("Note", HavePrefix(feature+": ")),
					HaveField("Note", ContainSubstring(text)))))
			}).Should(Succeed(), feature)
		}
		degraded := func(feature string) func() (float64, error) {
			return func() (float64, error) { return meters.Value("usher_feature_degraded", feature) }
		}
		wrong := map[string]string{
			"audit-events": "needs at least 32", "gateway": "cannot read the gateway's key", "links": `key "0001" has 5 bytes`,
			"mail-templates": "let the operator get, list and watch it", "portal": "address already in use",
			"intake": "address already in use", "metrics": "address already in use",
		}
		for feature, text := range wrong {
			says(setup.ReasonFeatureDegraded, feature, text)
			Eventually(degraded(feature)).Should(BeEquivalentTo(1), feature)
		}

		By("recovering")
		for _, l := range taken {
			Expect(l.Close()).To(Succeed())
		}
		Expect(os.WriteFile(token, []byte(strings.Repeat("t", 32)), 0o600)).To(Succeed())
		Expect(os.WriteFile(key, []byte(strings.Repeat("k", 32)), 0o600)).To(Succeed())
		setKeys(ctx, keys, valid)
		delete(wrong, "mail-templates") // which a restart puts in force
		for feature := range wrong {
			says(setup.ReasonFeatureRestored, feature, "works again")
			Eventually(degraded(feature)).Should(BeZero(), feature)
		}
		_, link := mailTo(ctx, "luis@"+org+".example", "/i/")
		Expect(visit(ctx, link)).To(Equal(http.StatusOK))

		By("serving the metrics with a certificate of the authority in the Secret")
		certificate := operatorSecret("usher-webhook-certificate")
		Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(certificate), certificate)).To(Succeed())
		authority := x509.NewCertPool()
		Expect(authority.AppendCertsFromPEM(certificate.Data["ca.crt"])).To(BeTrue())
		scraper := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority, ServerName: env.WebhookHost}}}
		status, _ := fetch(ctx, scraper, http.MethodGet, "https://"+metrics+"/metrics", nil)
		Expect(status).To(Equal(http.StatusUnauthorized))
	})
})
