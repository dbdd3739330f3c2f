// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package dex_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/oauth2"
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/testing/dex"
)

const password = "correct-horse-battery"

var _ = Describe("Dex beside a control plane", func() {
	// signIn plays a person in a browser up to the client's redirect URI, where nobody listens, and redeems the code.
	signIn := func(ctx context.Context, config oauth2.Config, email, password string) (string, error) {
		GinkgoHelper()
		config.Scopes = []string{"openid", "email", "groups"}
		config.Endpoint = oauth2.Endpoint{AuthURL: server.Issuer + "/auth", TokenURL: server.Issuer + "/token"}
		verifier := oauth2.GenerateVerifier()
		_, err := server.Browser().SignIn(ctx, config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)), email, password)
		var nobody *url.Error
		if !errors.As(err, &nobody) {
			return "", err
		}
		redirect, err := url.Parse(nobody.URL)
		Expect(err).NotTo(HaveOccurred())
		Expect(redirect.Query().Get("state")).To(Equal("state"))
		ctx = context.WithValue(ctx, oauth2.HTTPClient, server.Client())
		token, err := config.Exchange(ctx, redirect.Query().Get("code"), oauth2.VerifierOption(verifier))
		Expect(err).NotTo(HaveOccurred())
		id, _ := token.Extra("id_token").(string)
		Expect(id).NotTo(BeEmpty())
		return id, nil
	}
	// whoami asks the API server whom it makes of a token.
	whoami := func(ctx context.Context, token string) (string, error) {
		GinkgoHelper()
		c, err := client.New(&rest.Config{
			Host: env.Config.Host, BearerToken: token, TLSClientConfig: rest.TLSClientConfig{CAData: env.Config.CAData},
		}, client.Options{Scheme: env.Scheme, Mapper: env.Client.RESTMapper()})
		Expect(err).NotTo(HaveOccurred())
		review := &authenticationv1.SelfSubjectReview{}
		err = c.Create(ctx, review)
		return review.Status.UserInfo.Username, err
	}
	kubectl := oauth2.Config{ClientID: dex.KubectlClientID, RedirectURL: "http://localhost:9/"}

	It("SIG-3 lets people sign in with a password, and the API server makes their user names of their tokens", func(ctx SpecContext) {
		Expect(server.AddPerson(ctx, "nora@acme.example", password)).To(Succeed())
		Expect(server.AddPerson(ctx, "nora@acme.example", password)).To(MatchError(ContainSubstring("there is one already")))
		token, err := signIn(ctx, kubectl, "nora@acme.example", password)
		Expect(err).NotTo(HaveOccurred())
		// The API server may still be fetching the keys.
		Eventually(whoami).WithArguments(ctx, token).Should(Equal("sso:nora@acme.example"))
		_, err = signIn(ctx, kubectl, "nora@acme.example", "guessed")
		Expect(err).To(MatchError(dex.ErrRefused))
	})

	It("SIG-3 issues tokens to the portal with which the API server knows nobody", func(ctx SpecContext) {
		Expect(server.AddPerson(ctx, "marc@acme.example", password)).To(Succeed())
		token, err := signIn(ctx, oauth2.Config{
			ClientID: dex.PortalClientID, ClientSecret: server.ClientSecret, RedirectURL: portal,
		}, "marc@acme.example", password)
		Expect(err).NotTo(HaveOccurred())
		_, err = whoami(ctx, token)
		Expect(apierrors.IsUnauthorized(err)).To(BeTrue(), "%v", err)
	})

	It("SIG-3 goes on at the same addresses after an outage, and keeps people in etcd", func(ctx SpecContext) {
		other, err := dex.Start(ctx, GinkgoT().TempDir(), dex.Options{EtcdURL: env.EtcdURL()})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(other.Stop()).To(Succeed()) })
		Expect(other.AddPerson(ctx, "ana@acme.example", password)).To(Succeed())
		Expect(other.Stop()).To(Succeed())
		_, err = other.Browser().Open(ctx, other.Issuer)
		Expect(err).To(HaveOccurred())
		Expect(other.Resume(ctx)).To(Succeed())
		Expect(other.AddPerson(ctx, "ana@acme.example", password)).To(MatchError(ContainSubstring("there is one already")))
		page, err := other.Browser().Open(ctx, other.Issuer+"/healthz")
		Expect(err).NotTo(HaveOccurred())
		Expect(page.Status).To(Equal(http.StatusOK))
	})
})
