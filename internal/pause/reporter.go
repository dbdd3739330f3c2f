// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pause

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/requeue"
)

// Reporter logs when an organization is paused and when the pause is over, and keeps the metric. Conditions cannot say so, because
// nothing is written to a paused organization.
type Reporter struct {
	cache lookup.Reader

	mu     sync.Mutex
	paused map[string]bool
}

// NewReporter returns a Reporter.
func NewReporter(cache lookup.Reader) *Reporter {
	return &Reporter{cache: cache, paused: map[string]bool{}}
}

// Setup adds the controller to the manager of a term. A replica counts nothing that it counted in a former one.
func (r *Reporter) Setup(mgr ctrl.Manager) error {
	pausedOrganizations.Set(0)
	return ctrl.NewControllerManagedBy(mgr).Named("pause").
		WithOptions(requeue.Singly).
		For(&corev1.Namespace{}, builder.WithPredicates(concernsPaused())).
		Complete(r)
}

// concernsPaused selects the namespaces that are paused, or were before the change.
func concernsPaused() predicate.Predicate {
	paused := func(n client.Object) bool { return effective.IsPaused(n) }
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return paused(e.Object) },
		UpdateFunc: func(e event.UpdateEvent) bool { return paused(e.ObjectOld) || paused(e.ObjectNew) },
		DeleteFunc: func(e event.DeleteEvent) bool { return paused(e.Object) },
	}
}

// Reconcile reports about one namespace.
func (r *Reporter) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	name := request.Name
	paused, err := r.cache.Paused(ctx, name)
	if err != nil || !r.note(name, paused) {
		return ctrl.Result{}, err
	}
	if paused {
		log.FromContext(ctx).Info("the organization is paused: nothing in it is written or mailed", "organization", name)
		return ctrl.Result{}, nil
	}
	log.FromContext(ctx).Info("the organization is no longer paused", "organization", name)
	return ctrl.Result{}, nil
}

// note notes in the metric whether an organization is paused, and reports whether that is news.
func (r *Reporter) note(name string, paused bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paused[name] == paused {
		return false
	}
	if delete(r.paused, name); paused {
		r.paused[name] = true
	}
	pausedOrganizations.Set(float64(len(r.paused)))
	return true
}
