// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/usher-operator/usher/internal/trust"
)

// listener is a webhook server that only records that it was started.
type listener struct{ webhook.Server }

var errStarted = errors.New("started")

// Start implements webhook.Server.
func (listener) Start(context.Context) error { return errStarted }

// webhookName is the name by which the API server of these specs calls the webhooks.
const webhookName = "usher-webhook-service.usher-system.svc"

// replica is a replica's certificates, with a clock that the spec moves.
type replica struct {
	*certificates

	clock time.Time
}

func newReplica(cluster client.Client, foreign bool) *replica {
	o := Options{Namespace: "usher-system", WebhookDNSNames: []string{webhookName}}
	if foreign {
		o.CertificateSecret = "usher-cert-manager"
	}
	r := &replica{clock: time.Now()}
	r.certificates = &certificates{
		client: cluster, live: cluster, secret: certificateKey(&o), foreign: foreign, names: o.WebhookDNSNames,
		serving: newServingCertificate(), features: newFeatures(GinkgoLogr, o.Namespace), now: func() time.Time { return r.clock },
		propagation: DefaultPropagation, overlap: overlap,
	}
	return r
}

// pass has the replica look, and returns when it looks again.
func (r *replica) pass(ctx context.Context) time.Duration {
	GinkgoHelper()
	result, err := r.Reconcile(ctx, reconcile.Request{})
	Expect(err).NotTo(HaveOccurred())
	return result.RequeueAfter
}

// serves returns the certificate that a client is shown, in PEM form.
func (r *replica) serves() []byte {
	GinkgoHelper()
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	r.serving.configure(config)
	pair, err := config.GetCertificate(nil)
	Expect(err).NotTo(HaveOccurred())
	return pair.Certificate[0]
}

func configurations() []client.Object {
	service := admissionregistrationv1.WebhookClientConfig{
		Service: &admissionregistrationv1.ServiceReference{Namespace: "usher-system", Name: "usher-webhook-service"},
	}
	return []client.Object{
		&admissionregistrationv1.ValidatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: validatingWebhooks},
			Webhooks: []admissionregistrationv1.ValidatingWebhook{
				{Name: "organizations.accounts.usher.dev", ClientConfig: service}, {Name: "workspaces.accounts.usher.dev", ClientConfig: service},
			},
		},
		&admissionregistrationv1.MutatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: mutatingWebhooks},
			Webhooks:   []admissionregistrationv1.MutatingWebhook{{Name: "inviter.accounts.usher.dev", ClientConfig: service}},
		},
	}
}

// bundles returns the authorities of all webhooks.
func bundles(ctx context.Context, cluster client.Client) [][]byte {
	GinkgoHelper()
	hooks, err := newReplica(cluster, false).webhooks(ctx)
	Expect(err).NotTo(HaveOccurred())
	var all [][]byte
	for _, h := range hooks {
		all = append(all, h.bundle)
	}
	return all
}

// trusting sets the authorities of all webhooks, as cert-manager's cainjector does.
func trusting(ctx context.Context, cluster client.Client, authorities ...[]byte) {
	GinkgoHelper()
	bundle := bytes.Join(authorities, nil)
	var validating admissionregistrationv1.ValidatingWebhookConfiguration
	Expect(cluster.Get(ctx, client.ObjectKey{Name: validatingWebhooks}, &validating)).To(Succeed())
	for i := range validating.Webhooks {
		validating.Webhooks[i].ClientConfig.CABundle = bundle
	}
	Expect(cluster.Update(ctx, &validating)).To(Succeed())
	var mutating admissionregistrationv1.MutatingWebhookConfiguration
	Expect(cluster.Get(ctx, client.ObjectKey{Name: mutatingWebhooks}, &mutating)).To(Succeed())
	for i := range mutating.Webhooks {
		mutating.Webhooks[i].ClientConfig.CABundle = bundle
	}
	Expect(cluster.Update(ctx, &mutating)).To(Succeed())
}

