// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package login tests that a welcomed person's kubectl works: with the kubeconfig of the welcome, the plugin, Dex, and an API server that
// takes Dex's tokens and puts a prefix before people's addresses. The same with the npm package oidc-provider, a certified implementation
// that does what OpenID Connect says where Dex does more, in the shapes that providers differ in: `make login` installs it.
package login

import (
	"context"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/kubeconfig"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/dex"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/plugin"
	"github.com/usher-operator/usher/internal/testing/ports"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

const (
	// prefix is what the API server, and so Usher, puts before addresses.
	prefix   = "sso:"
	password = "correct-horse-battery"
)

var (
	env      *testenv.Env
	box      *mailbox.Mailbox
	provider *dex.Server
	// other is a provider that is not Dex.
	other *peer
	usher *operator.Operator
	// plugins is the folder with kubectl usher.
	plugins string
)

func TestLogin(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Login")
}

var _ = BeforeSuite(func(ctx context.Context) {
	var err error
	provider, err = dex.Start(ctx, GinkgoT().TempDir(), dex.Options{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(provider.Stop()).To(Succeed()) })
	authentication, err := provider.Authentication(prefix)
	Expect(err).NotTo(HaveOccurred())
	portal, err := ports.Address()
	Expect(err).NotTo(HaveOccurred())
	other = startPeer("http://" + portal + "/sign-in/callback")
	authentication = append(authentication, other.authentication(slashed)...)
	s := suite.Start(GinkgoTB(), GinkgoWriter, func(o *testenv.Options) { o.Authentication = authentication })
	env, box = s.Env, s.Mailbox
	usher = s.StartOperator(ctx, func(o *setup.Options) {
		o.PortalAddress, o.PortalURL = portal, "http://"+portal
		o.SignIn = other.portal(userinfo)
		o.Usernames = effective.Usernames{Prefix: prefix}
		o.Cluster = kubeconfig.Cluster{
			Name: "test", Server: env.Config.Host, CAData: env.Config.CAData,
			Login: kubeconfig.Login{
				IssuerURL: provider.Issuer, ClientID: dex.KubectlClientID, Claim: "email",
				Scopes: []string{"openid", "email", "groups", "offline_access"}, CAData: provider.CA(),
			},
		}
	})
	plugins = GinkgoT().TempDir()
	_, err = plugin.Build(ctx, plugins)
	Expect(err).NotTo(HaveOccurred())
})
