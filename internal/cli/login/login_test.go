// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/cli/login"
)

var _ = Describe("A login", func() {
	var (
		provider *hostile
		client   login.Client
		tool     login.Tool
		said     *bytes.Buffer
		pages    chan string
	)
	get := func(address string) (int, string) {
		GinkgoHelper()
		response, err := provider.Client().Get(address)
		Expect(err).NotTo(HaveOccurred())
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		Expect(err).NotTo(HaveOccurred())
		return response.StatusCode, string(body)
	}
	// browse plays a person's browser, which follows redirects and shows a page.
	browse := func(address string) error {
		go func() {
			defer GinkgoRecover()
			_, body := get(address)
			pages <- body
		}()
		return nil
	}
	files := func() []string {
		GinkgoHelper()
		found, err := filepath.Glob(filepath.Join(tool.Store.Dir, "*.json"))
		Expect(err).NotTo(HaveOccurred())
		return found
	}
	// expire lets the token that is kept end.
	expire := func() {
		passed := 2 * time.Hour
		tool.Now = func() time.Time { return time.Now().Add(passed) }
		provider.life += passed
	}
	BeforeEach(func() {
		provider = newHostile()
		said, pages = &bytes.Buffer{}, make(chan string, 10)
		client = login.Client{
			IssuerURL: provider.URL, ID: "kubectl", Scopes: []string{"openid", "email"}, Email: "Nora@acme.example", Claim: "email",
			CAData: provider.ca(),
		}
		tool = login.Tool{
			Store: login.Store{Dir: filepath.Join(GinkgoT().TempDir(), "logins")}, Messages: said, Browse: browse, Now: time.Now,
		}
	})

	It("SIG-3 is kept in a file that only its owner can read, in a folder that only its owner can open", func(ctx SpecContext) {
		token, err := tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect(token.User).To(Equal("nora@acme.example"))
		Expect(<-pages).To(ContainSubstring("You are logged in"))
		Expect(said.String()).To(HavePrefix("Log in with the browser."))
		Expect(said.String()).NotTo(ContainSubstring(token.ID))
		Expect(files()).To(HaveLen(1))
		for path, mode := range map[string]fs.FileMode{tool.Store.Dir: 0o700, files()[0]: 0o600} {
			info, err := os.Stat(path)
			Expect(err).NotTo(HaveOccurred())
			Expect(info.Mode().Perm()).To(Equal(mode), path)
		}
		again, err := tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect(again.ID).To(Equal(token.ID))
		Expect(provider.logins).To(Equal(1))

		By("distrusting a file that others can read")
		Expect(os.Chmod(files()[0], 0o644)).To(Succeed())
		_, err = tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect(provider.logins).To(Equal(2))
		info, err := os.Stat(files()[0])
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode().Perm()).To(Equal(fs.FileMode(0o600)))
	})

	It("SIG-3 is one for each provider, client and person", func(ctx SpecContext) {
		_, err := tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		client.Email = "marc@acme.example"
		provider.claims["email"] = "marc@acme.example"
		token, err := tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect(token.User).To(Equal("marc@acme.example"))
		client.Scopes = append(client.Scopes, "groups")
		_, err = tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect(provider.logins).To(Equal(3), "a token without the groups is not the one that is asked for")
		Expect(files()).To(HaveLen(2))
	})

	It("SIG-3 is refreshed once by all who need it at the same time", func(ctx SpecContext) {
		_, err := tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		expire()
		tool.Messages = io.Discard
		var all sync.WaitGroup
		tokens := make([]string, 20)
		for n := range tokens {
			all.Go(func() {
				defer GinkgoRecover()
				token, err := tool.Token(ctx, client)
				Expect(err).NotTo(HaveOccurred())
				tokens[n] = token.ID
			})
		}
		all.Wait()
		Expect(tokens).To(HaveEach(Equal(tokens[0])))
		Expect([]int{provider.logins, provider.refreshes}).To(Equal([]int{1, 1}))
	})

	It("SIG-3 begins again when the provider does not renew it", func(ctx SpecContext) {
		_, err := tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		expire()
		provider.refuse = "invalid_grant"
		_, err = tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect(said.String()).To(ContainSubstring("Your login has ended.\n"))
		Expect(provider.logins).To(Equal(2))

		By("beginning again with a provider that issues no ID token for a refresh token")
		expire()
		provider.refuse, provider.silent = "", true
		tool.Now = func() time.Time { return time.Now().Add(5 * time.Hour) }
		provider.life = 10 * time.Hour
		_, err = tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect(provider.logins).To(Equal(3))
	})

	It("SIG-3 is kept through an outage of the provider, and says who is away", func(ctx SpecContext) {
		_, err := tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		expire()
		for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
			provider.busy = status
			_, err = tool.Token(ctx, client)
			Expect(err).To(MatchError(ContainSubstring("%s refuses to refresh the token: HTTP %d, error \"temporarily_unavailable\"", provider.URL, status)))
		}
		provider.busy = 0
		_, err = tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect([]int{provider.logins, provider.refreshes}).To(Equal([]int{1, 1}))
		provider.Close()
		expire()
		tool.Now = func() time.Time { return time.Now().Add(20 * time.Hour) }
		_, err = tool.Token(ctx, client)
		Expect(err).To(MatchError(ContainSubstring("connection refused")))
	})

	DescribeTable("SIG-3 does not trust a token that was not issued for it", func(ctx SpecContext, change map[string]any, words string) {
		provider.claims = change
		_, err := tool.Token(ctx, client)
		Expect(err).To(MatchError(ContainSubstring(words)))
		Expect(<-pages).To(And(ContainSubstring("You are not logged in"), Not(ContainSubstring(words))))
		Expect(files()).To(BeEmpty())
	},
		Entry("of another login", map[string]any{"nonce": "replayed"}, "it is of another login"),
		Entry("of another client", map[string]any{"aud": "portal"}, `expected audience "kubectl" got ["portal"]`),
		Entry("of another client that names this one too",
			map[string]any{"aud": []string{"kubectl", "portal"}, "azp": "portal"}, `it was issued to client "portal"`),
		Entry("of several clients, without saying for which it was made",
			map[string]any{"aud": []string{"kubectl", "portal"}}, `it was issued to client "", not to "kubectl"`),
		Entry("of another provider", map[string]any{"iss": "https://evil.example"}, "different provider"),
		Entry("that has expired", map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, "set the clock right"),
		Entry("of another person", map[string]any{"email": "marc@acme.example"},
			"you have logged in as marc@acme.example, and this kubeconfig is for Nora@acme.example"),
		Entry("without an address", map[string]any{"email": nil}, `has no claim "email"`),
		Entry("of another person, whose address moves the cursor", map[string]any{"email": "\x1b[2Jmarc@acme.example"},
			"as [2Jmarc@acme.example"),
	)

	It("SIG-3 goes on waiting after an answer without its state, and takes one answer only", func(ctx SpecContext) {
		tool.Browse = func(address string) error {
			go func() {
				defer GinkgoRecover()
				asked, err := url.Parse(address)
				Expect(err).NotTo(HaveOccurred())
				back := asked.Query().Get("redirect_uri")
				for _, forged := range []string{"?code=stolen&state=guessed", "?code=stolen", "?error=access_denied", "/favicon.ico?state="} {
					status, body := get(back + forged)
					Expect(status).To(Equal(http.StatusBadRequest))
					Expect(body).To(And(ContainSubstring("not the answer that kubectl is waiting for"), Not(ContainSubstring("stolen"))))
				}
				pages <- ""
				_, body := get(address)
				pages <- body
			}()
			return nil
		}
		_, err := tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect(<-pages).To(BeEmpty())
		Expect(<-pages).To(ContainSubstring("You are logged in"))
	})

	DescribeTable("SIG-3 says what the provider answers", func(ctx SpecContext, answer url.Values, words string) {
		provider.answer = answer
		_, err := tool.Token(ctx, client)
		Expect(err).To(MatchError(ContainSubstring(words)))
		Expect(<-pages).To(ContainSubstring("You are not logged in"))
	},
		Entry("when the person changes their mind", url.Values{"error": {"access_denied"}}, "the login was cancelled, or refused by"),
		Entry("when a scope does not exist", url.Values{"error": {"invalid_scope"}, "error_description": {"no\x07 such scope"}},
			`refuses the login: "invalid_scope": no such scope`),
		Entry("when it is another provider's", url.Values{"iss": {"https://evil.example"}}, "of another identity provider"),
		Entry("when the code is not one of its own", url.Values{"code": {"stolen"}}, `refuses to redeem the code: HTTP 400, error "invalid_grant"`),
		Entry("when there is no code", url.Values{"code": {""}}, "has no code"),
	)

	It("SIG-3 insists on the issuer in the answer of a provider that says it names itself", func(ctx SpecContext) {
		provider.named = true
		_, err := tool.Token(ctx, client)
		Expect(err).To(MatchError(ContainSubstring("of another identity provider")))
		provider.answer = url.Values{"iss": {provider.URL}}
		_, err = tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
	})

	It("SIG-3 uses no refreshed token of somebody else", func(ctx SpecContext) {
		_, err := tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		expire()
		provider.claims["sub"] = "43"
		_, err = tool.Token(ctx, client)
		Expect(err).To(MatchError(ContainSubstring("has refreshed the token of somebody else")))
	})

	It("SIG-3 sends nothing in the clear, and trusts only the authorities that it is told", func(ctx SpecContext) {
		plain := client
		plain.IssuerURL = "http://login.acme.example"
		_, err := tool.Token(ctx, plain)
		Expect(err).To(MatchError("the identity provider http://login.acme.example must be reached by https"))
		client.CAData = nil
		_, err = tool.Token(ctx, client)
		Expect(err).To(MatchError(And(ContainSubstring("cannot reach the identity provider"), ContainSubstring("certificate"))))
	})

	It("SIG-3 ends with the command, and says so when nobody logs in", func(ctx SpecContext) {
		ctx2, cancel := context.WithCancelCause(ctx)
		tool.Browse = func(string) error {
			cancel(errors.New("interrupted"))
			return fmt.Errorf("no browser")
		}
		_, err := tool.Token(ctx2, client)
		Expect(err).To(MatchError("interrupted"))
		Expect(said.String()).To(ContainSubstring("Cannot open a browser (no browser)."))
	})

	It("SIG-4 is deleted and revoked by a logout", func(ctx SpecContext) {
		_, err := tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		out, err := tool.Logout(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(Equal(login.Outcome{User: "nora@acme.example", Revoked: true}))
		Expect(os.ReadDir(tool.Store.Dir)).To(BeEmpty(), "not even a lock is left")
		Expect(provider.revoked).To(HaveLen(1))
		out, err = tool.Logout(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(Equal(login.Outcome{}))

		By("deleting it while the provider is away")
		_, err = tool.Token(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		provider.Close()
		out, err = tool.Logout(ctx, client)
		Expect(err).NotTo(HaveOccurred())
		Expect(out.Trouble).To(MatchError(ContainSubstring("cannot reach the identity provider")))
		Expect(files()).To(BeEmpty())
	})
})
