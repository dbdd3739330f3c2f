// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/usher-operator/usher/internal/locale"
	"github.com/usher-operator/usher/internal/signin"
	"github.com/usher-operator/usher/internal/signin/providers"
)

var (
	screenAccount       = screen{"account", "account", http.StatusOK}
	screenAccounts      = screen{"accounts", "accounts", http.StatusOK}
	screenAccountSignIn = screen{"accountSignIn", "accountSignIn", http.StatusOK}
	screenAccountNone   = screen{"accountNone", "notice", http.StatusForbidden}
)

const (
	accountPath      = providers.AccountPath
	organizationPath = accountPath + "/o/"
	leavePath        = "/leave"
)

// addAccountPages adds people's own pages.
func (h *handler) addAccountPages(mux *http.ServeMux) {
	if h.visits == nil || h.accounts == nil {
		return
	}
	mux.HandleFunc("GET "+accountPath, h.chooseAccount)
	mux.HandleFunc("GET "+accountPath+"/sign-in", h.beginAccount)
	mux.HandleFunc("POST "+accountPath+"/sign-out", h.signOut)
	mux.HandleFunc("GET "+organizationPath+"{organization}", h.openAccount)
	mux.HandleFunc("POST "+organizationPath+"{organization}", h.saveAccount)
	mux.HandleFunc("GET "+organizationPath+"{organization}"+kubeconfigPath, h.ownKubeconfig)
	mux.HandleFunc("POST "+organizationPath+"{organization}"+leavePath, h.requestLeave)
	mux.HandleFunc(accountPath, h.refuseMethod("GET, HEAD"))
	mux.HandleFunc(accountPath+"/sign-in", h.refuseMethod("GET, HEAD"))
	mux.HandleFunc(accountPath+"/sign-out", h.refuseMethod("POST"))
	mux.HandleFunc(organizationPath+"{organization}", h.refuseMethod("GET, HEAD, POST"))
	mux.HandleFunc(organizationPath+"{organization}"+kubeconfigPath, h.refuseMethod("GET, HEAD"))
	mux.HandleFunc(organizationPath+"{organization}"+leavePath, h.refuseMethod("POST"))
}

// chooseAccount leads a person who has signed in to their account, or lets them choose one of several.
func (h *handler) chooseAccount(w http.ResponseWriter, r *http.Request) {
	s, signedIn := h.visits.current(r)
	if !signedIn {
		h.offerSignIn(w, r)
		return
	}
	choices, err := h.accounts.Choices(r.Context(), s)
	if err != nil {
		h.accountTrouble(w, r, err)
		return
	}
	p := newPage(r, screenAccounts.name, nil)
	switch len(choices) {
	case 0:
		h.noAccount(w, r, s)
	case 1:
		redirect(w, r, organizationPath+url.PathEscape(choices[0].Organization)+p.Query())
	default:
		p.Choices = choices
		h.logError(r, p.write(w, screenAccounts, http.StatusOK))
	}
}

// offerSignIn shows the button for the platform's provider, or for the one of an organization that the person has named.
func (h *handler) offerSignIn(w http.ResponseWriter, r *http.Request) {
	organization := r.URL.Query().Get("organization")
	provider, err := h.accounts.Provider(r.Context(), organization)
	if err != nil {
		h.accountTrouble(w, r, err)
		return
	}
	p := newPage(r, screenAccountSignIn.name, nil)
	p.Asked = organization
	if provider.IssuerURL != "" {
		p.SignInWith = accountPath + "/sign-in" + p.Query()
		if organization != "" {
			p.SignInWith = accountPath + "/sign-in?organization=" + url.QueryEscape(organization)
		}
		p.values["provider"] = locale.OneLine(provider.Title())
	}
	h.logError(r, p.write(w, screenAccountSignIn, http.StatusOK))
}

// beginAccount leads to the provider, by a link for the reason that beginInvitation has.
func (h *handler) beginAccount(w http.ResponseWriter, r *http.Request) {
	provider, err := h.accounts.Provider(r.Context(), r.URL.Query().Get("organization"))
	if err != nil {
		h.accountTrouble(w, r, err)
		return
	}
	if provider.IssuerURL == "" || r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		redirect(w, r, accountPath)
		return
	}
	p := newPage(r, screenAccountSignIn.name, nil)
	where, attempt, err := h.visits.client.Begin(r.Context(), provider, signin.Request{
		Subject: accountSubject, Again: r.URL.Query().Has("again"), Language: p.chosen,
	})
	if err == nil {
		err = h.visits.keep(w, h.visits.attempt, attempt, signin.AttemptAge)
	}
	if err != nil {
		h.showSignIn(w, r, screenForSignIn(err), &Link{Provider: provider}, "", err)
		return
	}
	http.Redirect(w, r, where, http.StatusSeeOther) //nolint:gosec // G710: the provider's endpoint, and what the portal asks of it
}

// admit takes the provider's answer for a person's own page. The session is a new one, whatever the browser had before.
func (h *handler) admit(w http.ResponseWriter, r *http.Request, a signin.Attempt) {
	provider, err := h.accounts.Provider(r.Context(), a.Organization)
	if err != nil {
		h.accountTrouble(w, r, err)
		return
	}
	who, err := h.visits.client.Finish(r.Context(), provider, a, r.PathValue("organization"), r.URL.Query())
	if err == nil {
		err = h.visits.admit(w, who)
	}
	if err != nil {
		h.showSignIn(w, r, screenForSignIn(err), &Link{Provider: provider, SignedIn: who.Email}, "", err)
		return
	}
	path := accountPath
	if chosen := languages.Named(a.Language); chosen != nil {
		path += "?lang=" + chosen.Tag()
	}
	redirect(w, r, path)
}

