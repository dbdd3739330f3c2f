// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package login gets the token with which a person's kubectl is known to the API server, from an OpenID provider: with a browser by the
// authorization code flow (PKCE, state and nonce, RFC 8252), without one by the device flow (RFC 8628). It keeps the token in a file of the
// person's own, refreshes it, and logs in again when the provider no longer renews it.
package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// expiresSoon is how long a token has to be valid to be used: the command that asked for it has not sent it yet.
	expiresSoon = 10 * time.Second
	// patience is how long a person may take in the browser.
	patience = 5 * time.Minute
)

// Client is how the provider knows kubectl, and whose login it is.
type Client struct {
	// IssuerURL is the provider, exactly as its tokens name it.
	IssuerURL string
	// ID is the name by which the provider knows kubectl.
	ID string
	// Scopes are what the provider is asked for.
	Scopes []string
	// Email is the address of the person whose login it is; empty: whoever logs in.
	Email string
	// Claim is the claim that contains the address.
	Claim string
	// RedirectPort is the port of the loopback interface to which the provider sends the person back; 0: any.
	RedirectPort int
	// CAData are the authorities of the provider's certificate, as PEM; empty: those of the computer.
	CAData []byte

	// consent has the provider ask for the person's consent to be logged in for longer.
	consent bool
}

// Token is what the API server knows a person by.
type Token struct {
	// ID is the ID token.
	ID string
	// Expiry is when it ends.
	Expiry time.Time
	// User is the address in it, or what the claim contains.
	User string
}

// Tool logs people in.
type Tool struct {
	// Store keeps logins.
	Store Store
	// Messages is where a person is told what to do.
	Messages io.Writer
	// Browse opens an address in the person's browser; nil: there is none, and the device flow is used if the provider has it.
	Browse func(address string) error
	// Device has the person use another device's browser.
	Device bool
	// Now is the clock.
	Now func() time.Time
}

// Token returns a token that is valid. Of several calls at the same time, in whatever processes, one asks the provider.
func (t Tool) Token(ctx context.Context, c Client) (Token, error) {
	if kept := t.Store.load(c); t.valid(kept) {
		return kept.token(), nil
	}
	return t.locked(ctx, c, func(kept entry) (entry, error) {
		if t.valid(kept) {
			return kept, nil // another process was faster
		}
		return t.renew(ctx, c, kept)
	})
}

// Again logs a person in whatever is kept.
func (t Tool) Again(ctx context.Context, c Client) (Token, error) {
	return t.locked(ctx, c, func(entry) (entry, error) { return t.logIn(ctx, c) })
}

func (t Tool) valid(e entry) bool {
	return e.IDToken != "" && t.Now().Add(expiresSoon).Before(e.Expiry)
}

// locked changes what is kept of a login.
func (t Tool) locked(ctx context.Context, c Client, change func(entry) (entry, error)) (Token, error) {
	unlock, err := t.Store.lock(ctx, c, func() {
		t.say("Waiting for another kubectl that is logging in as the same person.")
	})
	if err != nil {
		return Token{}, err
	}
	defer unlock()
	kept := t.Store.load(c)
	got, err := change(kept)
	if err != nil {
		return Token{}, err
	}
	if got.IDToken != kept.IDToken {
		if err := t.Store.save(c, got); err != nil {
			return Token{}, fmt.Errorf("cannot keep the login: %w", err)
		}
	}
	return got.token(), nil
}

// renew refreshes a login, or has the person log in again.
func (t Tool) renew(ctx context.Context, c Client, kept entry) (entry, error) {
	if kept.RefreshToken == "" {
		// By OpenID Connect Core (11), a provider may ignore offline_access unless it is told to ask the person. It is not told at once,
		// because most ignore that, and some then ask at every login for what an administrator has granted.
		c.consent = kept.IDToken != "" && slices.Contains(c.Scopes, oidc.ScopeOfflineAccess)
		return t.logIn(ctx, c)
	}
	p, err := discover(ctx, c, t.Now)
	if err != nil {
		return entry{}, err
	}
	answer, err := p.config(c).TokenSource(p.context(ctx), &oauth2.Token{RefreshToken: kept.RefreshToken}).Token()
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && isFinal(refused.Response.StatusCode):
		t.say("Your login has ended.")
		return t.logInWith(ctx, c, p)
	case err != nil:
		return entry{}, p.failed("refresh the token", err)
	}
	got, err := p.entryOf(ctx, c, answer, anyNonce)
	if errors.Is(err, errNoIDToken) { // some providers issue none when they refresh
		return t.logInWith(ctx, c, p)
	}
	if err == nil && got.Subject != kept.Subject {
		err = fmt.Errorf("%s has refreshed the token of somebody else", c.IssuerURL)
	}
	return got, err
}

// isFinal reports whether a provider that answers with a status will not think otherwise in a moment, as it does of too many requests.
func isFinal(status int) bool {
	return status < http.StatusInternalServerError && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
}

func (t Tool) logIn(ctx context.Context, c Client) (entry, error) {
	p, err := discover(ctx, c, t.Now)
	if err != nil {
		return entry{}, err
	}
	return t.logInWith(ctx, c, p)
}

func (t Tool) logInWith(ctx context.Context, c Client, p *provider) (entry, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("nobody has logged in within %s", patience))
	defer cancel()
	flow := t.code
	if t.Device || t.Browse == nil && p.Endpoint().DeviceAuthURL != "" {
		flow = t.device
	}
	got, err := flow(ctx, c, p)
	if err != nil && ctx.Err() != nil {
		return entry{}, context.Cause(ctx)
	}
	return got, err
}

func (t Tool) say(format string, args ...any) { fmt.Fprintf(t.Messages, format+"\n", args...) }

// asks reports whether two clients ask for the same scopes.
func (c Client) asks(scopes []string) bool { return slices.Equal(c.Scopes, scopes) }
