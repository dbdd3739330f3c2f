// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/kubeconfig"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/signin"
	"github.com/usher-operator/usher/internal/testing/provider"
)

// fakeAccounts has one account, of luis@acme.example with acme.
type fakeAccounts struct {
	provider signin.Provider
	account  portal.Account
	err      error
	// saved is the last argument of SaveDetails, leaves are those of RequestLeave, everywhere counts calls of SignOutEverywhere.
	saved      *v1alpha1.Registration
	leaves     []bool
	everywhere int
}

func (f *fakeAccounts) Provider(_ context.Context, organization string) (signin.Provider, error) {
	if organization != "" {
		return signin.Provider{}, nil
	}
	return f.provider, nil
}

func (f *fakeAccounts) Choices(ctx context.Context, s portal.Session) ([]portal.AccountChoice, error) {
	if _, err := f.OpenAccount(ctx, s, "acme"); err != nil {
		return nil, nil //nolint:nilerr // no account is no choice
	}
	return []portal.AccountChoice{{Organization: "acme", Title: "Acme S.A."}}, nil
}

func (f *fakeAccounts) OpenAccount(_ context.Context, s portal.Session, organization string) (*portal.Account, error) {
	if f.err != nil {
		return nil, f.err
	}
	if organization != "acme" || !s.Identity.Has("luis@acme.example") {
		return nil, portal.ErrUnknown
	}
	account, link := f.account, *f.account.Link
	account.Link = &link
	return &account, nil
}

func (f *fakeAccounts) SaveDetails(_ context.Context, _ portal.Session, _ string, r v1alpha1.Registration) error {
	f.saved = &r
	return f.err
}

func (f *fakeAccounts) RequestLeave(_ context.Context, _ portal.Session, _ string, leaves bool) error {
	f.leaves = append(f.leaves, leaves)
	return f.err
}

func (f *fakeAccounts) SignOutEverywhere(context.Context, portal.Session) error {
	f.everywhere++
	return nil
}

