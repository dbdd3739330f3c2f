// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"cmp"
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// portalCertificate is the Secret with the certificate of the metrics of a portal that runs apart.
	portalCertificate    = "usher-portal-certificate"
	portalMetricsService = "usher-portal-metrics"

	// portalCertificateInterval is how often a portal reads its certificate, which is renewed months before it ends, and
	// portalCertificateRetry how often until there is one.
	portalCertificateInterval = time.Minute
	portalCertificateRetry    = 2 * time.Second
	// portalCertificateGrace is how long the controllers may take to issue it before its absence is reported.
	portalCertificateGrace = time.Minute
)

func portalCertificateKey(o *Options) types.NamespacedName {
	return types.NamespacedName{Namespace: o.Namespace, Name: portalCertificate}
}

// portalCertificateNames returns the names in the portal's certificate. None of the webhooks' is among them: whoever holds the portal's key
// must not be able to answer the API server.
func portalCertificateNames(o *Options) []string {
	return []string{portalMetricsService + "." + o.Namespace + ".svc"}
}

// portalCertificateReader has a portal that runs apart serve its metrics with the certificate in its Secret. A portal can get this Secret
// and nothing else about certificates: the controllers issue them.
type portalCertificateReader struct {
	reader          client.Reader
	secret          types.NamespacedName
	names           []string
	serving         *servingCertificate
	features        *features
	interval, grace time.Duration
}

// addPortalCertificate adds the reading of the certificate in every replica of a portal that runs apart, if its metrics need one.
func addPortalCertificate(mgr ctrl.Manager, o *Options, serving *servingCertificate) error {
	if !o.MetricsSecure || o.MetricsAddress == "0" {
		return nil
	}
	return mgr.Add(portalCertificateReader{
		reader: mgr.GetAPIReader(), secret: portalCertificateKey(o), names: portalCertificateNames(o), serving: serving,
		features: o.features, interval: cmp.Or(o.ReloadInterval, portalCertificateInterval), grace: portalCertificateGrace,
	})
}

// Start reads the Secret until ctx ends.
func (p portalCertificateReader) Start(ctx context.Context) error {
	for began := time.Now(); ; {
		wait, err := p.interval, p.read(ctx)
		if p.serving.current.Load() == nil {
			wait = min(wait, portalCertificateRetry)
		}
		if err == nil || time.Since(began) >= p.grace {
			p.features.report(featureMetricsCertificate, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// read puts the certificate in use. If there is none that can be used, the one in use stays.
func (p portalCertificateReader) read(ctx context.Context) error {
	var secret corev1.Secret
	switch err := p.reader.Get(ctx, p.secret, &secret); {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("the Secret %s with the certificate of the portal's metrics does not exist: the process with the component %s "+
			"creates it, unless webhooks.certificate.secretName is set; then create it, with a certificate for %s",
			p.secret, ComponentControllers, p.names[0])
	case err != nil:
		return fmt.Errorf("the Secret %s with the certificate of the portal's metrics cannot be read: %w", p.secret, err)
	}
	next, err := parsePair(secret.Data)
	if err != nil {
		return fmt.Errorf("the certificate of the portal's metrics in Secret %s cannot be used: %w: have it issued again", p.secret, err)
	}
	if current := p.serving.current.Load(); current == nil || !same(current, next) {
		p.serving.use(next)
	}
	return nil
}

// NeedLeaderElection is false: every replica serves.
func (portalCertificateReader) NeedLeaderElection() bool { return false }
