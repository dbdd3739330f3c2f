// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/oauth2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/dex"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// organization creates an organization with an administrator and a workspace.
func organization(ctx context.Context) string {
	GinkgoHelper()
	org := env.Namespace(ctx, "acme")
	create(ctx, builders.Organization(org).DisplayName("Acme S.A.").Obj(),
		builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(), builders.Workspace(org, "support").Obj())
	return org
}

// declare declares a person of whom Usher does not know yet.
func declare(ctx context.Context, org, name string) *v1alpha1.OrgUser {
	GinkgoHelper()
	u := builders.OrgUser(org, name).Workspace("support", v1alpha1.WorkspaceEdit).Obj()
	create(ctx, u)
	Eventually(accountState(ctx, u)).Should(Equal(v1alpha1.AccountPlanned))
	return u
}

func create(ctx context.Context, objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		Expect(env.Client.Create(ctx, o)).To(Succeed())
	}
}

// read returns a function that reads an object again.
func read[T client.Object](ctx context.Context, o T) func(Gomega) T {
	return func(g Gomega) T {
		g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		return o
	}
}

func accountState(ctx context.Context, u *v1alpha1.OrgUser) func(Gomega) v1alpha1.AccountState {
	return func(g Gomega) v1alpha1.AccountState {
		fresh := read(ctx, &v1alpha1.OrgUser{ObjectMeta: u.ObjectMeta})(g)
		if fresh.Status.Account == nil {
			return ""
		}
		return fresh.Status.Account.State
	}
}

func suspend(ctx context.Context, u *v1alpha1.OrgUser, suspended bool) {
	GinkgoHelper()
	patch := fmt.Sprintf(`{"spec":{"suspend":%t}}`, suspended)
	Expect(env.Client.Patch(ctx, &v1alpha1.OrgUser{ObjectMeta: u.ObjectMeta}, client.RawPatch("application/merge-patch+json", []byte(patch)))).
		To(Succeed())
}

func address(u *v1alpha1.OrgUser) string { return string(u.Spec.Email) }

// link waits for the newest of count mails to a person with a link below a path, and returns it.
func link(ctx context.Context, u *v1alpha1.OrgUser, path string, count int) string {
	GinkgoHelper()
	var found []string
	Eventually(ctx, func(g Gomega) {
		found = links(g, u, path)
		g.Expect(found).To(HaveLen(count))
	}).Should(Succeed())
	return found[count-1]
}

func links(g Gomega, u *v1alpha1.OrgUser, path string) []string {
	all, err := box.Messages()
	g.Expect(err).NotTo(HaveOccurred())
	var found []string
	for _, m := range all {
		if m.SentTo(address(u)) {
			found = append(found, linksOf(m, path)...)
		}
	}
	return found
}

func linksOf(m mailbox.Message, path string) []string {
	for _, l := range m.Links() {
		if strings.HasPrefix(l, usher.PortalURL+path) {
			return []string{l}
		}
	}
	return nil
}

// get and post return the status and the text of a page, after redirects.
func get(ctx context.Context, page string) (int, string) {
	GinkgoHelper()
	return do(ctx, http.MethodGet, page, nil)
}

func post(ctx context.Context, page string, form url.Values) (int, string) {
	GinkgoHelper()
	return do(ctx, http.MethodPost, page, form)
}

func do(ctx context.Context, method, page string, form url.Values) (int, string) {
	GinkgoHelper()
	request, err := http.NewRequestWithContext(ctx, method, page, strings.NewReader(form.Encode()))
	Expect(err).NotTo(HaveOccurred())
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	answer, err := http.DefaultClient.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	Expect(err).NotTo(HaveOccurred())
	return answer.StatusCode, string(body)
}

// register fills in the registration form, and returns the link of the mail that follows.
func register(ctx context.Context, u *v1alpha1.OrgUser) string {
	GinkgoHelper()
	code, body := post(ctx, link(ctx, u, "/i/", 1), url.Values{"action": {"accept"}, "displayName": {"Nora Roca"}, "language": {"en"}})
	Expect(code).To(Equal(http.StatusOK), body)
	return link(ctx, u, "/c/", 1)
}

// accept takes a person from the invitation to the welcome, with a password.
func accept(ctx context.Context, u *v1alpha1.OrgUser, password string) {
	GinkgoHelper()
	code, body := post(ctx, register(ctx, u), url.Values{"password": {password}})
	Expect(code).To(Equal(http.StatusOK), body)
	Expect(body).To(ContainSubstring("Welcome to Acme S.A."))
	Eventually(accountState(ctx, u)).Should(Equal(v1alpha1.AccountReady))
	Eventually(read(ctx, u)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserActive)))
}

var kubectl = oauth2.Config{
	ClientID: dex.KubectlClientID, RedirectURL: "http://localhost:9/", Scopes: []string{"openid", "email", "offline_access"},
}

// signIn plays a person in a browser who signs in with kubectl.
func signIn(ctx context.Context, u *v1alpha1.OrgUser, password string) (*oauth2.Token, error) {
	GinkgoHelper()
	config := atProvider()
	verifier := oauth2.GenerateVerifier()
	_, err := provider.Browser().SignIn(ctx, config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)), address(u), password)
	var nobody *url.Error // listens at the redirect URI
	if !errors.As(err, &nobody) {
		return nil, err
	}
	redirect, err := url.Parse(nobody.URL)
	Expect(err).NotTo(HaveOccurred())
	return config.Exchange(provided(ctx), redirect.Query().Get("code"), oauth2.VerifierOption(verifier))
}

// errRefused says that Dex does not renew a session.
var errRefused = errors.New("dex refused to renew the session")

// renew gets another token for a session, as kubectl does when one expires.
func renew(ctx context.Context, session *oauth2.Token) error {
	config := atProvider()
	fresh, err := config.TokenSource(provided(ctx), &oauth2.Token{RefreshToken: session.RefreshToken}).Token()
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) {
		return errRefused
	}
	if err == nil && fresh.RefreshToken != "" {
		session.RefreshToken = fresh.RefreshToken
	}
	return err
}

func atProvider() oauth2.Config {
	config := kubectl
	config.Endpoint = oauth2.Endpoint{AuthURL: provider.Issuer + "/auth", TokenURL: provider.Issuer + "/token"}
	return config
}

func provided(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, provider.Client())
}
