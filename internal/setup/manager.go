// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/memory"
)

const (
	shutdownTimeout = 45 * time.Second
	// cacheSyncTimeout is how long a controller waits until it has seen every object once. With 50,000 people on a busy machine, the
	// default of two minutes ended the operator, at each start.
	cacheSyncTimeout = 30 * time.Minute
)

// NewScheme returns a scheme with Usher's kinds and those of Kubernetes.
func NewScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

// NewManager returns a manager with the components of Usher that the options name, ready to be started.
func NewManager(ctx context.Context, cfg *rest.Config, o Options) (ctrl.Manager, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return newManager(ctx, cfg, &o, newServingCertificate())
}

func newManager(ctx context.Context, cfg *rest.Config, o *Options, certificate *servingCertificate) (ctrl.Manager, error) {
	o.live = newLiveOptions(o)
	o.features = newFeatures(ctrl.Log.WithName("features"), o.Namespace, o.running()...)
	live, err := client.New(cfg, client.Options{Scheme: NewScheme()})
	if err != nil {
		return nil, fmt.Errorf("cannot reach the API server: %w", err)
	}
	if o.runs(ComponentControllers) {
		if err := checkMailTemplates(ctx, live, o); err != nil {
			return nil, err
		}
	}
	doors := newDoors(o.DrainDelay)
	webhooks, err := webhookServer(o, certificate, doors)
	if err != nil {
		return nil, err
	}
	guard, kept := memory.NewGuard(ctx, memory.Current, func(short error) { o.features.report(featureGrowth, short) }), &retained{}
	options := managerOptions(o, webhooks)
	options.Cache = cacheOptions(o, guard, kept)
	mgr, err := ctrl.NewManager(cfg, options)
	if err != nil {
		return nil, fmt.Errorf("cannot create the manager: %w", err)
	}
	o.features.recordWith(mgr.GetEventRecorder("usher"))
	if err := addIndexes(ctx, mgr, o); err != nil {
		return nil, err
	}
	if err := kept.follow(ctx, mgr.GetCache(), followed(o)...); err != nil {
		return nil, err
	}
	return drainedManager{Manager: mgr, doors: doors}, add(ctx, boundedManager{mgr, guard}, o, certificate, doors)
}

func managerOptions(o *Options, webhooks webhook.Server) ctrl.Options {
	return ctrl.Options{
		Scheme:                  NewScheme(),
		HealthProbeBindAddress:  o.HealthAddress,
		GracefulShutdownTimeout: new(shutdownTimeout),
		Metrics:                 metricsserver.Options{BindAddress: "0"}, // see addMetrics
		WebhookServer:           webhooks,
		Controller:              controllerOptions(o.SkipNameValidation),
	}
}

func controllerOptions(skipNameValidation bool) config.Controller {
	return config.Controller{
		SkipNameValidation: new(skipNameValidation),
		RecoverPanic:       new(true),
		EnableWarmup:       new(true),
		CacheSyncTimeout:   cacheSyncTimeout,
	}
}

// followed returns the kinds whose objects in the cache are followed.
func followed(o *Options) []client.Object {
	kinds := []client.Object{&v1alpha1.OrgUser{}, &v1alpha1.Workspace{}}
	if o.runs(ComponentControllers) {
		kinds = append(kinds, &rbacv1.RoleBinding{})
	}
	return kinds
}
