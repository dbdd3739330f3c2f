// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"net/http"
	"strings"
)

// redirect redirects to another page of the same link or the same workspace.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // G710: begins with a path of the portal and escaped names
}

// parseForm reads the form of a request. It answers the request if the form cannot be read.
func (h *handler) parseForm(w http.ResponseWriter, r *http.Request) bool {
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

// showForm shows a page again whose form has errors.
func (h *handler) showForm(w http.ResponseWriter, r *http.Request, s screen, link *Link, f form) {
	p := newPage(r, s.name, link)
	p.Form = f
	if s == screenInvite {
		p.prove(h.proofFor(r, link))
	}
	h.logError(r, p.write(w, s, http.StatusUnprocessableEntity))
}

func (h *handler) show(w http.ResponseWriter, r *http.Request, s screen, link *Link) {
	p := newPage(r, s.name, link)
	if s == screenInvite {
		p.Form = prefilled(link, p.locale.Tag())
		p.prove(h.proofFor(r, link))
	}
	if s == screenCheckMail {
		p.prove(h.proofFor(r, link))
	}
	switch s {
	case screenBusy, screenTrouble:
		w.Header().Set("Retry-After", "60")
	case screenPaused:
		w.Header().Set("Retry-After", "3600")
	}
	h.logError(r, p.write(w, s, s.status))
}

// logError logs an error that somebody has to look into. Links that cannot be used are normal and are not logged. If the text of
// an error contains the token after all, the token is removed.
func (h *handler) logError(r *http.Request, err error) {
	if err == nil || errors.Is(err, r.Context().Err()) {
		return
	}
	for _, usual := range []error{ErrUnknown, ErrExpired, ErrUsed, ErrRevoked, ErrReplaced, ErrDeclined, ErrPaused, ErrOtherAddress} {
		if errors.Is(err, usual) {
			return
		}
	}
	text := err.Error()
	if token := r.PathValue("token"); token != "" {
		text = strings.ReplaceAll(text, token, "[token]")
	}
	h.log.Error(errors.New(text), "cannot serve a page", "route", r.Pattern)
}
