// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-logr/logr/funcr"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/signin"
)

// providerURL is where fakeSignIn sends people. canary is a password that must never be seen again.
const (
	providerURL = "https://login.acme.example/auth"
	canary      = "Zq7canary"
)

// fakeSignIn signs everybody in as Luis.
type fakeSignIn struct{}

func (fakeSignIn) Begin(_ context.Context, p signin.Provider, r signin.Request) (string, signin.Attempt, error) {
	return providerURL, signin.Attempt{Subject: r.Subject, Issuer: p.IssuerURL, State: "state", Language: r.Language}, nil
}

func (fakeSignIn) Finish(context.Context, signin.Provider, signin.Attempt, string, url.Values) (signin.Identity, error) {
	return luis, nil
}

var luis = signin.Identity{Provider: "https://login.acme.example", Subject: "1", Email: "luis@acme.example"}

// fuzzed is a portal with every page, over fakes that remember what was changed.
type fuzzed struct {
	site
	links     *fakeLinks
	questions *fakeQuestions
	queues    *fakeQueues
	passwords *fakePasswords
	accounts  *fakeAccounts
	ring      *linktoken.KeyRing
	now       time.Time
	log       bytes.Buffer
}

// The states and errors that a page can meet. A number chooses among them.
var (
	fuzzStates = []v1alpha1.RecipientState{
		v1alpha1.RecipientInvited, v1alpha1.RecipientRegistered, v1alpha1.RecipientActive, v1alpha1.RecipientDeclined,
		v1alpha1.RecipientRevoked, v1alpha1.RecipientExpired,
	}
	fuzzErrors = []error{
		nil, nil, portal.ErrExpired, portal.ErrUsed, portal.ErrRevoked, portal.ErrReplaced, portal.ErrDeclined, portal.ErrPaused,
		portal.ErrClosed, errors.New("the API server is down"), portal.ErrOtherAddress,
	}
)

func newFuzzed(ring *linktoken.KeyRing, world uint16) *fuzzed {
	p := &fuzzed{
		links: newFakeLinks(), questions: newFakeQuestions(), queues: &fakeQueues{state: v1alpha1.QueueRequested}, ring: ring,
		now: time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC),
	}
	n := int(world)
	p.links.link.State, n = fuzzStates[n%len(fuzzStates)], n/len(fuzzStates)
	err, n := fuzzErrors[n%len(fuzzErrors)], n/len(fuzzErrors)
	p.links.err, p.links.writeErr, p.questions.err, p.queues.err = err, err, err, err
	p.passwords = &fakePasswords{links: p.links, needs: n&1 != 0}
	p.links.link.NeedsConfirmation = n&2 != 0
	p.links.link.NameGiven = n&4 != 0
	p.links.link.Provider = signin.Provider{IssuerURL: luis.Provider, ClientID: "usher", DisplayName: "Acme ID"}
	p.links.link.Contact = lookup.Contact{Name: "Ana Pérez", Email: "ana@acme.example"}
	own := p.links.link
	own.State = v1alpha1.RecipientActive
	p.accounts = &fakeAccounts{provider: own.Provider, account: portal.Account{Link: &own, PhoneGiven: n&8 != 0}}
	p.Handler = portal.New(p.links, portal.Options{
		URL: "https://portal.acme.example", RequestsPerSecond: live.Of(-1.0), QuestionsPerHour: live.Of(-1.0), Questions: p.questions,
		Queues: p.queues, SignIn: fakeSignIn{}, Accounts: p.accounts, Keys: ring, Now: func() time.Time { return p.now },
		Passwords: p.passwords, PasswordPolicy: identity.NewPolicy(identity.Options{MinLength: 12}),
		Log: funcr.New(func(prefix, args string) { fmt.Fprintln(&p.log, prefix, args) }, funcr.Options{Verbosity: 9}),
	})
	return p
}

// sealed returns the cookies of a person who has signed in: for their own page, for an invitation, or on the way to one of them.
func (p *fuzzed) sealed(t *testing.T, which byte) []*http.Cookie {
	expires := p.now.Add(time.Minute)
	var cookies []*http.Cookie
	add := func(name, purpose string, note any) {
		value, err := signin.NewSealer(p.ring, purpose).Seal(note)
		if err != nil {
			t.Fatal(err)
		}
		cookies = append(cookies, &http.Cookie{Name: name, Value: value})
	}
	if which&1 != 0 {
		add("__Host-usher-account", "account/session", portal.Session{Identity: luis, Time: p.now, Expires: expires})
	}
	switch which >> 1 & 3 {
	case 1:
		add("__Host-usher-sign-in", "sign-in/proof", map[string]any{"s": "i/" + inviteToken, "w": luis, "e": expires})
	case 2:
		add("__Host-usher-sign-in", "sign-in/attempt", signin.Attempt{Subject: "i/" + inviteToken, State: "state", Expires: expires})
	case 3:
		add("__Host-usher-sign-in", "sign-in/attempt", signin.Attempt{Subject: "account", State: "state", Expires: expires})
	}
	return cookies
}