var _ = Describe("SIG-5 a person's own page", func() {
	const own = "/account/o/acme"
	var (
		op       *provider.Provider
		accounts *fakeAccounts
		now      time.Time
		person   *browser
	)

	BeforeEach(func() {
		var err error
		op, err = provider.New()
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(op.Close)
		op.Claims["email"] = "luis@acme.example"
		ca := filepath.Join(GinkgoT().TempDir(), "ca.pem")
		Expect(os.WriteFile(ca, op.CA(), 0o600)).To(Succeed())
		link := newFakeLinks().link
		link.State, link.Contact = v1alpha1.RecipientActive, lookup.Contact{Name: "Ana Pérez", Email: "ana@acme.example"}
		link.Workspaces[0].Origins = []v1alpha1.GrantOrigin{{Source: v1alpha1.GrantedByGroup, Group: "helpdesk", Access: v1alpha1.WorkspaceEdit}}
		accounts = &fakeAccounts{
			provider: signin.Provider{IssuerURL: op.Issuer(), ClientID: "usher", CAFile: ca, DisplayName: "Acme ID"},
			account:  portal.Account{Link: &link},
		}
		keys, err := linktoken.NewKeys(map[string][]byte{"0001": linktoken.NewKey()})
		Expect(err).NotTo(HaveOccurred())
		ring := &linktoken.KeyRing{}
		ring.Replace(keys)
		now = time.Now()
		clock := func() time.Time { return now }
		person = &browser{cookies: map[string]*http.Cookie{}, site: site{portal.New(newFakeLinks(), portal.Options{
			URL: signInURL, RequestsPerSecond: live.Of(-1.0), Keys: ring, Now: clock, Log: GinkgoLogr, Accounts: accounts,
			SignIn: signin.NewClient(signInURL+portal.CallbackPath, nil, nil, clock),
		})}}
	})

	signIn := func() *httptest.ResponseRecorder {
		GinkgoHelper()
		return person.get(atProvider(op, person.get("/account/sign-in")))
	}

	It("opens with a new session, in an encrypted cookie of this host, and leads to the account", func() {
		Expect(person.get("/account").Body.String()).To(ContainSubstring("Continue with Acme ID"))
		Expect(signIn().Header().Get("Location")).To(Equal("/account"))
		Expect(person.cookies).To(HaveLen(1), "the attempt is gone")
		cookie := person.cookies["__Host-usher-account"]
		Expect(cookie).To(And(HaveField("Secure", true), HaveField("HttpOnly", true), HaveField("Path", "/"), HaveField("Domain", ""),
			HaveField("SameSite", http.SameSiteLaxMode), HaveField("MaxAge", 3600)))
		Expect(person.get("/account").Header().Get("Location")).To(Equal(own))
		page := person.get(own).Body.String()
		Expect(page).To(And(ContainSubstring("Tu cuenta en"), ContainSubstring("luis@acme.example"), ContainSubstring("por el grupo helpdesk"),
			ContainSubstring(`value="ask"`), Not(ContainSubstring("<script"))))
	})

	It("begins another session at each sign-in, so that nobody can prepare one for somebody else (fixation)", func() {
		signIn()
		first := person.cookies["__Host-usher-account"].Value
		signIn()
		Expect(person.cookies["__Host-usher-account"].Value).NotTo(Equal(first))
	})

	It("ends after an hour, and asks to sign in again", func() {
		signIn()
		now = now.Add(time.Hour)
		Expect(person.get(own).Header().Get("Location")).To(Equal("/account"))
		Expect(person.get("/account").Body.String()).To(ContainSubstring("Continue with Acme ID"))
	})

	It("is open to no other cookie: neither the attempt nor the proof of an invitation is a session", func() {
		person.get("/account/sign-in")
		person.cookies["__Host-usher-account"] = &http.Cookie{
			Name: "__Host-usher-account", Value: person.cookies["__Host-usher-sign-in"].Value,
		}
		Expect(person.get(own).Header().Get("Location")).To(Equal("/account"))
	})

	It("notes what the person changes, and leaves what the organization has declared", func() {
		signIn()
		answer := person.do(postRequest(own, url.Values{"displayName": {"Luis Ríos"}, "phone": {"600"}, "language": {"es"}}))
		Expect(answer.Code).To(Equal(http.StatusUnprocessableEntity))
		Expect(accounts.saved).To(BeNil())
		answer = person.do(postRequest(own, url.Values{"displayName": {"Luis Ríos"}, "phone": {"+34 600 000 001"}, "language": {"en"}}))
		Expect(answer.Header().Get("Location")).To(Equal(own + "?saved=&lang=en"))
		Expect(*accounts.saved).To(Equal(v1alpha1.Registration{DisplayName: "Luis Ríos", Phone: "+34600000001", Language: "en"}))
		Expect(person.get(own + "?saved=&lang=en").Body.String()).To(ContainSubstring("Your details are saved"))
		accounts.account.Link.NameGiven, accounts.account.PhoneGiven = true, true
		accounts.account.Link.Registration.Phone = "+34600000009"
		Expect(person.get(own).Body.String()).To(ContainSubstring("readonly"))
		person.do(postRequest(own, url.Values{"displayName": {"Mallory"}, "phone": {"+34600000001"}, "language": {"es"}}))
		Expect(*accounts.saved).To(Equal(v1alpha1.Registration{DisplayName: "Luis Gil", Phone: "+34600000009", Language: "es"}))
	})

	It("is changed by no form of another site (CSRF), and shown in no frame", func() {
		signIn()
		for _, path := range []string{own, own + "/leave", "/account/sign-out"} {
			r := postRequest(path, url.Values{"displayName": {"Mallory"}, "language": {"es"}, "action": {"everywhere"}})
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			Expect(person.do(r).Code).To(Equal(http.StatusForbidden))
		}
		Expect(accounts.saved).To(BeNil())
		Expect(accounts.leaves).To(BeEmpty())
		Expect(accounts.everywhere).To(BeZero())
		Expect(person.get(own).Header().Get("Content-Security-Policy")).To(ContainSubstring("frame-ancestors 'none'"))
		Expect(person.get(own).Header().Get("Cache-Control")).To(Equal("no-store"))
	})

	It("is closed at once to a person who no longer has an account, and to any other", func() {
		signIn()
		Expect(person.get("/account/o/initech").Code).To(Equal(http.StatusForbidden))
		Expect(person.cookies).To(BeEmpty(), "and the session is over")
		signIn()
		accounts.err = portal.ErrUnknown
		answer := person.get(own)
		Expect(answer.Code).To(Equal(http.StatusForbidden))
		Expect(answer.Body.String()).NotTo(ContainSubstring("Acme S.A."))
		accounts.err = nil
		op.Claims["email"] = "eva@acme.example"
		signIn()
		Expect(person.get("/account").Code).To(Equal(http.StatusForbidden))
	})

	It("goes by the address that the provider vouches for now, and not by the subject of an earlier sign-in", func() {
		signIn()
		Expect(person.get(own).Code).To(Equal(http.StatusOK))
		op.Claims["email"] = "eva@acme.example" // of the same subject
		signIn()
		Expect(person.get(own).Code).To(Equal(http.StatusForbidden))
		op.Claims["email"], op.Claims["email_verified"] = "luis@acme.example", false // changed back, and not proved again
		Expect(signIn().Code).To(Equal(http.StatusForbidden))
		Expect(person.get(own).Header().Get("Location")).To(Equal("/account"))
	})

	It("takes a request to leave, and takes it back, but not of whom nobody could remove", func() {
		ask := func(action string) *httptest.ResponseRecorder {
			return person.do(postRequest(own+"/leave?lang=en", url.Values{"action": {action}}))
		}
		Expect(ask("ask").Header().Get("Location")).To(Equal("/account"), "nobody has signed in")
		signIn()
		Expect(ask("ask").Header().Get("Location")).To(Equal(own + "?lang=en"))
		accounts.account.LeaveRequestTime = time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
		Expect(person.get(own + "?lang=en").Body.String()).To(And(ContainSubstring("You asked to leave on"), ContainSubstring("Monday, 30 November 2026"),
			ContainSubstring("Ana Pérez"), ContainSubstring(`value="withdraw"`), Not(ContainSubstring(`value="ask"`))))
		ask("withdraw")
		Expect(accounts.leaves).To(Equal([]bool{true, false}))
		accounts.account.LeaveRequestTime, accounts.account.OnlyAdministrator = time.Time{}, true
		Expect(ask("ask").Header().Get("Location")).To(Equal(own + "?lang=en"))
		Expect(accounts.leaves).To(HaveLen(2))
		Expect(person.get(own + "?lang=en").Body.String()).To(And(ContainSubstring("You are the only administrator"), Not(ContainSubstring("/leave"))))
		accounts.account.OnlyAdministrator = false
		accounts.err = portal.ErrUnknown
		Expect(ask("ask")).To(HaveHTTPStatus(http.StatusForbidden))
		Expect(person.get(own + "/leave").Code).To(Equal(http.StatusMethodNotAllowed))
	})

	It("hands out the kubeconfig to those who are signed in, and to nobody else", func() {
		accounts.account.Link.Kubeconfigs = kubeconfig.Issued{Filename: "kubeconfig-acme-prod.yaml", Usher: []byte("usher"), OIDCLogin: []byte("other")}
		Expect(person.get(own + "/kubeconfig")).To(HaveHTTPHeaderWithValue("Location", "/account"))
		signIn()
		Expect(person.get(own).Body.String()).To(ContainSubstring(`href="` + own + `/kubeconfig" download="kubeconfig-acme-prod.yaml"`))
		Expect(person.get(own + "/kubeconfig")).To(And(HaveHTTPStatus(http.StatusOK), HaveHTTPBody("usher"),
			HaveHTTPHeaderWithValue("Content-Disposition", "attachment; filename=kubeconfig-acme-prod.yaml")))
		Expect(person.get(own + "/kubeconfig?login=oidc-login")).To(HaveHTTPBody("other"))
		Expect(person.get("/account/o/other/kubeconfig")).To(HaveHTTPStatus(http.StatusForbidden))
		signIn()
		accounts.account.Link.Kubeconfigs = kubeconfig.Issued{}
		Expect(person.get(own + "/kubeconfig")).To(HaveHTTPStatus(http.StatusNotFound))
		Expect(person.get(own).Body.String()).NotTo(ContainSubstring("/kubeconfig"))
	})

	It("signs out here, or everywhere", func() {
		signIn()
		person.do(postRequest("/account/sign-out", url.Values{"action": {"here"}}))
		Expect(person.cookies).To(BeEmpty())
		Expect(accounts.everywhere).To(BeZero())
		signIn()
		person.do(postRequest("/account/sign-out", url.Values{"action": {"everywhere"}}))
		Expect(person.cookies).To(BeEmpty())
		Expect(accounts.everywhere).To(Equal(1))
	})

	It("says why nobody has signed in, without a word of invitations", func() {
		op.Claims["email_verified"] = false
		answer := signIn()
		Expect(answer.Code).To(Equal(http.StatusForbidden))
		Expect(answer.Body.String()).To(And(ContainSubstring("Your address is not verified"), Not(ContainSubstring("invitation"))))
		op.Broken = true
		now = now.Add(2 * time.Hour)
		accounts.provider.ClientID = "other"
		answer = person.get("/account/sign-in")
		Expect(answer.Code).To(Equal(http.StatusServiceUnavailable))
		Expect(answer.Body.String()).NotTo(ContainSubstring("invitation"))
	})

	It("lets a person name their organization, and says the same of every name without a sign-in", func() {
		page := person.get("/account?organization=%3Cb%3E").Body.String()
		Expect(page).To(And(ContainSubstring("There is no sign-in by that name"), Not(ContainSubstring("<b>"))))
	})
})
