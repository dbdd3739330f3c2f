// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/question/store"
)

// add adds all parts of Usher to the manager.
func add(ctx context.Context, mgr boundedManager, o *Options, certificate *servingCertificate, d *doors) error {
	if err := addInstallation(ctx, mgr, o); err != nil {
		return err
	}
	certificates, err := addCertificates(mgr, o, certificate)
	if err != nil {
		return err
	}
	keys, err := ensureLinkKeys(ctx, mgr, o)
	if err != nil {
		return err
	}
	if err := addSecretWatch(mgr, o, keys); err != nil {
		return err
	}
	if err := addInformers(ctx, mgr); err != nil {
		return err
	}
	if err := addWebhooks(ctx, mgr, o, mgr.guard.Full); err != nil {
		return err
	}
	templates, err := addMailTemplates(ctx, mgr, o)
	if err != nil {
		return err
	}
	questions := newQuestionStore(mgr, o)
	if err := addControllers(mgr, o, linktoken.NewLinks(keys, o.PortalURL), templates, questions); err != nil {
		return err
	}
	portal, err := addPortal(mgr, o, keys, questions, d)
	if err != nil {
		return err
	}
	if err := addIntake(mgr, o, d); err != nil {
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
	return addChecks(mgr, certificates.check, portal.check, mgr.guard.Fits)
}

// addInformers has the cache filled with everything that lookup reads before the manager is ready.
func addInformers(ctx context.Context, mgr ctrl.Manager) error {
	for _, object := range lookup.Cached() {
		if _, err := mgr.GetCache().GetInformer(ctx, object); err != nil {
			return fmt.Errorf("cannot watch %T: %w", object, err)
		}
	}
	return nil
}

// newQuestionStore returns the store that the portal and the questions controller share. Its metrics are measured from now on.
func newQuestionStore(mgr ctrl.Manager, o *Options) *store.Store {
	questions := &store.Store{Client: mgr.GetClient(), API: mgr.GetAPIReader(), Namespace: o.Namespace, Now: o.now()}
	questions.Measure()
	return questions
}

func cacheReader(mgr ctrl.Manager, o *Options) lookup.Reader {
	return lookup.New(mgr.GetClient(), effective.IntakeDomains{}).WithLiveDomains(o.live.intakeDomains).WithUsernames(o.Usernames)
}

func apiReader(mgr ctrl.Manager) lookup.APIReader { return lookup.NewAPIReader(mgr.GetAPIReader()) }
