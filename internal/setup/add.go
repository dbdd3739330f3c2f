// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/question/store"
)

// process is what the components of one process share.
type process struct {
	mgr boundedManager
	o   *Options
	// certificate is that of the webhooks and the metrics; in a process without webhooks, of the metrics.
	certificate *servingCertificate
	doors       *doors
	keys        *linktoken.KeyRing
	questions   *store.Store
	// ready are the checks of readiness.
	ready map[string]healthz.Checker
}

// add adds the components that run in this process to the manager.
func add(ctx context.Context, mgr boundedManager, o *Options, certificate *servingCertificate, d *doors) error {
	p := &process{
		mgr: mgr, o: o, certificate: certificate, doors: d, keys: &linktoken.KeyRing{}, questions: newQuestionStore(mgr, o),
		ready: map[string]healthz.Checker{"cache": cacheCheck(mgr, mgr.guard.Fits)},
	}
	if err := addInformers(ctx, mgr, o); err != nil {
		return err
	}
	if o.runs(ComponentControllers) {
		if err := p.addControllers(ctx); err != nil {
			return err
		}
	}
	if o.runs(ComponentPortal) {
		if err := p.addPortal(ctx); err != nil {
			return err
		}
	}
	if err := addSecretWatch(mgr, o, p.keys); err != nil {
		return err
	}
	if err := addReload(mgr, o); err != nil {
		return err
	}
	if err := addMetrics(mgr, o, certificate); err != nil {
		return err
	}
	if err := mgr.Add(cacheFilled{mgr.guard}); err != nil {
		return err
	}
	return addChecks(mgr, p.ready)
}

// addInformers has the cache filled with everything that lookup reads before the manager is ready.
func addInformers(ctx context.Context, mgr ctrl.Manager, o *Options) error {
	kinds := lookup.CachedByPortal()
	if o.runs(ComponentControllers) {
		kinds = lookup.Cached()
	}
	for _, object := range kinds {
		if _, err := mgr.GetCache().GetInformer(ctx, object); err != nil {
			return fmt.Errorf("cannot watch %T: %w", object, err)
		}
	}
	return nil
}

// addIndexes adds the indexes of what the cache holds.
func addIndexes(ctx context.Context, mgr ctrl.Manager, o *Options) error {
	add := lookup.AddPortalIndexes
	if o.runs(ComponentControllers) {
		add = lookup.AddIndexes
	}
	if err := add(ctx, lookup.NewIndexer(mgr.GetCache())); err != nil {
		return err
	}
	return store.AddIndexes(ctx, mgr.GetFieldIndexer())
}

// newQuestionStore returns the store that the portal and the questions controller share. Its metrics are measured from now on.
func newQuestionStore(mgr ctrl.Manager, o *Options) *store.Store {
	questions := &store.Store{Client: mgr.GetClient(), API: mgr.GetAPIReader(), Namespace: o.questionsNamespace(), Now: o.now()}
	questions.Measure()
	return questions
}

func cacheReader(mgr ctrl.Manager, o *Options) lookup.Reader {
	return lookup.New(mgr.GetClient(), effective.IntakeDomains{}).WithLiveDomains(o.live.intakeDomains).WithUsernames(o.Usernames).
		WithAppointing(o.Appointing)
}

func apiReader(mgr ctrl.Manager) lookup.APIReader { return lookup.NewAPIReader(mgr.GetAPIReader()) }
