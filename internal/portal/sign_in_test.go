// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/signin"
	"github.com/usher-operator/usher/internal/testing/provider"
)

const signInURL = "https://usher.acme.example"

// browser keeps a cookie between requests to replicas of a portal, and follows no redirect.
type browser struct {
	site
	cookies map[string]*http.Cookie
}

func (b *browser) do(r *http.Request) *httptest.ResponseRecorder {
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	answer := b.site.do(r)
	for _, c := range answer.Result().Cookies() {
		if b.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return answer
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	return b.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// atProvider follows a redirect to the provider, and returns the path and query with which the browser comes back.
func atProvider(op *provider.Provider, answer *httptest.ResponseRecorder) string {
	GinkgoHelper()
	Expect(answer.Code).To(Equal(http.StatusSeeOther), answer.Body.String())
	Expect(answer.Header().Get("Location")).To(HavePrefix(op.Issuer() + "/auth?"))
	client := op.Server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := http.NewRequest(http.MethodGet, answer.Header().Get("Location"), nil)
	Expect(err).NotTo(HaveOccurred())
	back, err := client.Do(r)
	Expect(err).NotTo(HaveOccurred())
	Expect(back.Body.Close()).To(Succeed())
	where, err := back.Location()
	Expect(err).NotTo(HaveOccurred())
	return where.RequestURI()
}

var _ = Describe("SIG-1 accepting by signing in", func() {
	var (
		op       *provider.Provider
		links    *fakeLinks
		ring     *linktoken.KeyRing
		now      time.Time
		person   *browser
		replicas func() site
	)
	const invitation = "/i/" + inviteToken

	BeforeEach(func() {
		var err error
		op, err = provider.New()
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(op.Close)
		op.Claims["email"], op.Claims["name"], op.Claims["phone_number"] = "Luis@acme.example", "Luis Gil Ríos", "+34600000001"
		ca := filepath.Join(GinkgoT().TempDir(), "ca.pem")
		Expect(os.WriteFile(ca, op.CA(), 0o600)).To(Succeed())
		links = newFakeLinks()
		links.link.Provider = signin.Provider{IssuerURL: op.Issuer(), ClientID: "usher", CAFile: ca, DisplayName: "Acme ID"}
		keys, err := linktoken.NewKeys(map[string][]byte{"0001": linktoken.NewKey()})
		Expect(err).NotTo(HaveOccurred())
		ring = &linktoken.KeyRing{}
		ring.Replace(keys)
		now = time.Now()
		clock := func() time.Time { return now }
		replicas = func() site {
			return site{portal.New(links, portal.Options{
				URL: signInURL, RequestsPerSecond: live.Of(-1.0), Keys: ring, Now: clock, Log: GinkgoLogr,
				SignIn: signin.NewClient(signInURL+portal.CallbackPath, nil, nil, clock),
			})}
		}
		person = &browser{site: replicas(), cookies: map[string]*http.Cookie{}}
	})

	// toProvider follows the button to the provider, and returns the path and query with which the browser comes back.
	toProvider := func() string {
		GinkgoHelper()
		return atProvider(op, person.get(invitation+"/sign-in"))
	}
	refused := func(answer *httptest.ResponseRecorder, status int, text string) {
		GinkgoHelper()
		Expect(answer.Code).To(Equal(status))
		Expect(answer.Body.String()).To(ContainSubstring(text))
		Expect(person.cookies).To(BeEmpty(), "nothing is left in the browser")
		Expect(links.changes).To(BeEmpty())
	}

	It("shows the button, leads to the provider and back, and accepts without a second mail", func() {
		Expect(person.get(invitation).Body.String()).To(And(ContainSubstring("Continuar con Acme ID"), ContainSubstring(invitation+"/sign-in"),
			ContainSubstring("enviaremos un correo")))
		back := toProvider()
		cookie := person.cookies["__Host-usher-sign-in"]
		Expect(cookie).To(And(HaveField("Secure", true), HaveField("HttpOnly", true), HaveField("Path", "/"), HaveField("Domain", ""),
			HaveField("SameSite", http.SameSiteLaxMode), HaveField("MaxAge", BeNumerically("<=", 15*60))))
		Expect(cookie.Value).NotTo(ContainSubstring(inviteToken))

		By("coming back to another replica, which changes nothing yet")
		person.site = replicas()
		answer := person.get(back)
		Expect(answer.Code).To(Equal(http.StatusSeeOther))
		Expect(answer.Header().Get("Location")).To(Equal(invitation))
		Expect(links.changes).To(BeEmpty())
		page := person.get(invitation).Body.String()
		Expect(page).To(And(ContainSubstring("Has iniciado sesión con"), ContainSubstring("Luis@acme.example"),
			ContainSubstring(`value="Luis Gil Ríos"`), ContainSubstring(`value="&#43;34600000001"`), Not(ContainSubstring("Continuar con")),
			Not(ContainSubstring("enviaremos un correo"))))

		By("correcting the form, which does not ask to sign in again")
		page = person.do(postRequest(invitation, acceptForm("displayName", ""))).Body.String()
		Expect(page).To(And(ContainSubstring("Has iniciado sesión con"), Not(ContainSubstring("Continuar con"))))
		answer = person.do(postRequest(invitation, acceptForm("displayName", "Luis Gil")))
		Expect(answer.Header().Get("Location")).To(HavePrefix(invitation + "/done"))
		Expect(links.changes).To(HaveExactElements("accept signed in"))
		Expect(links.registration.DisplayName).To(BeEquivalentTo("Luis Gil"))
		Expect(links.signedIn).To(And(HaveField("Subject", "1"), HaveField("Provider", op.Issuer())))
		Expect(person.cookies).To(BeEmpty(), "no session outlives the step")
	})

	It("ends the wait for the second mail of a person who has registered before, with what they entered then", func() {
		person.do(postRequest(invitation, acceptForm("displayName", "Luis Gil")))
		links.link.Registration = v1alpha1.Registration{DisplayName: "Luis Gil", Phone: "+34600000009"}
		links.changes = nil
		waiting := person.get(invitation + "/done").Body.String()
		Expect(waiting).To(And(ContainSubstring("Revisa tu correo"), ContainSubstring("Continuar con Acme ID"),
			ContainSubstring(invitation+"/sign-in"), Not(ContainSubstring("Completar el registro"))))

		By("sending the button's form without having signed in, which changes nothing")
		person.do(postRequest(invitation, url.Values{"action": {"complete"}}))
		Expect(links.changes).To(BeEmpty())

		By("signing in, which changes nothing either")
		Expect(person.get(toProvider()).Header().Get("Location")).To(Equal(invitation))
		page := person.get(invitation).Body.String()
		Expect(page).To(And(ContainSubstring("Completar el registro"), ContainSubstring("Luis@acme.example"), Not(ContainSubstring("Continuar con"))))
		Expect(links.changes).To(BeEmpty())

		By("completing the registration")
		answer := person.do(postRequest(invitation, url.Values{"action": {"complete"}}))
		Expect(answer.Header().Get("Location")).To(HavePrefix(invitation + "/done"))
		Expect(links.changes).To(HaveExactElements("accept signed in"))
		Expect(links.registration).To(Equal(links.link.Registration))
		Expect(person.cookies).To(BeEmpty())
	})

	It("leads a person who has access to their own page", func() {
		links.link.State = v1alpha1.RecipientActive
		Expect(person.get(invitation + "/done").Body.String()).NotTo(ContainSubstring("/account"))
		links.link.AccountPath = "/account?organization=acme"
		for lang, text := range map[string]string{"es": "Abrir tu página", "en": "Open your page"} {
			Expect(person.get(invitation + "/done?lang=" + lang).Body.String()).To(And(ContainSubstring(text),
				ContainSubstring(`href="/account?organization=acme"`)))
		}
		links.link.Role = v1alpha1.RoleNotificationsOnly
		Expect(person.get(invitation + "/done").Body.String()).NotTo(ContainSubstring("/account"))
	})

	It("leaves the name that the organization has declared", func() {
		links.link.NameGiven = true
		person.get(toProvider())
		Expect(person.get(invitation).Body.String()).To(And(ContainSubstring(`value="Luis Gil"`), Not(ContainSubstring("Ríos"))))
	})

	It("keeps the language that the person has chosen", func() {
		answer := person.get(invitation + "/sign-in?lang=en")
		Expect(answer.Code).To(Equal(http.StatusSeeOther))
		where, err := url.Parse(answer.Header().Get("Location"))
		Expect(err).NotTo(HaveOccurred())
		answer = person.get(portal.CallbackPath + "?error=access_denied&state=" + where.Query().Get("state"))
		Expect(answer.Body.String()).To(ContainSubstring(invitation))
	})

	It("refuses another address with words, and lets the person choose another account", func() {
		op.Claims["email"] = "eva@acme.example"
		answer := person.get(toProvider())
		refused(answer, http.StatusForbidden, "Has iniciado sesión con otra dirección")
		Expect(answer.Body.String()).To(And(ContainSubstring("luis@acme.example"), ContainSubstring("eva@acme.example"),
			ContainSubstring(invitation+"/sign-in?again=")))
		answer = person.get(invitation + "/sign-in?again=")
		Expect(answer.Header().Get("Location")).To(ContainSubstring("prompt=login"))
	})

	It("refuses an address that is not verified, with words", func() {
		op.Claims["email_verified"] = false
		refused(person.get(toProvider()), http.StatusForbidden, "Tu dirección no está verificada")
	})

	It("refuses a token that cannot be trusted, with words", func() {
		op.Claims["nonce"] = "x"
		refused(person.get(toProvider()), http.StatusForbidden, "No podemos confiar")
	})

	It("refuses an answer for which no sign-in waits in this browser (login CSRF)", func() {
		back := toProvider()
		person.cookies = map[string]*http.Cookie{}
		refused(person.get(back), http.StatusBadRequest, "This sign-in is no longer valid")
		Expect(op.Asked("/token")).To(BeZero())
	})

	It("refuses an answer that comes twice, and one that comes too late", func() {
		back := toProvider()
		before := person.cookies["__Host-usher-sign-in"]
		Expect(person.get(back).Code).To(Equal(http.StatusSeeOther))
		refused(person.get(back), http.StatusBadRequest, "This sign-in is no longer valid")
		person.cookies[before.Name] = before
		refused(person.get(back), http.StatusBadRequest, "Este inicio de sesión ya no es válido")
		back = toProvider()
		now = now.Add(signin.AttemptAge)
		refused(person.get(back), http.StatusBadRequest, "Este inicio de sesión ya no es válido")
	})

	It("takes the proof for the link that it was made for, for its time, and from no other key", func() {
		person.get(toProvider())
		proof := *person.cookies["__Host-usher-sign-in"]
		accept := func() string {
			GinkgoHelper()
			links.changes, links.link.State = nil, v1alpha1.RecipientInvited
			person.cookies[proof.Name] = &proof
			person.do(postRequest(invitation, acceptForm()))
			Expect(links.changes).To(HaveLen(1))
			return links.changes[0]
		}
		Expect(accept()).To(Equal("accept signed in"))
		links.link.Email = "eva@acme.example"
		Expect(accept()).To(Equal("register"), "the link is another person's")
		links.link.Email = "luis@acme.example"
		links.link.Provider.Organization = "acme"
		Expect(accept()).To(Equal("register"), "the organization has a provider of its own by now")
		links.link.Provider.Organization = ""
		now = now.Add(time.Hour)
		Expect(accept()).To(Equal("register"), "it was long ago")
		now = now.Add(-time.Hour)
		keys, err := linktoken.NewKeys(map[string][]byte{"0001": linktoken.NewKey()})
		Expect(err).NotTo(HaveOccurred())
		ring.Replace(keys)
		Expect(accept()).To(Equal("register"), "the keys are others")
	})

	It("takes no attempt for a proof", func() {
		toProvider()
		person.do(postRequest(invitation, acceptForm()))
		Expect(links.changes).To(HaveExactElements("register"))
	})

	It("forgets the proof when the person declines", func() {
		person.get(toProvider())
		person.do(postRequest(invitation, url.Values{"action": {"decline"}}))
		Expect(links.changes).To(HaveExactElements("decline"))
		Expect(person.cookies).To(BeEmpty())
	})

	It("says politely that the provider is out of order, and leaves the way by mail", func() {
		op.Broken = true
		answer := person.get(invitation + "/sign-in")
		refused(answer, http.StatusServiceUnavailable, "Ahora no se puede iniciar sesión")
		Expect(answer.Header().Get("Retry-After")).NotTo(BeEmpty())
		Expect(answer.Body.String()).To(ContainSubstring(`href="` + invitation + `"`))
		Expect(person.do(postRequest(invitation, acceptForm())).Code).To(Equal(http.StatusSeeOther))
		Expect(links.changes).To(HaveExactElements("register"))
	})

	It("is not begun by another site, which leads to the invitation", func() {
		r := httptest.NewRequest(http.MethodGet, invitation+"/sign-in", nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		answer := person.do(r)
		Expect(answer.Header().Get("Location")).To(Equal(invitation))
		Expect(person.cookies).To(BeEmpty())
	})

	DescribeTable("leads nowhere but to the provider and the invitation (open redirect)", func(query string) {
		answer := person.get(invitation + "/sign-in?" + query)
		Expect(answer.Header().Get("Location")).To(HavePrefix(op.Issuer() + "/auth?"))
		where, err := url.Parse(answer.Header().Get("Location"))
		Expect(err).NotTo(HaveOccurred())
		Expect(where.Query()["redirect_uri"]).To(HaveExactElements(signInURL + portal.CallbackPath))
	},
		Entry(nil, "redirect_uri=https://evil.example"), Entry(nil, "next=//evil.example"), Entry(nil, "lang=https://evil.example"),
		Entry(nil, "return_to=%2F%2Fevil.example"),
	)

	It("is not offered without a provider, and its pages are unknown without the feature", func() {
		links.link.Provider = signin.Provider{}
		Expect(person.get(invitation).Body.String()).NotTo(ContainSubstring("/sign-in"))
		Expect(person.get(invitation + "/sign-in").Header().Get("Location")).To(Equal(invitation))
		off := site{portal.New(links, portal.Options{URL: signInURL, RequestsPerSecond: live.Of(-1.0)})}
		Expect(off.get(portal.CallbackPath + "?code=x&state=y").Code).To(Equal(http.StatusNotFound))
	})

	It("has pages without scripts, in both languages", func() {
		for _, lang := range []string{"en", "es"} {
			page := person.get(invitation + "?lang=" + lang).Body.String()
			Expect(strings.Contains(page, "<script")).To(BeFalse())
			Expect(page).To(ContainSubstring(invitation + "/sign-in?lang=" + lang))
		}
	})
})
