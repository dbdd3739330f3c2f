// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"cmp"
	"context"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingwebhookconfigurations;mutatingwebhookconfigurations,verbs=get;list;watch
// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingwebhookconfigurations,verbs=update,resourceNames=usher-validating-webhook-configuration
// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=mutatingwebhookconfigurations,verbs=update,resourceNames=usher-mutating-webhook-configuration

const (
	certificateSecret  = "usher-webhook-certificate" //nolint:gosec // a name
	webhookService     = "usher-webhook-service"
	metricsService     = "usher-metrics"
	validatingWebhooks = "usher-validating-webhook-configuration"
	mutatingWebhooks   = "usher-mutating-webhook-configuration"

	// DefaultPropagation is how long an API server may take to notice a webhook configuration that has changed.
	DefaultPropagation = 10 * time.Second
	// overlap is how long a replica may take to serve the certificate of a new authority.
	overlap = 10 * time.Minute
	// certificateInterval is how often the time alone makes a difference.
	certificateInterval = time.Hour
)

// addCertificates adds what puts the certificate of the webhooks and the metrics in use, in every replica. Its check fails while the API
// server does not trust the certificate.
func addCertificates(mgr ctrl.Manager, o *Options, serving *servingCertificate) (*certificates, error) {
	c := &certificates{
		client: mgr.GetClient(), live: mgr.GetAPIReader(), secret: certificateKey(o), foreign: o.CertificateSecret != "",
		names: o.DNSNames(), serving: serving, features: o.features, now: time.Now,
		propagation: cmp.Or(o.Propagation, DefaultPropagation), overlap: overlap,
	}
	if !o.runs(ComponentPortal) && o.MetricsSecure {
		c.portal, c.portalNames = portalCertificateKey(o), portalCertificateNames(o)
	}
	start := make(chan event.GenericEvent, 1)
	start <- event.GenericEvent{Object: &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.secret.Namespace, Name: c.secret.Name}}}
	// Whatever changes, there is one thing to do.
	always := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: c.secret}}
	})
	is := func(names ...types.NamespacedName) builder.Predicates {
		return builder.WithPredicates(predicate.NewPredicateFuncs(func(o client.Object) bool {
			for _, name := range names {
				if client.ObjectKeyFromObject(o) == name {
					return true
				}
			}
			return false
		}))
	}
	return c, ctrl.NewControllerManagedBy(mgr).
		Named("certificate").
		Watches(&corev1.Secret{}, always, is(c.secret, c.portal)).
		Watches(&admissionregistrationv1.ValidatingWebhookConfiguration{}, always, is(types.NamespacedName{Name: validatingWebhooks})).
		Watches(&admissionregistrationv1.MutatingWebhookConfiguration{}, always, is(types.NamespacedName{Name: mutatingWebhooks})).
		WatchesRawSource(source.Channel(start, always)).
		WithOptions(controller.Options{
			NeedLeaderElection: new(false),
			SkipNameValidation: new(o.SkipNameValidation),
		}).
		Complete(c)
}

// certificateKey returns the Secret with the certificate: the operator's own, or the one that somebody else keeps.
func certificateKey(o *Options) types.NamespacedName {
	if o.CertificateSecret != "" {
		return types.NamespacedName{Namespace: o.Namespace, Name: o.CertificateSecret}
	}
	return types.NamespacedName{Namespace: o.Namespace, Name: certificateSecret}
}
