// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package signin

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/provider"
)

const portalURL = "https://usher.acme.example/sign-in/callback"

// visit is a person who signs in.
type visit struct {
	client   *Client
	provider Provider
	op       *provider.Provider
	request  Request
}

func newVisit() *visit {
	GinkgoHelper()
	op, err := provider.New()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(op.Close)
	ca := filepath.Join(GinkgoT().TempDir(), "ca.pem")
	Expect(os.WriteFile(ca, op.CA(), 0o600)).To(Succeed())
	op.Claims["email"] = "luis@acme.example"
	return &visit{
		op: op, provider: Provider{IssuerURL: op.Issuer(), ClientID: "usher", CAFile: ca},
		client:  NewClient(portalURL, func(string, string) bool { return true }, nil, time.Now),
		request: Request{Subject: "i/token", Hint: "luis@acme.example"},
	}
}

// begin goes to the provider, and returns what to remember and what the browser brings back to which URL.
func (v *visit) begin(ctx context.Context) (Attempt, *url.URL) {
	GinkgoHelper()
	where, attempt, err := v.client.Begin(ctx, v.provider, v.request)
	Expect(err).NotTo(HaveOccurred())
	return attempt, v.follow(ctx, where)
}

// follow is the browser at the provider.
func (v *visit) follow(ctx context.Context, where string) *url.URL {
	GinkgoHelper()
	client := v.op.Server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	Expect(err).NotTo(HaveOccurred())
	answer, err := client.Do(r)
	Expect(err).NotTo(HaveOccurred())
	Expect(answer.Body.Close()).To(Succeed())
	back, err := answer.Location()
	Expect(err).NotTo(HaveOccurred())
	return back
}

func (v *visit) signIn(ctx context.Context) (Identity, error) {
	GinkgoHelper()
	attempt, back := v.begin(ctx)
	return v.client.Finish(ctx, v.provider, attempt, "", back.Query())
}

