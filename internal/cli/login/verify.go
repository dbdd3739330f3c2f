// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// anyNonce is for tokens that no redirect has brought, which have none.
const anyNonce = ""

var errNoIDToken = errors.New("the identity provider has issued no ID token: --scopes must contain openid")

// entryOf returns what to keep of a provider's answer, once the token is known to be the provider's, for this client, for this login, and
// this person's.
func (p *provider) entryOf(ctx context.Context, c Client, answer *oauth2.Token, nonce string) (entry, error) {
	raw, _ := answer.Extra("id_token").(string)
	if raw == "" {
		return entry{}, errNoIDToken
	}
	token, err := p.VerifierContext(p.context(ctx), &oidc.Config{ClientID: c.ID, Now: p.now}).Verify(ctx, raw)
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return entry{}, fmt.Errorf("the new token of %s has expired at %s, and the clock of this computer says %s: set the clock right",
			c.IssuerURL, expired.Expiry.UTC().Format(time.RFC3339), p.now().UTC().Format(time.RFC3339))
	case err != nil:
		return entry{}, fmt.Errorf("the token of %s cannot be trusted: %w", c.IssuerURL, err)
	}
	if nonce != anyNonce && subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1 {
		return entry{}, fmt.Errorf("the token of %s cannot be trusted: it is of another login", c.IssuerURL)
	}
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil {
		return entry{}, fmt.Errorf("the token of %s cannot be read: %w", c.IssuerURL, err)
	}
	if party, _ := claims["azp"].(string); party != "" && party != c.ID || party == "" && len(token.Audience) > 1 {
		return entry{}, fmt.Errorf("the token of %s cannot be trusted: it was issued to client %.64q, not to %q", c.IssuerURL, party, c.ID)
	}
	user, err := c.userIn(claims)
	return entry{
		Issuer: c.IssuerURL, ClientID: c.ID, Scopes: c.Scopes, User: user, Subject: token.Subject,
		IDToken: raw, RefreshToken: answer.RefreshToken, Expiry: token.Expiry,
	}, err
}

// userIn returns the address in a token. A browser may be logged in as somebody else than the kubeconfig is for.
func (c Client) userIn(claims map[string]any) (string, error) {
	user, _ := claims[c.Claim].(string)
	switch {
	case user == "":
		return "", fmt.Errorf("the token of %s has no claim %q: add the scope that has it to --scopes, or have the provider put the claim "+
			"into ID tokens and not only into its userinfo, which the API server does not read", c.IssuerURL, c.Claim)
	case c.Email == "" || emailaddr.Same(user, c.Email):
		return user, nil
	}
	return "", fmt.Errorf("you have logged in as %s, and this kubeconfig is for %s: log out at %s, and log in again as %s",
		printable(user), c.Email, c.IssuerURL, c.Email)
}

// printable returns a text of a provider's without what would move the cursor of a terminal.
func printable(text string) string {
	const most = 200
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, text)
	return strings.ToValidUTF8(clean[:min(len(clean), most)], "")
}
