// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/controller/accounts"
	"github.com/usher-operator/usher/internal/controller/invitation"
	"github.com/usher-operator/usher/internal/controller/notices"
	"github.com/usher-operator/usher/internal/controller/organization"
	"github.com/usher-operator/usher/internal/controller/orggroup"
	"github.com/usher-operator/usher/internal/controller/orguser"
	"github.com/usher-operator/usher/internal/controller/questions"
	"github.com/usher-operator/usher/internal/controller/workspace"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/onboardingmail"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/pause"
	"github.com/usher-operator/usher/internal/question/store"
)

// addControllers adds the component Controllers.
func (p *process) addControllers(ctx context.Context) error {
	mgr, o := p.mgr, p.o
	if err := addInstallation(ctx, mgr, o); err != nil {
		return err
	}
	certificates, err := addCertificates(mgr, o, p.certificate)
	if err != nil {
		return err
	}
	p.ready["certificates"], p.ready["webhooks"] = certificates.check, mgr.GetWebhookServer().StartedChecker()
	if err := ensureLinkKeys(ctx, mgr, o, p.keys); err != nil {
		return err
	}
	if err := addWebhooks(ctx, mgr, o, mgr.guard.Full); err != nil {
		return err
	}
	terms, err := newTerms(mgr, o)
	if err != nil {
		return err
	}
	templates, err := addMailTemplates(ctx, mgr, o, terms)
	if err != nil {
		return err
	}
	reconcilers, err := newReconcilers(mgr, o, linktoken.NewLinks(p.keys, o.PortalURL), templates, p.questions)
	if err != nil {
		return err
	}
	return terms.run(reconcilers)
}

// reconcilers are those of the kinds, and those that send what written states queue. What is here outlives a term.
type reconcilers struct {
	mgr     boundedManager
	o       *Options
	links   linktoken.Links
	sender  *mail.Sender
	people  identity.Provider
	phones  delivery.Gateway
	postbox delivery.Postbox
	kept    *store.Store
}

func newReconcilers(mgr boundedManager, o *Options, links linktoken.Links, templates *mail.InForce, kept *store.Store,
) (*reconcilers, error) {
	sender, err := newSender(o)
	if err != nil {
		return nil, err
	}
	phones, err := newGateway(mgr, o)
	if err != nil {
		return nil, err
	}
	people, err := addAccounts(mgr, o)
	if err != nil {
		return nil, err
	}
	postbox := delivery.NewPostbox(sender, templates)
	return &reconcilers{mgr: mgr, o: o, links: links, sender: sender, people: people, phones: phones, postbox: postbox, kept: kept}, nil
}

// addTo adds the reconcilers to the manager of a term. Those that send share one dispatcher, and so one rate limit and the same budgets,
// which are the term's: between two terms, another replica may have sent.
func (r *reconcilers) addTo(term ctrl.Manager) error {
	mgr, o, postbox := r.mgr, r.o, r.postbox
	c, now, mailDomain, recorder := mgr.GetClient(), o.now(), o.mailDomain(), mgr.GetEventRecorder("usher")
	cache, api := cacheReader(mgr, o), apiReader(mgr)
	budgets := newBudgets(mgr, o)
	if err := term.Add(budgets); err != nil {
		return err
	}
	dispatcher := delivery.NewDispatcher(r.sender.Connections(), o.live.mailRate, now).WithBudgets(budgets)
	writer := onboardingmail.NewWriter(postbox, r.links, onboardingmail.Doors{
		SignInURL: o.live.signInURL, Kubeconfigs: o.issuer(), PortalURL: o.PortalURL, Providers: o.providers(),
	})
	platform := workspace.Platform{
		OperatorNamespace: o.Namespace, NamespaceLabels: o.live.namespaceLabels, IntakeDomains: o.live.intakeDomains,
		QueueDomains: o.live.queueDomains, MailDomain: mailDomain, Changed: o.live.workspaces,
	}
	if r.people != nil {
		if err := accounts.New(c, cache, api, r.people, mailDomain, now).Setup(term); err != nil {
			return err
		}
	}
	for _, controller := range []interface{ Setup(mgr ctrl.Manager) error }{
		pause.NewReporter(cache),
		organization.New(c, cache, api, recorder, directoriesServer(o), o.SettleDelay, now),
		orguser.New(c, cache, api, recorder, mailDomain, o.SettleDelay, now).WithAccounts(r.people != nil),
		orguser.NewMail(c, cache, api, writer, postbox, dispatcher, now),
		orguser.NewExpiry(c, cache, api, o.Provisional, now),
		invitation.New(c, cache, api, recorder, mailDomain, o.SettleDelay, now),
		invitation.NewMail(c, cache, api, recorder, writer, dispatcher, now),
		workspace.New(c, cache, api, recorder, platform, o.SettleDelay, now),
		workspace.NewMail(c, cache, api, postbox, r.links, dispatcher, now),
		orggroup.New(c, cache, api, recorder, o.live.identityGroups, o.live.groups, o.SettleDelay, now),
		notices.New(c, cache, api, postbox, r.phones, mailDomain, dispatcher, now),
		questions.New(c, cache, api, recorder, r.kept, postbox, r.links, mailDomain, dispatcher, now).ReceivesMail(o.IntakeAddress != ""),
		questions.NewMover(c, r.kept, o.Namespace),
	} {
		if err := controller.Setup(term); err != nil {
			return err
		}
	}
	return nil
}

// newSender returns a sender that counts what the mail server refuses.
func newSender(o *Options) (*mail.Sender, error) {
	options := o.Mail
	options.OnRefusal = delivery.CountRefusal
	return mail.NewSender(options)
}
