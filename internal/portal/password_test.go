// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/portal"
)

const (
	passwordToken = "Password_0123456789-abcdef"
	goodPassword  = "grapefruit-Verona-tuning-9"
)

// fakePasswords implements Passwords with the person of a fakeLinks.
type fakePasswords struct {
	links *fakeLinks
	needs bool
	err   error

	mu    sync.Mutex
	calls []string
}

func (f *fakePasswords) note(call string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
}

func (f *fakePasswords) noted() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *fakePasswords) Describe(_ context.Context, link *portal.Link) error {
	link.NeedsPassword = f.needs
	return nil
}

func (f *fakePasswords) Along(_ context.Context, _ *portal.Link, hash identity.Hash, step func() (*portal.Link, error)) (*portal.Link, error) {
	if hash.IsZero() {
		return nil, errors.New("no hash")
	}
	f.note("along")
	return step()
}

func (f *fakePasswords) OpenPassword(_ context.Context, token string) (*portal.Link, error) {
	if token != passwordToken {
		return nil, portal.ErrUnknown
	}
	link := f.links.link
	link.State = v1alpha1.RecipientRegistered
	if len(f.noted()) > 0 {
		link.State = v1alpha1.RecipientActive
	}
	return &link, nil
}

func (f *fakePasswords) SetPassword(context.Context, string, identity.Hash) (*portal.Link, error) {
	f.note("set")
	link := f.links.link
	link.State = v1alpha1.RecipientActive
	return &link, f.err
}

func (f *fakePasswords) Request(_ context.Context, email string) error {
	f.note("request " + email)
	return nil
}

var _ = Describe("Passwords on pages", func() {
	var links *fakeLinks
	var passwords *fakePasswords
	var pages site

	BeforeEach(func() {
		links = newFakeLinks()
		links.link.Language = "en"
		passwords = &fakePasswords{links: links, needs: true}
		pages = site{portal.New(links, portal.Options{
			URL: "https://portal.acme.example", Passwords: passwords, PasswordPolicy: identity.NewPolicy(identity.Options{MinLength: 12}),
			QuestionsPerHour: live.Of(2.0),
		})}
	})

	It("SIG-2 is asked for by the step that completes the registration, and not before", func() {
		Expect(pages.get("/i/" + inviteToken).Body.String()).NotTo(ContainSubstring(`type="password"`))
		Expect(pages.post("/i/"+inviteToken, acceptForm())).To(HaveHTTPStatus(http.StatusSeeOther))
		page := pages.get("/c/" + confirmToken)
		Expect(page.Body.String()).To(And(ContainSubstring(`autocomplete="new-password"`), ContainSubstring("At least 12 characters"),
			ContainSubstring(`<script src="/static/password.js`)))
		Expect(page.Header().Get("Content-Security-Policy")).To(And(ContainSubstring("default-src 'none'"), HaveSuffix("; script-src 'self'")))

		refused := pages.post("/c/"+confirmToken, url.Values{"password": {"nora-secret-1"}})
		Expect(refused).To(HaveHTTPStatus(http.StatusUnprocessableEntity))
		Expect(refused.Body.String()).To(And(ContainSubstring("easy to guess"), ContainSubstring(`aria-invalid="true"`),
			ContainSubstring(`href="#password"`), Not(ContainSubstring("nora-secret-1"))))
		Expect(links.changes).To(Equal([]string{"register"}))
		Expect(pages.post("/c/"+confirmToken, url.Values{"password": {goodPassword}})).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(passwords.noted()).To(Equal([]string{"along"}))
		Expect(links.changes).To(Equal([]string{"register", "confirm"}))
	})

	It("SIG-2 is asked for by the registration form where no second mail follows", func() {
		links.link.NeedsConfirmation = false
		Expect(pages.get("/i/" + inviteToken).Body.String()).To(ContainSubstring(`autocomplete="new-password"`))
		refused := pages.post("/i/"+inviteToken, acceptForm("password", "short"))
		Expect(refused).To(HaveHTTPStatus(http.StatusUnprocessableEntity))
		Expect(pages.post("/i/"+inviteToken, acceptForm("password", goodPassword))).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(passwords.noted()).To(Equal([]string{"along"}))
	})

	It("SIG-2 leaves pages without a password as they are, without a script", func() {
		passwords.needs = false
		links.link.State = v1alpha1.RecipientRegistered
		page := pages.get("/c/" + confirmToken)
		Expect(page.Body.String()).To(And(Not(ContainSubstring(`type="password"`)), ContainSubstring("does not ask for a password")))
		Expect(page.Header().Get("Content-Security-Policy")).NotTo(ContainSubstring("script"))
		Expect(pages.post("/c/"+confirmToken, nil)).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(passwords.noted()).To(BeEmpty())
	})

	It("SIG-2 is set by a mailed link, and going back shows that it was", func() {
		Expect(pages.get("/p/" + passwordToken).Body.String()).To(ContainSubstring("Choose your password"))
		Expect(pages.post("/p/"+passwordToken, url.Values{"password": {"password1234"}})).To(HaveHTTPStatus(http.StatusUnprocessableEntity))
		Expect(pages.post("/p/"+passwordToken, url.Values{"password": {goodPassword}})).To(And(
			HaveHTTPStatus(http.StatusSeeOther), HaveHTTPHeaderWithValue("Location", "/p/"+passwordToken)))
		Expect(pages.get("/p/" + passwordToken).Body.String()).To(ContainSubstring("Your password is saved"))
		Expect(pages.get("/p/x")).To(HaveHTTPStatus(http.StatusNotFound))
	})

	It("SIG-2 says that another link follows when the provider does not take it", func() {
		passwords.err = portal.ErrLater
		page := pages.post("/p/"+passwordToken, url.Values{"password": {goodPassword}})
		Expect(page).To(HaveHTTPStatus(http.StatusServiceUnavailable))
		Expect(page.Body.String()).To(ContainSubstring("You will get a mail with another link"))
	})

	It("SIG-2 gives the same answer to everybody who asks for a link, and a network few", func() {
		Expect(pages.get("/password").Body.String()).To(ContainSubstring("Send link"))
		Expect(pages.post("/password", url.Values{"email": {"nobody"}})).To(HaveHTTPStatus(http.StatusUnprocessableEntity))
		for _, email := range []string{"luis@acme.example", "nobody@elsewhere.example"} {
			Expect(pages.post("/password", url.Values{"email": {email}})).To(And(
				HaveHTTPStatus(http.StatusSeeOther), HaveHTTPHeaderWithValue("Location", "/password/sent")))
		}
		Eventually(passwords.noted).Should(ConsistOf("request luis@acme.example", "request nobody@elsewhere.example"))
		Expect(pages.post("/password", url.Values{"email": {"luis@acme.example"}})).To(HaveHTTPStatus(http.StatusTooManyRequests))
		Expect(pages.get("/password/sent").Body.String()).To(ContainSubstring("If the address has an account"))
	})

	It("SIG-2 has no pages where people have no accounts", func() {
		pages = site{portal.New(links, portal.Options{URL: "https://portal.acme.example"})}
		for _, path := range []string{"/password", "/p/" + passwordToken} {
			Expect(pages.get(path)).To(HaveHTTPStatus(http.StatusNotFound))
		}
	})
})
