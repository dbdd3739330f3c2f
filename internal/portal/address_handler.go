// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"net/http"

	"github.com/usher-operator/usher/api/v1alpha1"
)

var (
	screenAddress          = screen{"address", "address", http.StatusOK}
	screenAddressConfirmed = screen{"addressConfirmed", "notice", http.StatusOK}
	screenAddressGone      = screen{"addressGone", "notice", http.StatusGone}
)

// addAddressPages adds the page on which people confirm the new address of their account. Reading it changes nothing.
func (h *handler) addAddressPages(mux *http.ServeMux) {
	mux.HandleFunc("GET /e/{token}", h.openAddress)
	mux.HandleFunc("POST /e/{token}", h.confirmAddress)
	mux.HandleFunc("/e/{token}", h.refuseMethod("GET, HEAD, POST"))
}

func (h *handler) openAddress(w http.ResponseWriter, r *http.Request) {
	link, err := h.links.OpenAddress(r.Context(), addressToken(r))
	h.logError(r, err)
	h.show(w, r, screenForAddress(link, err), link)
}

func (h *handler) confirmAddress(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	link, err := h.links.ConfirmAddress(r.Context(), addressToken(r))
	h.logError(r, err)
	s := screenForAddress(link, err)
	if s != screenAddressConfirmed {
		h.show(w, r, s, link)
		return
	}
	p := newPage(r, s.name, link)
	redirect(w, r, p.Path+p.Query()) // so that going back or reloading sends nothing again
}

// addressToken returns the token of a request, or none if it is too long to be one.
func addressToken(r *http.Request) string {
	if token := r.PathValue("token"); len(token) <= maxToken {
		return token
	}
	return ""
}

func screenForAddress(link *Link, err error) screen {
	switch {
	case errors.Is(err, ErrUnknown):
		return screenUnknown
	case errors.Is(err, ErrExpired), errors.Is(err, ErrRevoked):
		return screenAddressGone
	case err != nil || link == nil:
		return screenTrouble
	case link.State == v1alpha1.RecipientRegistered:
		return screenAddress
	default:
		return screenAddressConfirmed
	}
}
