// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// AttemptAge is how long a person may take at the provider.
const AttemptAge = 15 * time.Minute

// Attempt is what the portal remembers, in the person's browser, while they are at the provider.
type Attempt struct {
	// Subject is what the person signs in for, in the portal's words. The answer counts for that and for nothing else.
	Subject string `json:"s"`
	// Issuer and Organization are the provider that was asked.
	Issuer       string `json:"i"`
	Organization string `json:"o,omitempty"`
	// State comes back with the answer; Nonce is in the token; Verifier proves that the code is redeemed by whoever asked for it.
	State    string `json:"t"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	// Expires is when the answer comes too late.
	Expires time.Time `json:"e"`
	// Language is the one that the person has chosen on the page; empty: none.
	Language string `json:"l,omitempty"`
}

// Request says for whom and for what a sign-in is.
type Request struct {
	// Subject is what the person signs in for.
	Subject string
	// Hint is the address that the person is expected to have; empty: unknown.
	Hint string
	// Again is true if the person came back with another account before: the provider is to ask, rather than to use its session.
	Again bool
	// Language is the one that the person has chosen.
	Language string
}

// Begin returns where to send a person to sign in, and what to remember until they come back.
func (c *Client) Begin(ctx context.Context, p Provider, r Request) (string, Attempt, error) {
	d, err := c.discover(ctx, p)
	if err != nil {
		return "", Attempt{}, err
	}
	config, err := c.oauth(p, d)
	if err != nil {
		return "", Attempt{}, err
	}
	a := Attempt{
		Subject: r.Subject, Issuer: p.IssuerURL, Organization: p.Organization, State: random(), Nonce: random(),
		Verifier: oauth2.GenerateVerifier(), Expires: c.now().Add(AttemptAge), Language: r.Language,
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if r.Hint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", r.Hint))
	}
	if r.Again {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	return config.AuthCodeURL(a.State, options...), a, nil
}

// Finish takes the provider's answer, which has come back to the callback of an organization, or the platform's, and returns who has signed
// in.
func (c *Client) Finish(ctx context.Context, p Provider, a Attempt, organization string, answer url.Values) (Identity, error) {
	if err := c.expected(p, a, organization, answer); err != nil {
		return Identity{}, err
	}
	d, err := c.discover(ctx, p)
	if err != nil {
		return Identity{}, err
	}
	issuer := answer.Get("iss")
	if issuer != "" && issuer != p.IssuerURL || issuer == "" && d.meta.IssuerInAnswer {
		return Identity{}, fmt.Errorf("%w: the answer is not of the issuer that was asked", ErrToken)
	}
	if code := answer.Get("error"); code != "" {
		return Identity{}, refusedBy(p, code)
	}
	ctx = oidc.ClientContext(ctx, d.client)
	tokens, err := c.exchange(ctx, p, d, a, answer.Get("code"))
	if err != nil {
		return Identity{}, err
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := c.verifier(p, d).Verify(ctx, raw)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %s", ErrToken, reasonOf(err))
	}
	var said claims
	if err := token.Claims(&said); err != nil {
		return Identity{}, fmt.Errorf("%w: its claims are malformed", ErrToken)
	}
	if err := p.isOurs(token, said, a.Nonce); err != nil {
		return Identity{}, err
	}
	if said.Email == "" {
		if said, err = d.userInfo(ctx, p, token, tokens); err != nil {
			return Identity{}, err
		}
	}
	return p.identify(token, said)
}

// expected refuses an answer that the browser does not wait for, before the provider is asked anything.
func (c *Client) expected(p Provider, a Attempt, organization string, answer url.Values) error {
	state := answer.Get("state")
	if a.State == "" || subtle.ConstantTimeCompare([]byte(a.State), []byte(state)) != 1 || !c.now().Before(a.Expires) {
		return ErrStale
	}
	if a.Organization != organization || a.Organization != p.Organization || a.Issuer != p.IssuerURL {
		return fmt.Errorf("%w: the answer is not of the issuer that was asked", ErrToken)
	}
	return nil
}

// refusedBy returns the error for a provider's refusal.
func refusedBy(p Provider, code string) error {
	switch code {
	case "access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required":
		return ErrDenied
	}
	return fmt.Errorf("%w: %s answers with the error %.64q", ErrUnavailable, p.IssuerURL, code)
}

// exchange redeems a code for tokens, of which one is an ID token.
func (c *Client) exchange(ctx context.Context, p Provider, d *discovery, a Attempt, code string) (*oauth2.Token, error) {
	config, err := c.oauth(p, d)
	if err != nil {
		return nil, err
	}
	if code == "" {
		return nil, fmt.Errorf("%w: the answer has no code", ErrToken)
	}
	tokens, err := config.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode == "invalid_client" && config.Endpoint.AuthStyle == oauth2.AuthStyleInHeader &&
		slices.Contains(d.meta.AuthMethods, "client_secret_post") {
		// The provider knows both ways, and this client by the other one. It has not looked at the code yet.
		config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
		tokens, err = config.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	}
	switch {
	case errors.As(err, &refused) && refused.ErrorCode == "invalid_grant" && refused.Response.StatusCode < http.StatusInternalServerError:
		return nil, fmt.Errorf("%w: the code was used before, or is not for this sign-in", ErrStale)
	case err != nil:
		return nil, unavailable(p.IssuerURL, "redeem the code", err)
	}
	if raw, is := tokens.Extra("id_token").(string); !is || raw == "" {
		return nil, fmt.Errorf("%w: there is none in the answer", ErrToken)
	}
	return tokens, nil
}

// random returns a text that nobody can guess.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // crypto/rand.Read never fails: it crashes the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}
