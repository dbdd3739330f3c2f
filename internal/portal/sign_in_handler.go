// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/signin"
)

var (
	screenSignInDown       = screen{"signInDown", "notice", http.StatusServiceUnavailable}
	screenSignInStale      = screen{"signInStale", "notice", http.StatusBadRequest}
	screenSignInDenied     = screen{"signInDenied", "notice", http.StatusOK}
	screenSignInRefused    = screen{"signInRefused", "notice", http.StatusForbidden}
	screenSignInUnverified = screen{"signInUnverified", "notice", http.StatusForbidden}
	screenSignInOther      = screen{"signInOther", "notice", http.StatusForbidden}
)

// addSignInPages adds the way to the provider and back. Neither changes anything but a cookie: what comes of it is up to a form.
func (h *handler) addSignInPages(mux *http.ServeMux) {
	if h.visits == nil {
		return
	}
	mux.HandleFunc("GET /i/{token}/sign-in", h.beginInvitation)
	mux.HandleFunc("/i/{token}/sign-in", h.refuseMethod("GET, HEAD"))
	mux.HandleFunc("GET "+CallbackPath, h.signedIn)
	mux.HandleFunc("GET "+CallbackPath+"/{organization}", h.signedIn)
}

// beginInvitation leads an invited person to the provider. It is a link and not a form: the policy of the page would have browsers stop a
// form on the provider's own detours. A page of somebody else cannot send people on this way: it leads them to the invitation.
func (h *handler) beginInvitation(w http.ResponseWriter, r *http.Request) {
	link, err := h.find(r, linktoken.PurposeInvite)
	s := screenForLink(linktoken.PurposeInvite, link, err)
	p := newPage(r, s.name, link)
	if !offersSignIn(s) || link.Provider.IssuerURL == "" || r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		h.toInvitation(w, r, p, s, link)
		return
	}
	where, attempt, err := h.visits.client.Begin(r.Context(), link.Provider, signin.Request{
		Subject: inviteSubject(r.PathValue("token")), Hint: link.Email, Again: r.URL.Query().Has("again"), Language: p.chosen,
	})
	if err == nil {
		err = h.visits.keep(w, h.visits.attempt, attempt, signin.AttemptAge)
	}
	if err != nil {
		h.showSignIn(w, r, screenForSignIn(err), link, p.Path, err)
		return
	}
	http.Redirect(w, r, where, http.StatusSeeOther)
}

// toInvitation leads back to the invitation, or says why it cannot be used.
func (h *handler) toInvitation(w http.ResponseWriter, r *http.Request, p *page, s screen, link *Link) {
	if offersSignIn(s) {
		redirect(w, r, p.Path+p.Query())
		return
	}
	h.show(w, r, s, link)
}

// offersSignIn reports whether a page of an invitation leads to the provider: the form, and the one on which people wait for the second
// mail.
func offersSignIn(s screen) bool { return s == screenInvite || s == screenCheckMail }

// signedIn takes the provider's answer. An answer that this browser does not wait for is refused before anybody is asked about it, so that
// nobody can sign others in as themselves. The note is gone after the first answer, whatever it is.
func (h *handler) signedIn(w http.ResponseWriter, r *http.Request) {
	var a signin.Attempt
	waiting := h.visits.note(r, h.visits.attempt, &a)
	h.visits.forget(w)
	if waiting && a.Subject == accountSubject && h.accounts != nil {
		h.admit(w, r, a)
		return
	}
	token, is := strings.CutPrefix(a.Subject, inviteSubject(""))
	if !waiting || !is {
		h.showSignIn(w, r, screenSignInStale, nil, "", nil)
		return
	}
	r.SetPathValue("token", token)
	path := "/i/" + url.PathEscape(token)
	link, err := h.find(r, linktoken.PurposeInvite)
	if s := screenForLink(linktoken.PurposeInvite, link, err); !offersSignIn(s) {
		h.show(w, r, s, link)
		return
	}
	who, err := h.visits.client.Finish(r.Context(), link.Provider, a, r.PathValue("organization"), r.URL.Query())
	if err == nil && !who.Has(link.Email) {
		err = ErrOtherAddress
	}
	if err == nil {
		kept := proof{Subject: a.Subject, Identity: who, Expires: h.visits.now().Add(proofAge)}
		err = h.visits.keep(w, h.visits.proof, kept, proofAge)
	}
	if err != nil {
		link.SignedIn = who.Email
		h.showSignIn(w, r, screenForSignIn(err), link, path, err)
		return
	}
	if chosen := languages.Named(a.Language); chosen != nil {
		path += "?lang=" + chosen.Tag()
	}
	redirect(w, r, path)
}

// showSignIn shows why nobody has signed in, with the way back to the invitation.
func (h *handler) showSignIn(w http.ResponseWriter, r *http.Request, s screen, link *Link, path string, err error) {
	if errors.Is(err, signin.ErrUnavailable) || errors.Is(err, signin.ErrForbidden) || errors.Is(err, signin.ErrToken) ||
		errors.Is(err, signin.ErrUnverified) {
		h.logError(r, err)
	}
	p := newPage(r, s.name, link)
	p.Path = path
	if s == screenSignInDown {
		w.Header().Set("Retry-After", "60")
	}
	h.logError(r, p.write(w, s, s.status))
}

// screenForSignIn returns the page for why nobody has signed in.
func screenForSignIn(err error) screen {
	switch {
	case errors.Is(err, signin.ErrStale):
		return screenSignInStale
	case errors.Is(err, signin.ErrDenied):
		return screenSignInDenied
	case errors.Is(err, signin.ErrUnverified):
		return screenSignInUnverified
	case errors.Is(err, ErrOtherAddress), errors.Is(err, signin.ErrDomain):
		return screenSignInOther
	case errors.Is(err, signin.ErrToken):
		return screenSignInRefused
	default:
		return screenSignInDown
	}
}