// issued returns the contents of a Secret with a new certificate of a new authority, and the certificate as it is served.
func issued() (data map[string][]byte, served []byte) {
	GinkgoHelper()
	data, _, err := trust.Renew(nil, []string{webhookName}, time.Now())
	Expect(err).NotTo(HaveOccurred())
	pair, err := parsePair(data)
	Expect(err).NotTo(HaveOccurred())
	return data, pair.Certificate[0]
}

var _ = Describe("OPS-1 the operator's own certificate", func() {
	var cluster client.Client
	key := client.ObjectKey{Namespace: "usher-system", Name: certificateSecret}
	BeforeEach(func() {
		cluster = fake.NewClientBuilder().WithScheme(NewScheme()).WithObjects(configurations()...).Build()
	})
	secret := func(ctx context.Context) *corev1.Secret {
		GinkgoHelper()
		var secret corev1.Secret
		Expect(cluster.Get(ctx, key, &secret)).To(Succeed())
		return &secret
	}

	It("is issued, served and trusted by the API server, and what does not change is not written", func(ctx context.Context) {
		r := newReplica(cluster, false)
		Expect(r.check(nil)).NotTo(Succeed())
		Expect(r.serving.ready).NotTo(BeClosed())
		r.pass(ctx)
		Expect(r.serving.ready).To(BeClosed())
		r.pass(ctx)
		Expect(r.check(nil)).To(Succeed())
		Expect(bundles(ctx, cluster)).To(HaveEach(secret(ctx).Data["ca.crt"]))

		version := secret(ctx).ResourceVersion
		var before admissionregistrationv1.ValidatingWebhookConfiguration
		Expect(cluster.Get(ctx, client.ObjectKey{Name: validatingWebhooks}, &before)).To(Succeed())
		newReplica(cluster, false).pass(ctx)
		after := before
		Expect(cluster.Get(ctx, client.ObjectKey{Name: validatingWebhooks}, &after)).To(Succeed())
		Expect(after.ResourceVersion).To(Equal(before.ResourceVersion))
		Expect(secret(ctx).ResourceVersion).To(Equal(version))
	})

	It("of a new authority is served after the API servers know it, and the old authority stays until every replica does", func(ctx context.Context) {
		one, two := newReplica(cluster, false), newReplica(cluster, false)
		for _, r := range []*replica{one, two, one, two} {
			r.pass(ctx)
		}
		old, served := secret(ctx), one.serves()
		Expect(two.serves()).To(Equal(served))
		one.clock, two.clock = one.clock.Add(time.Hour), two.clock.Add(time.Hour) // a quiet one
		Expect(cluster.Delete(ctx, secret(ctx))).To(Succeed())

		one.pass(ctx)
		next := secret(ctx)
		Expect(next.Data["ca.crt"]).NotTo(Equal(old.Data["ca.crt"]))
		one.pass(ctx) // sees its own bundle
		two.pass(ctx)
		Expect(bundles(ctx, cluster)).To(HaveEach(append(bytes.Clone(next.Data["ca.crt"]), old.Data["ca.crt"]...)))
		for _, r := range []*replica{one, two} {
			Expect(r.serves()).To(Equal(served), "API servers have not had the time to notice")
			Expect(r.check(nil)).To(Succeed())
		}

		one.clock = one.clock.Add(DefaultPropagation)
		one.pass(ctx)
		Expect(one.serves()).NotTo(Equal(served))
		Expect(two.serves()).To(Equal(served), "each in its own time")
		two.clock = two.clock.Add(DefaultPropagation)
		two.pass(ctx)
		Expect(two.serves()).To(Equal(one.serves()))

		By("waiting longer than any replica takes")
		one.clock = one.clock.Add(overlap)
		one.pass(ctx)
		Expect(bundles(ctx, cluster)).To(HaveEach(next.Data["ca.crt"]))
		two.pass(ctx)
		Expect(bundles(ctx, cluster)).To(HaveEach(next.Data["ca.crt"]))
	})

	It("of the same authority is served at once", func(ctx context.Context) {
		r := newReplica(cluster, false)
		r.pass(ctx)
		r.pass(ctx)
		served := r.serves()
		r.clock = r.clock.Add(time.Hour)
		damaged := secret(ctx)
		delete(damaged.Data, "tls.crt")
		Expect(cluster.Update(ctx, damaged)).To(Succeed())
		r.pass(ctx)
		Expect(r.serves()).NotTo(Equal(served))
		Expect(secret(ctx).Data["ca.crt"]).To(Equal(damaged.Data["ca.crt"]))
	})

	It("is trusted again when somebody removes the authority", func(ctx context.Context) {
		r := newReplica(cluster, false)
		r.pass(ctx)
		trusting(ctx, cluster)
		r.pass(ctx)
		Expect(r.check(nil)).NotTo(Succeed(), "until the pass that its own change triggers")
		r.pass(ctx)
		Expect(r.check(nil)).To(Succeed())
	})

	DescribeTable("is left to another replica that was first", func(ctx context.Context, refusal error, ends string) {
		refusing := fake.NewClientBuilder().WithScheme(NewScheme()).WithInterceptorFuncs(interceptor.Funcs{
			Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return refusal },
		})
		r := newReplica(refusing.Build(), false)
		_, err := r.Reconcile(ctx, reconcile.Request{})
		if ends == "" {
			Expect(err).NotTo(HaveOccurred())
			Expect(r.check(nil)).To(MatchError("the webhooks' certificate is not in place yet"))
			return
		}
		Expect(err).To(MatchError(ContainSubstring(ends)))
	},
		Entry("which created it", apierrors.NewAlreadyExists(corev1.Resource("secrets"), certificateSecret), ""),
		Entry("which wrote it", apierrors.NewConflict(corev1.Resource("secrets"), certificateSecret, nil), ""),
		Entry("in a deleted namespace", apierrors.NewNotFound(corev1.Resource("namespaces"), "usher-system"), ""),
		Entry("but not when the API server fails, which is retried", errors.New("no answer"),
			"cannot write the certificate to Secret usher-system/usher-webhook-certificate: no answer"),
	)
})