// changed returns what a request has changed.
func (p *fuzzed) changed() string {
	return fmt.Sprint(p.links.changes, p.questions.submissions, p.questions.confirmed, p.queues.answers, p.passwords.calls, p.accounts.saved != nil,
		p.accounts.everywhere)
}

// fuzzRequest returns a request as the server passes it on.
func fuzzRequest(method, path, query, body, cookie string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
	r.Method, r.URL = method, &url.URL{Path: path, RawQuery: query}
	r.RequestURI = r.URL.RequestURI()
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return r
}

var fuzzMethods = []string{http.MethodGet, http.MethodPost, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions, "get"}

// fuzzPaths are those of every page.
var fuzzPaths = []string{
	"/", "/healthz", "/static/accent-aabbcc.css", "/i/" + inviteToken, "/i/" + inviteToken + "/done", "/i/" + inviteToken + "/sign-in",
	"/i/" + inviteToken + "/kubeconfig", "/c/" + confirmToken, "/c/" + confirmToken + "/done", "/e/" + confirmToken, "/d/" + queueToken,
	"/p/" + passwordToken, "/password", "/password/sent", "/w/acme/support", "/w/acme/support/done", "/q/" + questionToken,
	"/q/" + questionToken + "/done", "/a/" + askerToken, "/account", "/account/sign-in", "/account/sign-out", "/account/o/acme",
	"/account/o/acme/kubeconfig", "/sign-in/callback", "/sign-in/callback/acme", "/i/x.>", "//evil.example/", "/i/../w", "/i/\\evil.example",
}

func newRing(f *testing.F) *linktoken.KeyRing {
	RegisterFailHandler(func(message string, _ ...int) { panic(message) }) // the fakes expect that nothing fails
	keys, err := linktoken.NewKeys(map[string][]byte{"0001": bytes.Repeat([]byte("k"), linktoken.KeySize)})
	if err != nil {
		f.Fatal(err)
	}
	ring := &linktoken.KeyRing{}
	ring.Replace(keys)
	return ring
}

// FuzzPages sends any request to every page. A page is whole, safe and says nothing secret; reading changes nothing; what is stored is
// what the API takes; and links lead somewhere.
func FuzzPages(f *testing.F) {
	ring := newRing(f)
	for n, path := range fuzzPaths {
		f.Add(byte(0), path, "lang=en", "", "", byte(n), uint16(n*67))
		f.Add(byte(1), path, "", acceptForm("displayName", "<b>\"'&").Encode(), "", byte(1), uint16(0))
		f.Add(byte(1), path, "", questionForm("text", "a\r\n<b>").Encode()+"&action=everywhere&email=a%40b.example", "", byte(n), uint16(n))
	}
	f.Fuzz(func(t *testing.T, method byte, path, query, body, cookie string, signedIn byte, world uint16) {
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		p := newFuzzed(ring, world)
		r := fuzzRequest(fuzzMethods[int(method)%len(fuzzMethods)], path, query, body+"&password="+canary, cookie)
		for _, c := range p.sealed(t, signedIn) {
			r.AddCookie(c)
		}
		before := p.changed()
		answer := p.do(r)
		if r.Method != http.MethodPost && p.changed() != before {
			t.Fatalf("%s changed something: %s", r.Method, p.changed())
		}
		checkAnswer(t, p, answer)
		checkStored(t, p)
	})
}