var _ = Describe("SIG-1 signing in", func() {
	It("proves the address that the provider has verified, by code with PKCE, state and nonce", func(ctx context.Context) {
		v := newVisit()
		v.op.Claims["name"], v.op.Claims["phone_number"] = "Luis Gil", "+34600000001"
		who, err := v.signIn(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(who).To(And(HaveField("Email", "luis@acme.example"), HaveField("Subject", "1"), HaveField("Name", "Luis Gil"),
			HaveField("Phone", "+34600000001"), HaveField("Provider", v.op.Issuer())))
		asked := v.op.LastAuthorization()
		Expect(asked).To(And(HaveKeyWithValue("response_type", []string{"code"}), HaveKeyWithValue("code_challenge_method", []string{"S256"}),
			HaveKeyWithValue("redirect_uri", []string{portalURL}), HaveKeyWithValue("scope", []string{"openid email profile"}),
			HaveKeyWithValue("login_hint", []string{"luis@acme.example"}), HaveKey("state"), HaveKey("nonce"), Not(HaveKey("prompt"))))
	})

	It("asks the provider about itself once", func(ctx context.Context) {
		v := newVisit()
		for range 3 {
			_, err := v.signIn(ctx)
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(v.op.Asked("/.well-known/openid-configuration")).To(Equal(1))
		Expect(v.op.Asked("/keys")).To(Equal(1))
	})

	It("proves itself with the client secret in the file, as it is now", func(ctx context.Context) {
		v := newVisit()
		v.provider.ClientSecretFile = filepath.Join(GinkgoT().TempDir(), "secret")
		for _, secret := range []string{"first", "second"} {
			Expect(os.WriteFile(v.provider.ClientSecretFile, []byte(secret+"\n"), 0o600)).To(Succeed())
			_, err := v.signIn(ctx)
			Expect(err).NotTo(HaveOccurred())
			Expect(v.op.LastSecret()).To(Equal(secret))
		}
	})

	DescribeTable("refuses a token", func(ctx context.Context, forge func(*visit), wanted error) {
		v := newVisit()
		forge(v)
		who, err := v.signIn(ctx)
		Expect(err).To(MatchError(wanted))
		Expect(who.Subject).To(BeEmpty())
	},
		Entry("with another nonce", func(v *visit) { v.op.Claims["nonce"] = "other" }, ErrToken),
		Entry("without a nonce", func(v *visit) { v.op.Claims["nonce"] = nil }, ErrToken),
		Entry("of another issuer", func(v *visit) { v.op.Claims["iss"] = "https://other.example" }, ErrToken),
		Entry("for another client", func(v *visit) { v.op.Claims["aud"] = "kubernetes" }, ErrToken),
		Entry("for this client among others, without saying for whom it was made",
			func(v *visit) { v.op.Claims["aud"] = []string{"usher", "kubernetes"} }, ErrToken),
		Entry("that was made for another client", func(v *visit) {
			v.op.Claims["aud"], v.op.Claims["azp"] = []string{"usher", "kubernetes"}, "kubernetes"
		}, ErrToken),
		Entry("that has expired", func(v *visit) { v.op.Claims["exp"] = time.Now().Add(-time.Second).Unix() }, ErrToken),
		Entry("that is not valid yet", func(v *visit) { v.op.Claims["nbf"] = time.Now().Add(time.Hour).Unix() }, ErrToken),
		Entry("without a subject", func(v *visit) { v.op.Claims["sub"] = "" }, ErrToken),
		Entry("without a signature", func(v *visit) { v.op.Forge = (*provider.Provider).Unsigned }, ErrToken),
		Entry("with an HMAC under the public key", func(v *visit) { v.op.Forge = (*provider.Provider).Confused }, ErrToken),
		Entry("with the signature of another key", func(v *visit) {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			Expect(err).NotTo(HaveOccurred())
			v.op.Forge = func(_ *provider.Provider, claims map[string]any) string { return provider.SignWith(key, claims) }
		}, ErrToken),
		Entry("that is none", func(v *visit) { v.op.Forge = func(*provider.Provider, map[string]any) string { return "x" } }, ErrToken),
		Entry("that is missing", func(v *visit) { v.op.Forge = func(*provider.Provider, map[string]any) string { return "" } }, ErrToken),
		Entry("whose address is not verified", func(v *visit) { v.op.Claims["email_verified"] = false }, ErrUnverified),
		Entry("whose address is not verified, as a text", func(v *visit) { v.op.Claims["email_verified"] = "false" }, ErrUnverified),
		Entry("that does not say whether its address is verified", func(v *visit) { v.op.Claims["email_verified"] = nil }, ErrUnverified),
		Entry("without an address", func(v *visit) { v.op.Claims["email"] = nil }, ErrUnverified),
		Entry("with something else for an address", func(v *visit) { v.op.Claims["email"] = "luis" }, ErrUnverified),
		Entry("whose address is denied to be verified, though that is assumed", func(v *visit) {
			v.provider.EmailVerified, v.op.Claims["email_verified"] = EmailVerifiedAssumed, false
		}, ErrUnverified),
		Entry("with an address of another domain than those allowed",
			func(v *visit) { v.provider.AllowedDomains = []string{"other.example"} }, ErrDomain),
		Entry("with an address of a domain below an allowed one", func(v *visit) {
			v.provider.AllowedDomains, v.op.Claims["email"] = []string{"acme.example"}, "luis@evil.acme.example"
		}, ErrDomain),
	)

	DescribeTable("takes an address", func(ctx context.Context, prepare func(*visit)) {
		v := newVisit()
		prepare(v)
		Expect(v.signIn(ctx)).To(HaveField("Subject", "1"))
	},
		Entry("that is verified, as a text", func(v *visit) { v.op.Claims["email_verified"] = "true" }),
		Entry("of which nothing is said, if that is assumed", func(v *visit) {
			v.provider.EmailVerified, v.op.Claims["email_verified"] = EmailVerifiedAssumed, nil
		}),
		Entry("of an allowed domain, in capitals", func(v *visit) {
			v.provider.AllowedDomains, v.op.Claims["email"] = []string{"Acme.example"}, "Luis@ACME.example"
		}),
		Entry("that is in the userinfo, where OpenID Connect has it", func(v *visit) {
			v.op.Claims["email"], v.op.UserInfo = nil, map[string]any{"email": "luis@acme.example", "email_verified": true}
		}),
	)

	DescribeTable("refuses a userinfo", func(ctx context.Context, info map[string]any, wanted error) {
		v := newVisit()
		v.op.Claims["email"], v.op.UserInfo = nil, info
		who, err := v.signIn(ctx)
		Expect(err).To(MatchError(wanted))
		Expect(who).To(BeZero())
	},
		Entry("about somebody else", map[string]any{"sub": "2", "email": "luis@acme.example", "email_verified": true}, ErrToken),
		Entry("about nobody", map[string]any{"sub": nil, "email": "luis@acme.example", "email_verified": true}, ErrToken),
		Entry("about somebody else, and the person in capitals",
			map[string]any{"sub": "2", "Sub": "1", "email": "luis@acme.example", "email_verified": true}, ErrToken),
		Entry("that does not vouch for the address, though the token says so of one that it does not have",
			map[string]any{"email": "luis@acme.example"}, ErrUnverified),
		Entry("whose address is not verified", map[string]any{"email": "luis@acme.example", "email_verified": false}, ErrUnverified),
		Entry("without an address", map[string]any{"email_verified": true}, ErrUnverified),
	)

	It("asks for no userinfo if the token has the address, and repeats no answer of it", func(ctx context.Context) {
		v := newVisit()
		v.op.UserInfo = map[string]any{"email": "eva@acme.example", "email_verified": true}
		Expect(v.signIn(ctx)).To(HaveField("Email", "luis@acme.example"))
		Expect(v.op.Asked("/userinfo")).To(BeZero())
		v.op.Claims["email"], v.op.UserInfoError = nil, "the token is secret-token"
		_, err := v.signIn(ctx)
		Expect(err).To(MatchError(ErrUnavailable))
		Expect(err).To(MatchError(And(ContainSubstring("cannot read the userinfo"), Not(ContainSubstring("secret")))))
		v.op.UserInfoError, v.op.Claims["at_hash"] = "", "of another token"
		v.op.UserInfo = map[string]any{"email": "luis@acme.example", "email_verified": true}
		_, err = v.signIn(ctx)
		Expect(err).To(MatchError(ContainSubstring("at_hash")))
	})

	It("refuses a code that was used before, and says nothing of what the provider said", func(ctx context.Context) {
		v := newVisit()
		attempt, back := v.begin(ctx)
		_, err := v.client.Finish(ctx, v.provider, attempt, "", back.Query())
		Expect(err).NotTo(HaveOccurred())
		_, err = v.client.Finish(ctx, v.provider, attempt, "", back.Query())
		Expect(err).To(MatchError(ErrStale))
		Expect(err).NotTo(MatchError(ContainSubstring("secret-code")))
	})

	It("refuses somebody else's code: the verifier is another one", func(ctx context.Context) {
		v := newVisit()
		mine, _ := v.begin(ctx)
		_, theirs := v.begin(ctx)
		answer := theirs.Query()
		answer.Set("state", mine.State)
		_, err := v.client.Finish(ctx, v.provider, mine, "", answer)
		Expect(err).To(MatchError(ErrStale))
	})

	DescribeTable("refuses an answer before the provider hears of it", func(ctx context.Context, change func(*Attempt, url.Values), wanted error) {
		v := newVisit()
		attempt, back := v.begin(ctx)
		answer := back.Query()
		change(&attempt, answer)
		_, err := v.client.Finish(ctx, v.provider, attempt, "", answer)
		Expect(err).To(MatchError(wanted))
		Expect(v.op.Asked("/token")).To(BeZero())
	},
		Entry("with another state", func(_ *Attempt, q url.Values) { q.Set("state", "x") }, ErrStale),
		Entry("without a state", func(a *Attempt, q url.Values) { a.State = ""; q.Del("state") }, ErrStale),
		Entry("that comes too late", func(a *Attempt, _ url.Values) { a.Expires = time.Now() }, ErrStale),
		Entry("to a sign-in with another issuer", func(a *Attempt, _ url.Values) { a.Issuer = "https://other.example" }, ErrToken),
		Entry("to a sign-in with an organization's provider", func(a *Attempt, _ url.Values) { a.Organization = "acme" }, ErrToken),
		Entry("that names another issuer", func(_ *Attempt, q url.Values) { q.Set("iss", "https://other.example") }, ErrToken),
		Entry("without a code", func(_ *Attempt, q url.Values) { q.Del("code") }, ErrToken),
		Entry("that refuses", func(_ *Attempt, q url.Values) { q.Set("error", "access_denied") }, ErrDenied),
	)

	It("refuses an answer without its issuer from a provider that always names it", func(ctx context.Context) {
		v := newVisit()
		v.op.Metadata["authorization_response_iss_parameter_supported"] = true
		_, err := v.signIn(ctx)
		Expect(err).To(MatchError(ErrToken))
		Expect(v.op.Asked("/token")).To(BeZero())
	})

	It("gives each organization's provider a callback of its own, and takes an answer at no other", func(ctx context.Context) {
		v := newVisit()
		v.provider.Organization = "acme"
		v.client = NewClient(portalURL, func(string, string) bool { return true }, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, time.Now)
		attempt, back := v.begin(ctx)
		Expect(back.Path).To(Equal("/sign-in/callback/acme"))
		for _, other := range []string{"", "initech"} {
			_, err := v.client.Finish(ctx, v.provider, attempt, other, back.Query())
			Expect(err).To(MatchError(ErrToken))
		}
		Expect(v.op.Asked("/token")).To(BeZero())
		Expect(v.client.Finish(ctx, v.provider, attempt, "acme", back.Query())).To(HaveField("Organization", "acme"))
	})

	It("says that a provider is not available, and asks it again soon", func(ctx context.Context) {
		v := newVisit()
		now := time.Now()
		v.client = NewClient(portalURL, nil, nil, func() time.Time { return now })
		v.op.Broken = true
		for range 3 {
			_, _, err := v.client.Begin(ctx, v.provider, v.request)
			Expect(err).To(MatchError(ErrUnavailable))
		}
		Expect(v.op.Asked("/.well-known/openid-configuration")).To(Equal(1))
		v.op.Broken = false
		now = now.Add(failureAge)
		attempt, back := v.begin(ctx)
		v.op.Broken = true
		_, err := v.client.Finish(ctx, v.provider, attempt, "", back.Query())
		Expect(err).To(MatchError(ErrUnavailable))
	})
})

var _ = Describe("SIG-1 an organization's own provider", func() {
	It("is not asked unless the platform allows its host", func(ctx context.Context) {
		v := newVisit()
		v.provider.Organization = "acme"
		v.client = NewClient(portalURL, func(string, string) bool { return false }, nil, time.Now)
		_, _, err := v.client.Begin(ctx, v.provider, v.request)
		Expect(err).To(MatchError(ErrForbidden))
		Expect(v.op.Asked("/.well-known/openid-configuration")).To(BeZero())
	})

	It("is not asked at a private address, whatever its name is", func(ctx context.Context) {
		v := newVisit()
		v.provider.Organization = "acme"
		_, _, err := v.client.Begin(ctx, v.provider, v.request)
		Expect(err).To(And(MatchError(ErrUnavailable), MatchError(ContainSubstring("not on the public internet"))))
		Expect(v.op.Asked("/.well-known/openid-configuration")).To(BeZero())
	})

	DescribeTable("may be at an address of the public internet only", func(address string, public bool) {
		err := checkPublic(netip.AddrPortFrom(netip.MustParseAddr(address), 443).String(), []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")})
		Expect(err == nil).To(Equal(public))
	},
		Entry(nil, "93.184.215.14", true), Entry(nil, "2606:2800:21f:cb07::1", true), Entry(nil, "10.20.1.1", true),
		Entry(nil, "127.0.0.1", false), Entry(nil, "10.1.2.3", false), Entry(nil, "172.16.0.1", false), Entry(nil, "192.168.1.1", false),
		Entry(nil, "169.254.169.254", false), Entry(nil, "100.64.0.1", false), Entry(nil, "0.0.0.0", false), Entry(nil, "255.255.255.255", false),
		Entry(nil, "224.0.0.1", false), Entry(nil, "::1", false), Entry(nil, "fd00::1", false), Entry(nil, "fe80::1", false),
		Entry(nil, "::ffff:127.0.0.1", false), Entry(nil, "::ffff:10.1.2.3", false), Entry(nil, "64:ff9b::7f00:1", false),
		Entry(nil, "2002:7f00:1::", false), Entry(nil, "::127.0.0.1", false),
	)

	DescribeTable("leads nowhere else", func(ctx context.Context, change func(*visit)) {
		v := newVisit()
		change(v)
		_, _, err := v.client.Begin(ctx, v.provider, v.request)
		Expect(err).To(MatchError(ErrUnavailable))
	},
		Entry("with a token endpoint without TLS", func(v *visit) { v.op.Metadata["token_endpoint"] = "http://10.0.0.1/token" }),
		Entry("with a script for an authorization endpoint", func(v *visit) { v.op.Metadata["authorization_endpoint"] = "javascript:alert(1)" }),
		Entry("with another issuer's document", func(v *visit) { v.op.Metadata["issuer"] = "https://other.example" }),
		Entry("with a document that has no end", func(v *visit) { v.op.Metadata["x"] = strings.Repeat("x", maxAnswer) }),
	)

	It("is not followed to keys without TLS", func(ctx context.Context) {
		v := newVisit()
		var asked atomic.Int32
		plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			http.Error(w, "no keys", http.StatusNotFound)
		}))
		DeferCleanup(plain.Close)
		v.op.Metadata["jwks_uri"] = plain.URL
		_, err := v.signIn(ctx)
		Expect(err).To(MatchError(ErrToken))
		Expect(asked.Load()).To(BeZero())
	})
})

