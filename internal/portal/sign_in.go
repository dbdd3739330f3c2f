// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/usher-operator/usher/internal/signin"
)

// SignIn leads people to an OpenID provider and takes them back. A *signin.Client is one.
type SignIn interface {
	// Begin returns where to send a person to sign in, and what to remember until they come back.
	Begin(ctx context.Context, p signin.Provider, r signin.Request) (string, signin.Attempt, error)
	// Finish takes the provider's answer and returns who has signed in.
	Finish(ctx context.Context, p signin.Provider, a signin.Attempt, organization string, answer url.Values) (signin.Identity, error)
}

// CallbackPath is where people come back from the platform's provider. An organization's has a path of its own below it.
const CallbackPath = "/sign-in/callback"

// proofAge is how long a person who has signed in may take to accept.
const proofAge = 30 * time.Minute

// proof is what the browser of a person who has signed in keeps until they accept. It is good for one link.
type proof struct {
	Subject  string          `json:"s"`
	Identity signin.Identity `json:"w"`
	Expires  time.Time       `json:"e"`
}

// visits keeps in browsers what a sign-in needs, in one cookie: first the attempt, then the proof, then nothing.
type visits struct {
	client         SignIn
	attempt, proof signin.Sealer
	// session encrypts the sessions of people on their own pages.
	session signin.Sealer
	now     func() time.Time
	// secure is true if people reach the portal by https.
	secure bool
}

func newVisits(opts Options) *visits {
	if opts.SignIn == nil {
		return nil
	}
	site := siteURL(opts.URL)
	v := &visits{
		client: opts.SignIn, attempt: signin.NewSealer(opts.Keys, "sign-in/attempt"), proof: signin.NewSealer(opts.Keys, "sign-in/proof"),
		session: signin.NewSealer(opts.Keys, "account/session"), now: opts.Now, secure: site != nil && site.Scheme == "https",
	}
	if v.now == nil {
		v.now = time.Now
	}
	return v
}

// cookieName returns the name of the cookie. The prefix has browsers see to it that no other host and no plain page has set it.
func (v *visits) cookieName() string {
	if v.secure {
		return "__Host-usher-sign-in"
	}
	return "usher-sign-in"
}

// keep leaves a note in the browser. Lax: the browser sends it when the person comes back from the provider.
func (v *visits) keep(w http.ResponseWriter, s signin.Sealer, note any, age time.Duration) error {
	sealed, err := s.Seal(note)
	if err == nil {
		v.set(w, sealed, int(age.Seconds()))
	}
	return err
}

// forget removes the note.
func (v *visits) forget(w http.ResponseWriter) { v.set(w, "", -1) }

func (v *visits) set(w http.ResponseWriter, value string, age int) {
	v.setCookie(w, v.cookieName(), value, age)
}

func (v *visits) setCookie(w http.ResponseWriter, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: without TLS, as in development, browsers keep no secure cookie
		Name: name, Value: value, Path: "/", MaxAge: age, Secure: v.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// forgetProof ends what a sign-in was for.
func (h *handler) forgetProof(w http.ResponseWriter) {
	if h.visits != nil {
		h.visits.forget(w)
	}
}

// note reads the note, and reports whether there is one of the kind.
func (v *visits) note(r *http.Request, s signin.Sealer, note any) bool {
	cookie, err := r.Cookie(v.cookieName())
	return err == nil && s.Open(cookie.Value, note) == nil
}

// inviteSubject is what a person signs in for who accepts an invitation: the link, which they had before.
func inviteSubject(token string) string { return "i/" + token }

// proofFor returns who has signed in to accept the invitation of a link; nil: nobody. One with another address than the invited one, or
// with another provider than the one that is asked now, proves nothing.
func (h *handler) proofFor(r *http.Request, link *Link) *signin.Identity {
	var p proof
	if h.visits == nil || link == nil || !h.visits.note(r, h.visits.proof, &p) {
		return nil
	}
	if p.Subject != inviteSubject(r.PathValue("token")) || !h.visits.now().Before(p.Expires) ||
		!link.Provider.IsOf(p.Identity) || !p.Identity.Has(link.Email) {
		return nil
	}
	return &p.Identity
}
