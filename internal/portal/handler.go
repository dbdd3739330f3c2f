// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-logr/logr"

	"github.com/usher-operator/usher/internal/linktoken"
)

// maxToken is far above the length of any token; longer ones are not looked at.
const maxToken = 256

// handler shows the pages.
type handler struct {
	links Links
	log   logr.Logger
}

// New is the portal as a handler, with everything that protects it: response headers, limits, refusal of forms from
// other sites. An Options.URL that is no URL counts as none; NewServer refuses it.
func New(links Links, opts Options) http.Handler {
	h := &handler{links: links, log: opts.Log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.notice(screenHome))
	mux.HandleFunc("GET /healthz", healthz)
	mux.Handle("GET "+style.path, style)
	mux.Handle("GET "+icon.path, icon)
	mux.HandleFunc("GET /i/{token}", h.open(linktoken.PurposeInvite))
	mux.HandleFunc("POST /i/{token}", h.answer)
	mux.HandleFunc("GET /i/{token}/done", h.done(linktoken.PurposeInvite))
	mux.HandleFunc("GET /c/{token}", h.open(linktoken.PurposeConfirm))
	mux.HandleFunc("POST /c/{token}", h.confirm)
	mux.HandleFunc("GET /c/{token}/done", h.done(linktoken.PurposeConfirm))
	for _, path := range []string{"/i/{token}", "/c/{token}"} {
		mux.HandleFunc(path, h.refuseMethod("GET, HEAD, POST"))
		mux.HandleFunc(path+"/done", h.refuseMethod("GET, HEAD"))
	}
	h.addCounters(mux, opts)
	mux.HandleFunc("/", h.notice(screenUnknown))
	return h.guard(mux, opts)
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

func (h *handler) notice(s screen) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { h.show(w, r, s, nil) }
}

// refuseMethod answers a request with another method than those that a path has.
func (h *handler) refuseMethod(allowed string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allowed)
		h.show(w, r, screenMethod, nil)
	}
}

// open shows where a link leads. It changes nothing, so mail scanners and previews do no harm (NOV-9).
func (h *handler) open(purpose Purpose) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		link, err := h.find(r, purpose)
		h.show(w, r, outcome(purpose, link, err), link)
	}
}

// done is where a form leads to; a step that is still to be done leads back.
func (h *handler) done(purpose Purpose) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		link, err := h.find(r, purpose)
		s := done(purpose, link, err)
		if s == screenInvite || s == screenConfirm {
			p := newPage(r, s.name, link)
			redirect(w, r, p.Path+p.Query())
			return
		}
		h.show(w, r, s, link)
	}
}

// find asks for a link, but for none that cannot be one.
func (h *handler) find(r *http.Request, purpose Purpose) (*Link, error) {
	token := r.PathValue("token")
	if len(token) > maxToken {
		return nil, ErrUnknown
	}
	link, err := h.links.Open(r.Context(), purpose, token)
	h.note(r, err)
	return link, err
}

// answer takes the invitation's form: accept or decline.
func (h *handler) answer(w http.ResponseWriter, r *http.Request) {
	if !h.parse(w, r) {
		return
	}
	link, err := h.find(r, linktoken.PurposeInvite)
	if s := outcome(linktoken.PurposeInvite, link, err); s != screenInvite {
		// A form sent twice ends where the first one did.
		h.finish(w, r, s, link, "")
		return
	}
	switch r.PostForm.Get("action") {
	case "accept":
		h.accept(w, r, link)
	case "decline":
		declined, err := h.links.Decline(r.Context(), r.PathValue("token"))
		h.note(r, err)
		h.finish(w, r, done(linktoken.PurposeInvite, declined, err), link, "")
	default:
		h.show(w, r, screenBad, link)
	}
}

func (h *handler) accept(w http.ResponseWriter, r *http.Request, link *Link) {
	if link.NameGiven {
		r.PostForm.Set("displayName", string(link.Registration.DisplayName))
	}
	f := readForm(r.PostForm)
	if len(f.Errors) > 0 {
		p := newPage(r, screenInvite.name, link)
		p.Form = f
		h.note(r, p.write(w, screenInvite, http.StatusUnprocessableEntity))
		return
	}
	registered, err := h.links.Register(r.Context(), r.PathValue("token"), f.registration())
	h.note(r, err)
	h.finish(w, r, done(linktoken.PurposeInvite, registered, err), link, f.Language)
}

// confirm takes the confirmation page's button.
func (h *handler) confirm(w http.ResponseWriter, r *http.Request) {
	if !h.parse(w, r) {
		return
	}
	link, err := h.find(r, linktoken.PurposeConfirm)
	s := outcome(linktoken.PurposeConfirm, link, err)
	if s == screenConfirm {
		var confirmed *Link
		confirmed, err = h.links.Confirm(r.Context(), r.PathValue("token"))
		h.note(r, err)
		s = done(linktoken.PurposeConfirm, confirmed, err)
	}
	h.finish(w, r, s, link, "")
}

// finish redirects after a step that is done, so that going back or reloading sends nothing again, and shows the other
// pages where they are.
func (h *handler) finish(w http.ResponseWriter, r *http.Request, s screen, link *Link, language string) {
	switch s {
	case screenWelcome, screenCheckMail, screenDeclined, screenInvite, screenConfirm:
	case screenUsed:
		if link == nil {
			h.show(w, r, s, link)
			return
		}
	default:
		h.show(w, r, s, link)
		return
	}
	p := newPage(r, s.name, link)
	if language != "" {
		p.chosen = language
	}
	redirect(w, r, p.Path+"/done"+p.Query())
}

// redirect leads to another page of this link, or of this workspace.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // G710: begins with a path of the portal and escaped names
}

// parse reads the form and answers when it cannot be read.
func (h *handler) parse(w http.ResponseWriter, r *http.Request) bool {
	err := r.ParseForm()
	if err == nil {
		return true
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		h.show(w, r, screenTooLarge, nil)
	} else {
		h.show(w, r, screenBad, nil)
	}
	return false
}

func (h *handler) show(w http.ResponseWriter, r *http.Request, s screen, link *Link) {
	p := newPage(r, s.name, link)
	if s == screenInvite {
		p.Form = prefilled(link, p.locale.Tag())
	}
	if s == screenBusy || s == screenTrouble {
		w.Header().Set("Retry-After", "60")
	}
	h.note(r, p.write(w, s, s.status))
}

// note logs an error that somebody must look at; links that lead nowhere are everyday life. Should an error hold the
// token after all, the log does not.
func (h *handler) note(r *http.Request, err error) {
	if err == nil || errors.Is(err, r.Context().Err()) {
		return
	}
	for _, usual := range []error{ErrUnknown, ErrExpired, ErrUsed, ErrRevoked, ErrDeclined} {
		if errors.Is(err, usual) {
			return
		}
	}
	text := err.Error()
	if token := r.PathValue("token"); token != "" {
		text = strings.ReplaceAll(text, token, "[token]")
	}
	h.log.Error(errors.New(text), "A page could not be served", "route", r.Pattern)
}
