// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/http"

	"github.com/go-logr/logr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/signin"
)

// maxToken is far above the length of any token. Longer ones are not verified.
const maxToken = 256

// handler serves the pages.
type handler struct {
	links Links
	log   logr.Logger
	// visits are those of people who sign in; nil: nobody does.
	visits *visits
	// accounts are people's own pages; nil: there are none.
	accounts Accounts
	// passwords are the parts of pages that concern passwords; nil: there are none.
	passwords *passwordPages
}

// New returns the portal as a handler, with everything that protects it: response headers, limits, refusal of forms from other
// sites. An invalid Options.URL counts as none; NewServer refuses it.
func New(links Links, opts Options) http.Handler {
	h := &handler{
		links: links, log: opts.Log, visits: newVisits(opts), accounts: opts.Accounts, passwords: newPasswordPages(opts),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.notice(screenHome))
	mux.HandleFunc("GET /healthz", healthz)
	mux.Handle("GET "+style.path, style)
	mux.Handle("GET "+icon.path, icon)
	mux.Handle("GET "+reveal.path, reveal)
	mux.HandleFunc("GET /static/{file}", h.serveAccent)
	mux.HandleFunc("GET /i/{token}", h.open(linktoken.PurposeInvite))
	mux.HandleFunc("POST /i/{token}", h.answer)
	mux.HandleFunc("GET /i/{token}/done", h.done(linktoken.PurposeInvite))
	mux.HandleFunc("GET /c/{token}", h.open(linktoken.PurposeConfirm))
	mux.HandleFunc("POST /c/{token}", h.confirm)
	mux.HandleFunc("GET /c/{token}/done", h.done(linktoken.PurposeConfirm))
	mux.HandleFunc("GET /i/{token}"+kubeconfigPath, h.kubeconfig(linktoken.PurposeInvite))
	mux.HandleFunc("GET /c/{token}"+kubeconfigPath, h.kubeconfig(linktoken.PurposeConfirm))
	for _, path := range []string{"/i/{token}", "/c/{token}"} {
		mux.HandleFunc(path, h.refuseMethod("GET, HEAD, POST"))
		mux.HandleFunc(path+"/done", h.refuseMethod("GET, HEAD"))
		mux.HandleFunc(path+kubeconfigPath, h.refuseMethod("GET, HEAD"))
	}
	h.addSignInPages(mux)
	h.addAccountPages(mux)
	h.addAddressPages(mux)
	h.addPasswordPages(mux)
	h.addQuestionPages(mux, opts)
	h.addQueuePages(mux, opts)
	mux.HandleFunc("/", h.notice(screenUnknown))
	site := siteURL(opts.URL)
	return besideDirectories(h.guard(tidyLinks(mux), opts), opts.Directories, site != nil && site.Scheme == "https")
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// notice returns a handler that shows a page that needs no link.
func (h *handler) notice(s screen) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { h.show(w, r, s, nil) }
}

// refuseMethod returns a handler for the methods that a path does not have.
func (h *handler) refuseMethod(allowed string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allowed)
		h.show(w, r, screenMethod, nil)
	}
}

// open shows what a link leads to. It changes nothing, so mail scanners and previews do no harm (NOV-9).
func (h *handler) open(purpose Purpose) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		link, err := h.find(r, purpose)
		h.show(w, r, screenForLink(purpose, link, err), link)
	}
}

// done shows the result of a step. If the step is still to be done, it redirects back to it.
func (h *handler) done(purpose Purpose) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		link, err := h.find(r, purpose)
		s := screenAfterStep(purpose, link, err)
		if s == screenInvite || s == screenConfirm {
			p := newPage(r, s.name, link)
			redirect(w, r, p.Path+p.Query())
			return
		}
		h.show(w, r, s, link)
	}
}

// find returns the link of a request. It does not look up what cannot be a token.
func (h *handler) find(r *http.Request, purpose Purpose) (*Link, error) {
	token := r.PathValue("token")
	if len(token) > maxToken {
		return nil, ErrUnknown
	}
	link, err := h.links.Open(r.Context(), purpose, token)
	if err == nil {
		err = h.passwords.describe(r.Context(), link)
	}
	h.logError(r, err)
	return link, err
}

