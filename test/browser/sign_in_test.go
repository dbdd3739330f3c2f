// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/signin"
)

// stockSignIn is a provider that leads back at once, as whoever the spec says.
type stockSignIn struct{ email string }

// Begin implements portal.SignIn.
func (*stockSignIn) Begin(_ context.Context, p signin.Provider, r signin.Request) (string, signin.Attempt, error) {
	return portal.CallbackPath + "?state=x", signin.Attempt{Subject: r.Subject, Issuer: p.IssuerURL, State: "x", Language: r.Language}, nil
}

// Finish implements portal.SignIn.
func (s *stockSignIn) Finish(context.Context, signin.Provider, signin.Attempt, string, url.Values) (signin.Identity, error) {
	return signin.Identity{Provider: stockProvider.IssuerURL, Subject: "1", Email: s.email, Name: "Luis Gil Ríos"}, nil
}

var stockProvider = signin.Provider{IssuerURL: "https://login.acme.example", ClientID: "usher", DisplayName: "Acme ID"}

// stockAccounts returns the stock's link as an account with two organizations.
type stockAccounts struct {
	portal.Accounts
	*stock
}

// Provider implements portal.Accounts.
func (stockAccounts) Provider(context.Context, string) (signin.Provider, error) {
	return stockProvider, nil
}

// Choices implements portal.Accounts.
func (stockAccounts) Choices(context.Context, portal.Session) ([]portal.AccountChoice, error) {
	return []portal.AccountChoice{{Organization: "acme", Title: "Acme S.A."}, {Organization: "initech", Title: "Initech"}}, nil
}

// OpenAccount implements portal.Accounts.
func (s stockAccounts) OpenAccount(context.Context, portal.Session, string) (*portal.Account, error) {
	link := s.link
	link.State = v1alpha1.RecipientActive
	link.Workspaces[0].Origins = []v1alpha1.GrantOrigin{{Source: v1alpha1.GrantedByGroup, Group: "helpdesk", Access: v1alpha1.WorkspaceEdit}}
	link.Workspaces[1].Origins = []v1alpha1.GrantOrigin{{Source: v1alpha1.GrantedByUser, Access: v1alpha1.WorkspaceView}}
	return &portal.Account{Link: &link, PhoneGiven: true}, nil
}

var _ = DescribeTable("SIG-1 SIG-5 Pages of people who sign in can be used with a screen reader and fit the screen",
	func(ctx SpecContext, language string, s screen, proved, refused, complete, choose, account string) {
		sample, provider := newStock(language), &stockSignIn{email: "eva@acme.example"}
		sample.link.Provider = stockProvider
		keys, err := linktoken.NewKeys(map[string][]byte{"0001": linktoken.NewKey()})
		Expect(err).NotTo(HaveOccurred())
		ring := &linktoken.KeyRing{}
		ring.Replace(keys)
		server := httptest.NewServer(portal.New(stockLinks{stock: sample}, portal.Options{
			RequestsPerSecond: live.Of(-1.0), SignIn: provider, Accounts: stockAccounts{stock: sample}, Keys: ring,
		}))
		DeferCleanup(server.Close)
		t := openTab(ctx, s)
		t.speak(language)
		page := func(name, text string) {
			GinkgoHelper()
			Expect(t.text("main")).To(ContainSubstring(text))
			Expect(t.attribute("html", "lang")).To(Equal(language))
			t.examine(language + "-sign-in-" + name)
		}

		By("accepting an invitation, as somebody else first")
		Expect(t.visit(server.URL + "/i/x")).To(Equal(http.StatusOK))
		page("1-offered", "Acme ID")
		Expect(t.follow(".sign-in .button")).To(Equal(http.StatusForbidden))
		page("2-other", refused)
		provider.email = "luis.gil@acme.example"
		Expect(t.follow("main .actions .button")).To(Equal(http.StatusOK))
		page("3-proved", proved)
		Expect(eval[string](t, "displayName.value")).To(Equal("Luis Gil Ríos"))

		By("having registered before, and waited for the second mail")
		sample.link.State = v1alpha1.RecipientRegistered
		Expect(t.visit(server.URL + "/i/x")).To(Equal(http.StatusOK))
		Expect(t.text("main form button")).To(Equal(complete))
		t.examine(language + "-sign-in-3-instead")

		By("opening their own page")
		Expect(t.visit(server.URL + "/account")).To(Equal(http.StatusOK))
		page("4-account", "Acme ID")
		Expect(t.follow("main .actions .button")).To(Equal(http.StatusOK))
		page("5-choose", choose)
		Expect(t.follow("main .spaces a")).To(Equal(http.StatusOK))
		page("6-own", account)
		t.fill("#displayName", " ")
		Expect(t.follow("button[value=save]")).To(Equal(http.StatusUnprocessableEntity))
		t.awaitFocus("errors")
		t.examine(language + "-sign-in-7-mistakes")
	},
	Entry("in Spanish on a phone", "es", phone, "Has iniciado sesión con", "Has iniciado sesión con otra dirección", "Completar el registro", "Elige una organización",
		"por el grupo helpdesk"),
	Entry("in English in dark mode", "en", dark, "You have signed in with", "You have signed in with another address",
		"Complete registration", "Choose an organization", "by the group helpdesk"),
)