// FuzzTexts shows what organizations, inviters and customers have written on every page: the page has the same elements as with the same
// texts without anything that means something in HTML.
func FuzzTexts(f *testing.F) {
	ring := newRing(f)
	for n := range fuzzPaths {
		f.Add(byte(n), uint16(0), "Acme <script>alert(1)</script>", "Ana\"'><img src=x onerror=alert(1)>", "javascript:alert(1)\r\n</blockquote>&lt;")
		f.Add(byte(n), uint16(n*7), "{{.}} {organization} {who}", strings.Repeat("\u0301\u202e", 70), strings.Repeat("`a\n", 50))
	}
	f.Fuzz(func(t *testing.T, which byte, world uint16, name, person, text string) {
		if !utf8.ValidString(name + person + text) {
			return // neither the API nor a record stores such a text
		}
		path := fuzzPaths[int(which)%len(fuzzPaths)]
		show := func(change func(string) string) *httptest.ResponseRecorder {
			p := newFuzzed(ring, world)
			p.write(change(name), change(person), change(text))
			r := fuzzRequest(http.MethodGet, path, "", "", "")
			for _, c := range p.sealed(t, 1) {
				r.AddCookie(c)
			}
			answer := p.do(r)
			checkAnswer(t, p, answer)
			return answer
		}
		hostile, harmless := show(func(s string) string { return s }), show(withoutMarkup)
		if !isHTML(hostile) {
			return
		}
		if got, want := elements(t, hostile.Body.String()), elements(t, harmless.Body.String()); got != want {
			t.Fatalf("%s has the elements\n%s\nrather than\n%s", path, got, want)
		}
	})
}

// write has an organization, a person and a customer write texts wherever they can.
func (p *fuzzed) write(name, person, text string) {
	for _, link := range []*portal.Link{&p.links.link, p.accounts.account.Link} {
		link.Organization, link.Inviter, link.Message = name, person, text
		link.Workspaces = []portal.Workspace{{
			Title: name, Access: v1alpha1.WorkspaceEdit, Namespace: "acme-x",
			Origins: []v1alpha1.GrantOrigin{{Source: v1alpha1.GrantedByGroup, Group: person}},
		}}
		link.Contact, link.Username = lookup.Contact{Name: person, Email: "ana@acme.example"}, person
		link.Registration.DisplayName, link.Provider.DisplayName = v1alpha1.DisplayName(person), name
		link.Modules = []string{text}
	}
	p.questions.contactPage.Organization, p.questions.contactPage.Title, p.questions.contactPage.Introduction = name, person, text
	p.questions.asked.Subject, p.questions.asked.Name, p.questions.asked.Text = name, person, text
}

func withoutMarkup(text string) string {
	return strings.NewReplacer("<", "x", ">", "x", "&", "x", `"`, "x", "'", "x", "`", "x", "=", "x", "{", "x", "}", "x").Replace(text)
}

func isHTML(answer *httptest.ResponseRecorder) bool {
	return strings.HasPrefix(answer.Header().Get("Content-Type"), "text/html") && answer.Header().Get("Location") == ""
}

// checkAnswer checks what is true of every answer of the portal.
func checkAnswer(t *testing.T, p *fuzzed, answer *httptest.ResponseRecorder) {
	if answer.Code == http.StatusInternalServerError || answer.Code < 200 || answer.Code > 599 {
		t.Fatalf("the portal answers %d", answer.Code)
	}
	header := answer.Header()
	if !strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'none'") || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("the headers %v do not protect", header)
	}
	if to := header.Get("Location"); to != "" && to != providerURL && (to[0] != '/' || len(to) > 1 && strings.ContainsAny(to[1:2], `/\`)) {
		t.Fatalf("the portal leads to %q", to)
	}
	body := answer.Body.String()
	checkSecrets(t, p, body)
	if isHTML(answer) && body != "" {
		checkPage(t, p, body)
	}
}

// checkSecrets checks that no token is in the log, and no password in the log or on a page.
func checkSecrets(t *testing.T, p *fuzzed, body string) {
	for _, secret := range []string{inviteToken, confirmToken, questionToken, askerToken, queueToken, passwordToken, canary} {
		if strings.Contains(p.log.String(), secret) {
			t.Fatalf("the log contains %q: %s", secret, p.log.String())
		}
	}
	if strings.Contains(body, canary) {
		t.Fatal("a page repeats a password")
	}
}

// checkStored checks what people have entered against what the API takes.
func checkStored(t *testing.T, p *fuzzed) {
	entered := []v1alpha1.Registration{p.links.registration}
	if p.accounts.saved != nil {
		entered = append(entered, *p.accounts.saved)
	}
	for _, r := range entered {
		if r != (v1alpha1.Registration{}) {
			if err := registrationFault(r); err != nil {
				t.Fatalf("%+v was stored: %v", r, err)
			}
		}
	}
	for _, s := range p.questions.submissions {
		if err := submissionFault(s); err != nil {
			t.Fatalf("%+v was taken: %v", s, err)
		}
	}
}