// answer handles the invitation's form: accept or decline.
func (h *handler) answer(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	link, err := h.find(r, linktoken.PurposeInvite)
	s := screenForLink(linktoken.PurposeInvite, link, err)
	if r.PostForm.Get("action") == "reconsider" && (s == screenDeclined || s == screenInvite) {
		h.reconsider(w, r)
		return
	}
	if r.PostForm.Get("action") == "complete" && s == screenCheckMail {
		h.complete(w, r, link)
		return
	}
	if s != screenInvite {
		// A form that is sent twice leads to the same page as the first time.
		h.finish(w, r, s, link, "")
		return
	}
	switch r.PostForm.Get("action") {
	case "accept":
		h.accept(w, r, link)
	case "decline":
		h.forgetProof(w)
		declined, err := h.links.Decline(r.Context(), r.PathValue("token"))
		h.logError(r, err)
		h.finish(w, r, screenAfterStep(linktoken.PurposeInvite, declined, err), link, "")
	default:
		h.show(w, r, screenBad, link)
	}
}

// reconsider takes a decline back. Sent twice, it leads to the invitation both times.
func (h *handler) reconsider(w http.ResponseWriter, r *http.Request) {
	link, err := h.links.Reconsider(r.Context(), r.PathValue("token"))
	h.logError(r, err)
	h.finish(w, r, screenForLink(linktoken.PurposeInvite, link, err), link, "")
}

// accept registers the person, unless the form has errors.
func (h *handler) accept(w http.ResponseWriter, r *http.Request, link *Link) {
	if link.NameGiven {
		r.PostForm.Set("displayName", string(link.Registration.DisplayName))
	}
	f := readForm(r.PostForm)
	who := h.proofFor(r, link)
	var password string
	if who == nil && link.NeedsPassword && !link.NeedsConfirmation {
		password = h.passwords.read(r, link, &f)
	}
	if len(f.Errors) > 0 {
		h.showForm(w, r, screenInvite, link, f)
		return
	}
	registered, err := h.passwords.along(r.Context(), link, password, func() (*Link, error) {
		return h.register(w, r, who, f.registration())
	})
	h.logError(r, err)
	h.finish(w, r, screenAfterStep(linktoken.PurposeInvite, registered, err), link, f.Language)
}

// complete ends the wait for the second mail of a person who has signed in meanwhile. What they entered before stays.
func (h *handler) complete(w http.ResponseWriter, r *http.Request, link *Link) {
	who := h.proofFor(r, link)
	if who == nil {
		h.finish(w, r, screenCheckMail, link, "")
		return
	}
	completed, err := h.register(w, r, who, link.Registration)
	h.logError(r, err)
	h.finish(w, r, screenAfterStep(linktoken.PurposeInvite, completed, err), link, "")
}

// register accepts the invitation: at once for a person who has signed in, and else subject to the second mail. A sign-in is good for one
// acceptance.
func (h *handler) register(w http.ResponseWriter, r *http.Request, who *signin.Identity, entered v1alpha1.Registration) (*Link, error) {
	if who == nil {
		return h.links.Register(r.Context(), r.PathValue("token"), entered)
	}
	h.forgetProof(w)
	return h.links.AcceptSignedIn(r.Context(), r.PathValue("token"), *who, entered)
}

// confirm handles the button of the confirmation page.
func (h *handler) confirm(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	link, err := h.find(r, linktoken.PurposeConfirm)
	s := screenForLink(linktoken.PurposeConfirm, link, err)
	if s == screenConfirm {
		var f form
		var password string
		if link.NeedsPassword {
			if password = h.passwords.read(r, link, &f); len(f.Errors) > 0 {
				h.showForm(w, r, screenConfirm, link, f)
				return
			}
		}
		var confirmed *Link
		confirmed, err = h.passwords.along(r.Context(), link, password, func() (*Link, error) {
			return h.links.Confirm(r.Context(), r.PathValue("token"))
		})
		h.logError(r, err)
		s = screenAfterStep(linktoken.PurposeConfirm, confirmed, err)
	}
	h.finish(w, r, s, link, "")
}

// finish redirects to the result of a step that is done, so that going back or reloading sends nothing again. Other pages, such
// as errors, it shows at once.
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
