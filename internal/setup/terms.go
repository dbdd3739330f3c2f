// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"
	"net/http"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/leaderelection"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/usher-operator/usher/internal/leadership"
)

const leaseName = "usher-controller-manager"

// terms have the reconcilers run in one replica at a time. A replica whose lease is lost keeps its cache and goes on serving: the API
// server's absence of some seconds takes the lease from every leader, and must not take the webhooks too (OPS-3).
type terms struct {
	mgr         boundedManager
	o           *Options
	election    *leadership.Election
	reconcilers *reconcilers
	// elected is what a replica does when it has been elected.
	elected []func()
	// began is true once this process has been a candidate.
	began bool
}

func newTerms(mgr boundedManager, o *Options) (*terms, error) {
	timing := leadership.DefaultTiming()
	lock, err := leaderelection.NewResourceLock(mgr.GetConfig(), mgr, leaderelection.Options{
		LeaderElection: o.LeaderElection, LeaderElectionNamespace: o.Namespace, LeaderElectionID: leaseName,
		RenewDeadline: timing.Renew,
	})
	if err != nil {
		return nil, fmt.Errorf("cannot use the lease %s/%s: %w", o.Namespace, leaseName, err)
	}
	t := &terms{mgr: mgr, o: o}
	t.election = leadership.NewElection(leaseName, lock, timing, t.term)
	return t, nil
}

// leads reports whether this replica's reconcilers run.
func (t *terms) leads() bool { return t.election.Leads() }

// onElection has do called whenever this replica is elected.
func (t *terms) onElection(do func()) { t.elected = append(t.elected, do) }

// run runs the reconcilers in terms while the manager runs.
func (t *terms) run(r *reconcilers) error {
	t.reconcilers = r
	return t.mgr.Add(afterFilling{t.election, t.mgr.guard})
}

// term runs the reconcilers once elected is closed, until ctx ends.
func (t *terms) term(ctx context.Context, elected <-chan struct{}) error {
	mgr, err := t.candidate(elected)
	if err != nil {
		return err
	}
	for _, do := range t.elected {
		if err := mgr.Add(manager.RunnableFunc(func(context.Context) error { do(); return nil })); err != nil {
			return err
		}
	}
	if err := t.reconcilers.addTo(mgr); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// candidate returns a manager for one term, with the process's cache and client.
func (t *terms) candidate(elected <-chan struct{}) (ctrl.Manager, error) {
	again := t.began
	t.began = true
	mgr, err := ctrl.NewManager(t.mgr.GetConfig(), ctrl.Options{
		Scheme:         t.mgr.GetScheme(),
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return t.mgr.GetRESTMapper(), nil },
		NewCache: func(*rest.Config, cache.Options) (cache.Cache, error) {
			return leadership.Borrow(t.mgr.GetCache()), nil
		},
		NewClient:               func(*rest.Config, client.Options) (client.Client, error) { return t.mgr.GetClient(), nil },
		GracefulShutdownTimeout: new(shutdownTimeout),
		Metrics:                 metricsserver.Options{BindAddress: "0"},
		Controller:              controllerOptions(t.o.SkipNameValidation || again),
	})
	if err != nil {
		return nil, fmt.Errorf("cannot create the manager of the reconcilers: %w", err)
	}
	return leadership.Candidate(mgr, elected), nil
}
