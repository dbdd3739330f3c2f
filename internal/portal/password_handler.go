// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/locale"
)

var (
	screenPassword      = screen{"password", "password", http.StatusOK}
	screenPasswordSet   = screen{"passwordSet", "notice", http.StatusOK}
	screenPasswordGone  = screen{"passwordGone", "notice", http.StatusGone}
	screenPasswordLater = screen{"passwordLater", "notice", http.StatusServiceUnavailable}
	screenForgot        = screen{"forgot", "forgot", http.StatusOK}
	screenPasswordSent  = screen{"passwordSent", "notice", http.StatusOK}
)

// Passwords hands people's passwords to the identity provider, as hashes, and keeps none.
type Passwords interface {
	// Describe sets what a page of an invitation says about the person's password. It changes nothing.
	Describe(ctx context.Context, link *Link) error
	// Along sets the password of the person whose registration a step completes. The password opens nothing before the step is done, and
	// the step is done whether or not the provider answers.
	Along(ctx context.Context, link *Link, hash identity.Hash, step func() (*Link, error)) (*Link, error)
	// OpenPassword returns the account whose password a token sets. The state of the Link is Registered while the token can be used, and
	// Active once it was. It changes nothing.
	OpenPassword(ctx context.Context, token string) (*Link, error)
	// SetPassword sets the password, and ends all sessions of the account. The error is ErrLater if the provider does not answer.
	SetPassword(ctx context.Context, token string, hash identity.Hash) (*Link, error)
	// Request has a link mailed to an address, if it has an account.
	Request(ctx context.Context, email string) error
}

// ErrLater is returned for a password that the identity provider did not take. The person gets another link.
var ErrLater = errors.New("the identity provider did not take the password")

const (
	// requestTimeout bounds the work on a request for a link, which goes on after the answer.
	requestTimeout = 30 * time.Second
	// maxRequests is how many are worked on at the same time. More are dropped: people ask again.
	maxRequests = 16
)

// passwordPages are the parts of pages that concern passwords; without Passwords, there are none.
type passwordPages struct {
	Passwords

	policy  *identity.Policy
	within  func(*http.Request) bool
	working chan struct{}
}

func newPasswordPages(opts Options) *passwordPages {
	if opts.Passwords == nil {
		return nil
	}
	return &passwordPages{
		Passwords: opts.Passwords, policy: opts.PasswordPolicy, within: newQuestionLimit(opts), working: make(chan struct{}, maxRequests),
	}
}

// describe describes the password of a link's person.
func (p *passwordPages) describe(ctx context.Context, link *Link) error {
	if p == nil {
		return nil
	}
	link.PasswordLength = p.policy.MinLength()
	return p.Describe(ctx, link)
}

// read takes the password out of a request, and adds what is wrong with it to the form.
func (p *passwordPages) read(r *http.Request, link *Link, f *form) string {
	password := r.PostForm.Get("password")
	r.PostForm.Del("password")
	r.Form.Del("password")
	problem := p.policy.Check(r.Context(), password, link.Email, link.Organization, f.DisplayName, string(link.Registration.DisplayName))
	if problem != "" {
		f.Errors = append(f.Errors, fieldError{Field: "password", Key: "error.password." + string(problem)})
	}
	return password
}

// along does a step, and sets a password with it if there is one.
func (p *passwordPages) along(ctx context.Context, link *Link, password string, step func() (*Link, error)) (*Link, error) {
	if p == nil || password == "" {
		return step()
	}
	hash, err := p.policy.Hash(ctx, password)
	if err != nil {
		return nil, err
	}
	return p.Along(ctx, link, hash, step)
}

// addPasswordPages adds the page on which people choose a password by a mailed link, and the one on which they ask for it.
func (h *handler) addPasswordPages(mux *http.ServeMux) {
	if h.passwords == nil {
		return
	}
	mux.HandleFunc("GET /p/{token}", h.openPassword)
	mux.HandleFunc("POST /p/{token}", h.setPassword)
	mux.HandleFunc("/p/{token}", h.refuseMethod("GET, HEAD, POST"))
	mux.HandleFunc("GET /password", h.notice(screenForgot))
	mux.HandleFunc("POST /password", h.requestPassword)
	mux.HandleFunc("/password", h.refuseMethod("GET, HEAD, POST"))
	mux.HandleFunc("GET /password/sent", h.notice(screenPasswordSent))
}

func (h *handler) openPassword(w http.ResponseWriter, r *http.Request) {
	link, err := h.findPassword(r)
	h.show(w, r, screenForPassword(link, err), link)
}

func (h *handler) findPassword(r *http.Request) (*Link, error) {
	link, err := h.passwords.OpenPassword(r.Context(), addressToken(r))
	h.logError(r, err)
	if link != nil {
		link.PasswordLength = h.passwords.policy.MinLength()
	}
	return link, err
}

func (h *handler) setPassword(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	link, err := h.findPassword(r)
	if s := screenForPassword(link, err); s != screenPassword {
		h.show(w, r, s, link)
		return
	}
	var f form
	password := h.passwords.read(r, link, &f)
	if len(f.Errors) > 0 {
		h.showForm(w, r, screenPassword, link, f)
		return
	}
	hash, err := h.passwords.policy.Hash(r.Context(), password)
	if err == nil {
		link, err = h.passwords.SetPassword(r.Context(), addressToken(r), hash)
	}
	h.logError(r, err)
	s := screenForPassword(link, err)
	if s != screenPasswordSet {
		h.show(w, r, s, link)
		return
	}
	p := newPage(r, s.name, link)
	redirect(w, r, p.Path+p.Query()) // so that going back or reloading sends nothing again
}

// requestPassword has a link mailed. The answer is the same, and comes as soon, whether or not the address has an account.
func (h *handler) requestPassword(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	f := form{Email: locale.OneLine(r.PostForm.Get("email"))}
	switch {
	case f.Email == "":
		f.Errors = []fieldError{{Field: "email", Key: "error.email.missing"}}
	case !emailaddr.Valid(f.Email):
		f.Errors = []fieldError{{Field: "email", Key: "error.email.form"}}
	case !h.passwords.within(r):
		h.show(w, r, screenBusy, nil)
		return
	}
	if len(f.Errors) > 0 {
		h.showForm(w, r, screenForgot, nil, f)
		return
	}
	select {
	case h.passwords.working <- struct{}{}:
		go h.request(f.Email)
	default:
	}
	redirect(w, r, "/password/sent"+newPage(r, screenPasswordSent.name, nil).Query())
}

func (h *handler) request(email string) {
	defer func() { <-h.passwords.working }()
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := h.passwords.Request(ctx, email); err != nil {
		h.log.Error(err, "cannot have a link mailed to choose a password")
	}
}

func screenForPassword(link *Link, err error) screen {
	switch {
	case errors.Is(err, ErrUnknown):
		return screenUnknown
	case errors.Is(err, ErrPaused):
		return screenPaused
	case errors.Is(err, ErrExpired), errors.Is(err, ErrRevoked), errors.Is(err, ErrUsed):
		return screenPasswordGone
	case errors.Is(err, ErrLater):
		return screenPasswordLater
	case err != nil || link == nil:
		return screenTrouble
	case link.State == v1alpha1.RecipientRegistered:
		return screenPassword
	default:
		return screenPasswordSet
	}
}