var _ = Describe("OPS-1 a certificate that somebody else keeps", func() {
	var (
		cluster client.Client
		r       *replica
	)
	BeforeEach(func() {
		cluster = fake.NewClientBuilder().WithScheme(NewScheme()).WithObjects(configurations()...).Build()
		r = newReplica(cluster, true)
	})
	put := func(ctx context.Context, data map[string][]byte) {
		GinkgoHelper()
		secret := newSecret(r.secret, data)
		if err := cluster.Create(ctx, secret); err != nil {
			Expect(cluster.Get(ctx, r.secret, secret)).To(Succeed())
			secret.Data = data
			Expect(cluster.Update(ctx, secret)).To(Succeed())
		}
	}

	It("is waited for, with a message, and never created", func(ctx context.Context) {
		r.pass(ctx)
		Expect(r.check(nil)).To(MatchError("the Secret usher-system/usher-cert-manager with the webhooks' certificate " +
			"(webhooks.certificate.secretName) does not exist: create it, or a Certificate of cert-manager with this secretName"))
		Expect(r.features.isDegraded(featureCertificate)).To(BeTrue())
		Expect(apierrors.IsNotFound(cluster.Get(ctx, r.secret, &corev1.Secret{}))).To(BeTrue())
		Expect(r.serving.ready).NotTo(BeClosed())
		put(ctx, map[string][]byte{"tls.crt": []byte("x")})
		r.pass(ctx)
		Expect(r.check(nil)).To(MatchError(HaveSuffix("needs tls.crt and tls.key: complete it")))
	})

	It("is served once it is there, and trusted once the configurations say so; neither is written", func(ctx context.Context) {
		data, served := issued()
		authority := data["ca.crt"]
		delete(data, "ca.crt") // cert-manager's may have none
		delete(data, "ca.key")
		put(ctx, data)
		r.pass(ctx)
		Expect(r.serves()).To(Equal(served))
		Expect(r.check(nil)).To(MatchError(SatisfyAll(
			ContainSubstring("caBundle of webhook organizations.accounts.usher.dev in ValidatingWebhookConfiguration "+validatingWebhooks+": x509: "),
			HaveSuffix("set caBundle to the authority of the certificate in Secret usher-system/usher-cert-manager, or annotate the "+
				"configuration with cert-manager.io/inject-ca-from"))))
		Expect(bundles(ctx, cluster)).To(HaveEach(BeEmpty()))
		trusting(ctx, cluster, authority)
		r.pass(ctx)
		Expect(r.check(nil)).To(Succeed())
		Expect(r.features.isDegraded(featureCertificate)).To(BeFalse())
		Expect(bundles(ctx, cluster)).To(HaveEach(authority))
	})

	It("is replaced when the configurations trust the new one too, and the API servers know", func(ctx context.Context) {
		first, old := issued()
		second, served := issued()
		put(ctx, first)
		trusting(ctx, cluster, first["ca.crt"])
		r.pass(ctx)
		r.clock = r.clock.Add(time.Hour)
		put(ctx, second)
		r.pass(ctx)
		Expect(r.serves()).To(Equal(old), "nobody trusts the new one")
		Expect(r.check(nil)).To(Succeed())
		Expect(r.features.wrong).To(HaveKeyWithValue(featureCertificate, ContainSubstring("is not served, the former one is, until ")))

		trusting(ctx, cluster, second["ca.crt"], first["ca.crt"])
		Expect(r.pass(ctx)).To(Equal(DefaultPropagation))
		Expect(r.serves()).To(Equal(old))
		Expect(r.features.isDegraded(featureCertificate)).To(BeFalse())
		r.clock = r.clock.Add(DefaultPropagation)
		r.pass(ctx)
		Expect(r.serves()).To(Equal(served))
		trusting(ctx, cluster, second["ca.crt"])
		r.pass(ctx)
		Expect(r.check(nil)).To(Succeed())
	})

	It("is replaced at once when the former one is no longer trusted, or when both have always been", func(ctx context.Context) {
		first, _ := issued()
		second, served := issued()
		third, last := issued()
		put(ctx, first)
		trusting(ctx, cluster, first["ca.crt"])
		r.pass(ctx)
		put(ctx, second)
		trusting(ctx, cluster, second["ca.crt"], third["ca.crt"])
		r.pass(ctx)
		Expect(r.serves()).To(Equal(served))
		r.clock = r.clock.Add(time.Minute)
		put(ctx, third)
		r.pass(ctx)
		Expect(r.serves()).To(Equal(last))
	})

	It("stays in use while its Secret is gone or broken, and the replica stays ready", func(ctx context.Context) {
		data, served := issued()
		put(ctx, data)
		trusting(ctx, cluster, data["ca.crt"])
		r.pass(ctx)
		other, _ := issued()
		put(ctx, map[string][]byte{"tls.crt": data["tls.crt"], "tls.key": other["tls.key"]})
		r.pass(ctx)
		Expect(r.features.wrong).To(HaveKeyWithValue(featureCertificate, SatisfyAll(
			ContainSubstring("the certificate in Secret usher-system/usher-cert-manager cannot be used"), HaveSuffix("have it issued again"))))
		Expect(cluster.Delete(ctx, newSecret(r.secret, nil))).To(Succeed())
		r.pass(ctx)
		Expect(r.features.wrong).To(HaveKeyWithValue(featureCertificate, ContainSubstring("does not exist")))
		Expect(r.serves()).To(Equal(served))
		Expect(r.check(nil)).To(Succeed())
	})
})

var _ = Describe("The serving certificate", func() {
	It("is in place before the server listens", func(ctx SpecContext) {
		gate := make(chan struct{})
		server := gatedServer{Server: listener{}, gate: gate, doors: newDoors(0)}
		told, stop := context.WithCancel(ctx)
		stop()
		Expect(server.Start(told)).To(Succeed(), "told to stop, it never listened")
		close(gate)
		Expect(server.Start(ctx)).To(MatchError(errStarted))
	})

	It("is asked for before it is in place, which is an error", func() {
		config := &tls.Config{MinVersion: tls.VersionTLS12}
		newServingCertificate().configure(config)
		_, err := config.GetCertificate(nil)
		Expect(err).To(MatchError("the certificate is not in place yet"))
	})
})