func (h *handler) openAccount(w http.ResponseWriter, r *http.Request) {
	s, account, ok := h.account(w, r)
	if !ok {
		return
	}
	p := h.accountPage(r, s, account)
	p.Form = prefilled(account.Link, p.locale.Tag())
	p.Saved = r.URL.Query().Has("saved")
	h.logError(r, p.write(w, screenAccount, http.StatusOK))
}

func (h *handler) accountPage(r *http.Request, s Session, a *Account) *page {
	p := newPage(r, screenAccount.name, a.Link)
	p.Path = organizationPath + url.PathEscape(r.PathValue("organization"))
	p.Account = a
	p.values["signedIn"] = locale.OneLine(s.Identity.Email)
	p.values["leaveTime"] = p.LeaveTime()
	return p
}

// account returns the account of a request. It answers the request if there is none: whoever is suspended or removed, or has signed out
// everywhere, is told no more than somebody without an account.
func (h *handler) account(w http.ResponseWriter, r *http.Request) (Session, *Account, bool) {
	s, signedIn := h.visits.current(r)
	if !signedIn {
		redirect(w, r, accountPath)
		return s, nil, false
	}
	account, err := h.accounts.OpenAccount(r.Context(), s, r.PathValue("organization"))
	switch {
	case errors.Is(err, ErrUnknown):
		h.noAccount(w, r, s)
	case err != nil:
		h.accountTrouble(w, r, err)
	}
	return s, account, err == nil
}

// noAccount says that the session opens no account, and ends it.
func (h *handler) noAccount(w http.ResponseWriter, r *http.Request, s Session) {
	h.visits.dismiss(w)
	h.showSignIn(w, r, screenAccountNone, &Link{SignedIn: s.Identity.Email}, "", nil)
}

func (h *handler) accountTrouble(w http.ResponseWriter, r *http.Request, err error) {
	h.logError(r, err)
	s := screenTrouble
	if errors.Is(err, ErrPaused) {
		s = screenPaused
	}
	h.show(w, r, s, nil)
}

// saveAccount notes what the person has entered about themselves.
func (h *handler) saveAccount(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	s, account, ok := h.account(w, r)
	if !ok {
		return
	}
	p := h.accountPage(r, s, account)
	if account.Link.NameGiven {
		r.PostForm.Set("displayName", string(account.Link.Registration.DisplayName))
	}
	if account.PhoneGiven {
		r.PostForm.Set("phone", string(account.Link.Registration.Phone))
	}
	p.Form = readForm(r.PostForm)
	if len(p.Form.Errors) > 0 {
		h.logError(r, p.write(w, screenAccount, http.StatusUnprocessableEntity))
		return
	}
	err := h.accounts.SaveDetails(r.Context(), s, r.PathValue("organization"), p.Form.registration())
	h.amended(w, r, s, err, p.Path+"?saved=&lang="+p.Form.Language)
}

// amended answers a form that changes the account: the page that it leads to, or why nothing was changed.
func (h *handler) amended(w http.ResponseWriter, r *http.Request, s Session, err error, next string) {
	switch {
	case errors.Is(err, ErrUnknown):
		h.noAccount(w, r, s)
	case err != nil:
		h.accountTrouble(w, r, err)
	default:
		redirect(w, r, next)
	}
}

// requestLeave notes that the person asks to be removed, or no longer does. The page says what came of it.
func (h *handler) requestLeave(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	s, account, ok := h.account(w, r)
	if !ok {
		return
	}
	p := h.accountPage(r, s, account)
	leaves := r.PostForm.Get("action") == "ask"
	if leaves && account.OnlyAdministrator {
		redirect(w, r, p.Path+p.Query()) // which says why nobody could remove them
		return
	}
	err := h.accounts.RequestLeave(r.Context(), s, r.PathValue("organization"), leaves)
	h.amended(w, r, s, err, p.Path+p.Query())
}

// signOut ends the session in this browser, or all of them.
func (h *handler) signOut(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	s, signedIn := h.visits.current(r)
	h.visits.dismiss(w)
	if signedIn && r.PostForm.Get("action") == "everywhere" {
		if err := h.accounts.SignOutEverywhere(r.Context(), s); err != nil {
			h.accountTrouble(w, r, err)
			return
		}
	}
	redirect(w, r, accountPath)
}

// Why says where the access to a workspace comes from; empty: the page does not say.
func (p *page) Why(w Workspace) (string, error) {
	if len(w.Origins) == 0 {
		return "", nil
	}
	origin := w.Origins[0]
	phrase, err := p.locale.Phrase("account.why." + string(origin.Source))
	return locale.Values{"group": locale.OneLine(origin.Group)}.Fill(phrase), err
}

// LeaveTime returns since when the person asks to be removed; empty: they do not.
func (p *page) LeaveTime() string {
	if p.Account.LeaveRequestTime.IsZero() {
		return ""
	}
	return p.locale.Time(p.Account.LeaveRequestTime, p.Link.Location)
}

// PhoneGiven reports whether the organization has declared the phone number, which the person cannot change.
func (p *page) PhoneGiven() bool { return p.Account != nil && p.Account.PhoneGiven }

// NameHint returns the key of what is said of the field for the name.
func (p *page) NameHint() string {
	switch {
	case !p.Link.NameGiven:
		return "field.displayNameHint"
	case p.Account != nil:
		return "account.given"
	default:
		return "field.displayNameGiven"
	}
}
