// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"net/http"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/signin"
)

// accountSubject is what a person signs in for who opens their own page.
const accountSubject = "account"

// sessionAge is how long a person stays signed in on their own page. It is not prolonged: signing in again is one click.
const sessionAge = time.Hour

// Session is who has signed in on their own page, and when.
type Session struct {
	Identity signin.Identity `json:"w"`
	// Time is when; a sign-out everywhere ends the sessions before it.
	Time    time.Time `json:"t"`
	Expires time.Time `json:"e"`
}

// Account is a person's account in an organization, as their own page shows it.
type Account struct {
	// Link is what the person has, in the form of the other pages, with the details to correct in its Registration.
	Link *Link
	// PhoneGiven is true if the organization has declared the phone number, which the person cannot change.
	PhoneGiven bool
	// LeaveRequestTime is when the person asked to be removed; zero: they do not ask. OnlyAdministrator is true for a person whom nobody
	// could remove.
	LeaveRequestTime  time.Time
	OnlyAdministrator bool
}

// AccountChoice is an organization in which a person has an account.
type AccountChoice struct {
	// Organization is its namespace, and Title what people know it by.
	Organization, Title string
}

// Accounts are people's own pages (SIG-5). Everything is read past the cache: who is suspended or removed is shut out at once.
//
// ErrUnknown is returned for an organization in which the session gives nobody an account. No method tells whether there is such an
// organization.
type Accounts interface {
	// Provider returns with whom to sign in: an organization's own provider or, without an organization, the platform's. Without any, the
	// provider has no issuer.
	Provider(ctx context.Context, organization string) (signin.Provider, error)
	// Choices returns the organizations in which a person has an account.
	Choices(ctx context.Context, s Session) ([]AccountChoice, error)
	// OpenAccount returns a person's account.
	OpenAccount(ctx context.Context, s Session, organization string) (*Account, error)
	// SaveDetails notes what a person has entered about themselves.
	SaveDetails(ctx context.Context, s Session, organization string, r v1alpha1.Registration) error
	// RequestLeave notes that a person asks to be removed, or no longer does (SIG-5). Asking again changes nothing.
	RequestLeave(ctx context.Context, s Session, organization string, leaves bool) error
	// SignOutEverywhere ends all sessions of a person that have begun.
	SignOutEverywhere(ctx context.Context, s Session) error
}

func (v *visits) sessionCookie() string {
	if v.secure {
		return "__Host-usher-account"
	}
	return "usher-account"
}

// admit begins a session. The one before it, if there was any, is replaced.
func (v *visits) admit(w http.ResponseWriter, who signin.Identity) error {
	now := v.now()
	sealed, err := v.session.Seal(Session{Identity: who, Time: now, Expires: now.Add(sessionAge)})
	if err == nil {
		v.setCookie(w, v.sessionCookie(), sealed, int(sessionAge.Seconds()))
	}
	return err
}

// dismiss ends the session in this browser.
func (v *visits) dismiss(w http.ResponseWriter) { v.setCookie(w, v.sessionCookie(), "", -1) }

// current returns the session of a request; false: there is none.
func (v *visits) current(r *http.Request) (Session, bool) {
	var s Session
	cookie, err := r.Cookie(v.sessionCookie())
	if err != nil || v.session.Open(cookie.Value, &s) != nil || !v.now().Before(s.Expires) {
		return Session{}, false
	}
	return s, true
}
