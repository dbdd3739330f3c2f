// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/usher-operator/usher/internal/trust"
)

var _ = Describe("OPS-3 the certificate of the metrics of a portal that runs apart", func() {
	var cluster client.Client
	o := Options{Namespace: "usher-system"}
	BeforeEach(func() {
		cluster = fake.NewClientBuilder().WithScheme(NewScheme()).WithObjects(configurations()...).Build()
	})
	secret := func(ctx context.Context, name string) *corev1.Secret {
		GinkgoHelper()
		var secret corev1.Secret
		Expect(cluster.Get(ctx, client.ObjectKey{Namespace: "usher-system", Name: name}, &secret)).To(Succeed())
		return &secret
	}
	controllers := func(foreign bool) *replica {
		r := newReplica(cluster, foreign)
		r.portal, r.portalNames = portalCertificateKey(&o), portalCertificateNames(&o)
		return r
	}
	reader := func() portalCertificateReader {
		return portalCertificateReader{
			reader: cluster, secret: portalCertificateKey(&o), names: portalCertificateNames(&o),
			serving: newServingCertificate(), features: newFeatures(GinkgoLogr, o.Namespace), interval: time.Millisecond,
		}
	}

	It("is issued by the controllers with the webhooks' authority, for its own name only, and without the authority's key", func(ctx context.Context) {
		controllers(false).pass(ctx)
		authority, portal := secret(ctx, certificateSecret).Data, secret(ctx, portalCertificate)
		Expect(portal.Data).To(And(HaveLen(3), HaveKeyWithValue("ca.crt", authority["ca.crt"])))
		pair, err := parsePair(portal.Data)
		Expect(err).NotTo(HaveOccurred())
		Expect(trust.Verify(authority["ca.crt"], chainOf(pair), "usher-portal-metrics.usher-system.svc", time.Now())).To(Succeed())
		Expect(trust.Verify(authority["ca.crt"], chainOf(pair), webhookName, time.Now())).NotTo(Succeed())

		By("writing it once")
		controllers(false).pass(ctx)
		Expect(secret(ctx, portalCertificate).ResourceVersion).To(Equal(portal.ResourceVersion))
	})

	It("is issued again when its Secret is deleted, and when there is another authority", func(ctx context.Context) {
		r := controllers(false)
		r.pass(ctx)
		first := secret(ctx, portalCertificate)
		Expect(cluster.Delete(ctx, first)).To(Succeed())
		r.pass(ctx)
		second := secret(ctx, portalCertificate)
		Expect(second.Data["tls.crt"]).NotTo(Equal(first.Data["tls.crt"]))
		Expect(second.Data["ca.crt"]).To(Equal(first.Data["ca.crt"]))
		Expect(cluster.Delete(ctx, secret(ctx, certificateSecret))).To(Succeed())
		r.pass(ctx)
		third := secret(ctx, portalCertificate)
		Expect(third.Data["ca.crt"]).To(And(Not(Equal(first.Data["ca.crt"])), Equal(secret(ctx, certificateSecret).Data["ca.crt"])))
	})

	It("is left alone while somebody else keeps that of the webhooks, and where the portal does not run apart", func(ctx context.Context) {
		controllers(true).pass(ctx)
		newReplica(cluster, false).pass(ctx)
		Expect(cluster.Get(ctx, client.ObjectKey{Namespace: "usher-system", Name: portalCertificate}, &corev1.Secret{})).NotTo(Succeed())
	})

	It("is not there before the controllers have issued it, is served from then on, and follows a change", func(ctx context.Context) {
		p := reader()
		Expect(p.read(ctx)).To(MatchError(And(ContainSubstring("the Secret usher-system/usher-portal-certificate"),
			ContainSubstring("does not exist"), ContainSubstring("with a certificate for usher-portal-metrics.usher-system.svc"))))
		_, err := p.serving.get(nil)
		Expect(err).To(HaveOccurred(), "nothing is served rather than what nobody can verify")
		controllers(false).pass(ctx)
		Expect(p.read(ctx)).To(Succeed())
		first, err := p.serving.get(nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(cluster.Delete(ctx, secret(ctx, portalCertificate))).To(Succeed())
		Expect(p.read(ctx)).NotTo(Succeed())
		Expect(p.serving.get(nil)).To(Equal(first))
		controllers(false).pass(ctx)
		Expect(p.read(ctx)).To(Succeed())
		Expect(p.serving.get(nil)).NotTo(Equal(first))
	})

	It("is reported when it is missing for longer than the controllers take, or broken, until it is mended", func(ctx context.Context) {
		p := reader()
		running, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() { _ = p.Start(running) }()
		degraded := func() bool { return p.features.isDegraded(featureMetricsCertificate) }
		Eventually(degraded).Should(BeTrue())
		controllers(false).pass(ctx)
		Eventually(degraded).WithTimeout(2 * portalCertificateRetry).Should(BeFalse())
		broken := secret(ctx, portalCertificate)
		broken.Data["tls.key"] = []byte("x")
		Expect(cluster.Update(ctx, broken)).To(Succeed())
		Eventually(degraded).Should(BeTrue())
		controllers(false).pass(ctx)
		Eventually(degraded).Should(BeFalse())
	})

	It("is not reported as missing at the start, when the controllers are about to issue it", func(ctx context.Context) {
		p := reader()
		p.grace = time.Hour
		running, cancel := context.WithCancel(ctx)
		ended := make(chan struct{})
		read := make(chan struct{}, 1)
		p.reader = signalling{p.reader, read}
		go func() { defer close(ended); _ = p.Start(running) }()
		Eventually(read).Should(Receive())
		cancel()
		Eventually(ended).Should(BeClosed())
		Expect(p.features.isDegraded(featureMetricsCertificate)).To(BeFalse())
	})

	It("keeps the certificate of a portal in the controllers' cache", func() {
		kept := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: portalCertificate}, Data: map[string][]byte{"tls.crt": nil}}
		trimSecret(&o)(kept)
		Expect(kept.Data).NotTo(BeEmpty())
	})
})

// signalling is a reader that signals each reading.
type signalling struct {
	client.Reader

	read chan<- struct{}
}

// Get implements client.Reader.
func (s signalling) Get(ctx context.Context, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
	err := s.Reader.Get(ctx, key, o, options...)
	select {
	case s.read <- struct{}{}:
	default:
	}
	return err
}
