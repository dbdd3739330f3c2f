// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/question/store"
	"github.com/usher-operator/usher/internal/rolebinding"
)

const (
	leaseName       = "usher-controller-manager"
	shutdownTimeout = 45 * time.Second
)

// NewScheme returns a scheme with Usher's kinds and those of Kubernetes.
func NewScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

// NewManager returns a manager with all parts of Usher, ready to be started.
func NewManager(ctx context.Context, cfg *rest.Config, o Options) (ctrl.Manager, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return newManager(ctx, cfg, &o, newServingCertificate())
}

func newManager(ctx context.Context, cfg *rest.Config, o *Options, certificate *servingCertificate) (ctrl.Manager, error) {
	clients, err := newWebhookClients(o.WebhookClientCAFile)
	if err != nil {
		return nil, err
	}
	o.features = newFeatures(ctrl.Log.WithName("features"), o.Namespace)
	live, err := client.New(cfg, client.Options{Scheme: NewScheme()})
	if err != nil {
		return nil, fmt.Errorf("cannot reach the API server: %w", err)
	}
	if err := checkMailTemplates(ctx, live, o); err != nil {
		return nil, err
	}
	doors := newDoors(o.DrainDelay)
	mgr, err := ctrl.NewManager(cfg, managerOptions(o, webhookServer(o, clients, certificate, doors)))
	if err != nil {
		return nil, fmt.Errorf("cannot create the manager: %w", err)
	}
	o.features.recordWith(mgr.GetEventRecorder("usher"))
	if err := lookup.AddIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return nil, err
	}
	if err := store.AddIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return nil, err
	}
	return drainedManager{Manager: mgr, doors: doors}, add(ctx, mgr, o, certificate, doors)
}

func managerOptions(o *Options, webhooks webhook.Server) ctrl.Options {
	return ctrl.Options{
		Scheme:                        NewScheme(),
		Cache:                         cacheOptions(o),
		LeaderElection:                o.LeaderElection,
		LeaderElectionID:              leaseName,
		LeaderElectionNamespace:       o.Namespace,
		LeaderElectionReleaseOnCancel: true,
		HealthProbeBindAddress:        o.HealthAddress,
		GracefulShutdownTimeout:       new(shutdownTimeout),
		Metrics:                       metricsserver.Options{BindAddress: "0"}, // see addMetrics
		WebhookServer:                 webhooks,
		Controller: config.Controller{
			SkipNameValidation: new(o.SkipNameValidation),
			RecoverPanic:       new(true),
			EnableWarmup:       new(true),
		},
	}
}

// cacheOptions keep the cache small: no managed fields, only the operator's own Secrets, only Usher's Roles, RoleBindings and
// ConfigMaps.
func cacheOptions(o *Options) cache.Options {
	mine := labels.SelectorFromSet(labels.Set{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue})
	options := cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Secret{}:      {Namespaces: map[string]cache.Config{o.Namespace: {}}},
			&rbacv1.RoleBinding{}: {Label: mine},
			&admissionregistrationv1.ValidatingWebhookConfiguration{}: {Field: called(validatingWebhooks)},
			&admissionregistrationv1.MutatingWebhookConfiguration{}:   {Field: called(mutatingWebhooks)},
			// Selected by name, like the operator's permissions.
			&rbacv1.Role{}: {Field: called(rolebinding.PaymentRole)},
		},
	}
	settings := called(v1alpha1.SettingsConfigMap)
	configMaps := cache.ByObject{Field: settings, Transform: trimSettings}
	if o.MailTemplates != "" {
		configMaps = cache.ByObject{Namespaces: map[string]cache.Config{
			cache.AllNamespaces: {FieldSelector: settings, Transform: trimSettings},
			o.Namespace:         {FieldSelector: called(o.MailTemplates)},
		}}
	}
	options.ByObject[&corev1.ConfigMap{}] = configMaps
	return options
}

// called selects an object by its name.
func called(name string) fields.Selector { return fields.OneTermEqualSelector("metadata.name", name) }
