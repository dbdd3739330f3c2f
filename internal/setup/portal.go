// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"

	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/portal"
)

// addPortal adds the component Portal. A process that has no other one writes no Secret but those of questions.
func (p *process) addPortal(ctx context.Context) error {
	if !p.o.runs(ComponentControllers) {
		if err := readLinkKeys(ctx, p.mgr, p.o, p.keys); err != nil {
			return err
		}
		p.ready["link-keys"] = linkKeysCheck(p.o, p.keys)
		if err := addPortalCertificate(p.mgr, p.o, p.certificate); err != nil {
			return err
		}
	}
	if err := p.addPages(); err != nil {
		return err
	}
	return p.addIntake()
}

// addPages adds the server of the portal's pages.
func (p *process) addPages() error {
	mgr, o, cache := p.mgr, p.o, cacheReader(p.mgr, p.o)
	links := &portal.ClusterLinks{
		Client: mgr.GetClient(), Cache: cache, API: apiReader(mgr), Keys: p.keys, MailDomain: o.mailDomain(),
		SignInURL: o.live.signInURL, Providers: o.providers(), Kubeconfigs: o.issuer(), Now: o.now(),
	}
	directories, err := newDirectories(mgr, o)
	if err != nil {
		return err
	}
	passwords, err := newPasswords(links, o)
	if err != nil {
		return err
	}
	server, err := portal.NewServer(links, portal.Options{
		Passwords: passwords, PasswordPolicy: identity.NewPolicy(o.Accounts),
		Address: o.PortalAddress, URL: o.PortalURL, TrustedProxies: o.TrustedProxies,
		RequestsPerSecond: o.live.requestsPerSecond, QuestionsPerHour: o.live.questionsPerHour,
		Questions:   &portal.ClusterQuestions{Cache: cache, API: apiReader(mgr), Store: p.questions, Keys: p.keys, Now: o.now()},
		Queues:      &portal.ClusterQueues{Client: mgr.GetClient(), Cache: cache, API: apiReader(mgr), Keys: p.keys, Now: o.now()},
		Directories: directories, SignIn: newSignIn(o), Accounts: links, Keys: p.keys, Now: o.now(),
		Log: mgr.GetLogger().WithName("portal"), Middleware: p.doors.farewell,
	})
	if err != nil {
		return err
	}
	optional := optionalServer{features: o.features, name: featurePortal, server: server, ready: server.Ready, retry: serverRetry}
	p.ready["portal"] = optional.check
	return mgr.Add(door{p.doors, optional})
}

// newPasswords returns what sets people's passwords, or nil if they have none. The portal has a connection of its own to the provider, and
// uses it only to set passwords and to end the sessions of whom it sets one for.
func newPasswords(links *portal.ClusterLinks, o *Options) (portal.Passwords, error) {
	if !o.Accounts.On() {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	dex, err := identity.NewDex(o.Accounts)
	if err != nil {
		return nil, err
	}
	return &portal.ClusterPasswords{ClusterLinks: links, Provider: dex}, nil
}
