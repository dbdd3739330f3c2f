// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/controller/invitation"
	"github.com/usher-operator/usher/internal/controller/notices"
	"github.com/usher-operator/usher/internal/controller/organization"
	"github.com/usher-operator/usher/internal/controller/orguser"
	"github.com/usher-operator/usher/internal/controller/questions"
	"github.com/usher-operator/usher/internal/controller/workspace"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/onboardingmail"
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
	templates, err := addMailTemplates(ctx, mgr, o)
	if err != nil {
		return err
	}
	return addReconcilers(mgr, o, linktoken.NewLinks(p.keys, o.PortalURL), templates, p.questions)
}

// addReconcilers adds the reconcilers of the four kinds, and those that send what written states queue. The latter share one
// dispatcher, and so one rate limit and the same budgets.
func addReconcilers(mgr ctrl.Manager, o *Options, links linktoken.Links, templates *mail.InForce, kept *store.Store) error {
	sender, err := newSender(o)
	if err != nil {
		return err
	}
	phones, err := newGateway(mgr, o)
	if err != nil {
		return err
	}
	c, now, mailDomain, recorder := mgr.GetClient(), o.now(), o.mailDomain(), mgr.GetEventRecorder("usher")
	cache, api := cacheReader(mgr, o), apiReader(mgr)
	postbox := delivery.NewPostbox(sender, templates)
	budgets, err := addBudgets(mgr, o)
	if err != nil {
		return err
	}
	dispatcher := delivery.NewDispatcher(sender.Connections(), o.live.mailRate, now).WithBudgets(budgets)
	writer := onboardingmail.NewWriter(postbox, links, o.live.signInURL)
	platform := workspace.Platform{
		OperatorNamespace: o.Namespace, NamespaceLabels: o.live.namespaceLabels, IntakeDomains: o.live.intakeDomains,
		QueueDomains: o.live.queueDomains, MailDomain: mailDomain, Changed: o.live.workspaces,
	}
	for _, controller := range []interface{ Setup(mgr ctrl.Manager) error }{
		pause.NewReporter(cache),
		organization.New(c, cache, api, recorder, o.SettleDelay, now),
		orguser.New(c, cache, api, recorder, mailDomain, o.SettleDelay, now),
		orguser.NewMail(c, cache, api, writer, postbox, dispatcher, now),
		orguser.NewExpiry(c, cache, api, o.Provisional, now),
		invitation.New(c, cache, api, recorder, mailDomain, o.SettleDelay, now),
		invitation.NewMail(c, cache, api, recorder, writer, dispatcher, now),
		workspace.New(c, cache, api, recorder, platform, o.SettleDelay, now),
		workspace.NewMail(c, cache, api, postbox, links, dispatcher, now),
		notices.New(c, cache, api, postbox, phones, mailDomain, dispatcher, now),
		questions.New(c, cache, api, recorder, kept, postbox, links, mailDomain, dispatcher, now).ReceivesMail(o.IntakeAddress != ""),
		questions.NewMover(c, kept, o.Namespace),
	} {
		if err := controller.Setup(mgr); err != nil {
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