var _ = DescribeTable("SIG-1 an invited address is the one that was proved", func(invited, proved string, same bool) {
	Expect(Identity{Email: proved}.Has(invited)).To(Equal(same))
},
	Entry("as it is", "luis@acme.example", "luis@acme.example", true),
	Entry("in capitals", "luis@acme.example", "Luis@Acme.EXAMPLE", true),
	Entry("with its domain as in DNS", "ana@bücher.example", "ana@xn--bcher-kva.example", true),
	Entry("not with a detail", "luis@acme.example", "luis+1@acme.example", false),
	Entry("not of another domain", "luis@acme.example", "luis@acme.example.evil.example", false),
	Entry("not with a letter that only folds to one of it", "luis.k@acme.example", "luis.\u212a@acme.example", false),
	Entry("not if there is none", "luis@acme.example", "", false),
	Entry("not if there are none at all", "", "", false),
)

var _ = Describe("SIG-1 a provider's configuration", func() {
	It("is complete or refused with all that is wrong", func() {
		Expect(Provider{IssuerURL: "https://login.acme.example", ClientID: "usher"}.Validate()).To(Succeed())
		err := Provider{
			IssuerURL: "http://login.acme.example", Scopes: []string{"openid"}, AllowedDomains: []string{"a b"}, EmailVerified: "No",
		}.Validate()
		for _, text := range []string{"issuerURL: ", "clientID is missing", "scopes must contain", "allowedDomains: ", `emailVerified "No"`} {
			Expect(err).To(MatchError(ContainSubstring(text)))
		}
	})
})
