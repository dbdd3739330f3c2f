// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Outcome is what a logout has done.
type Outcome struct {
	// User is who was logged in; empty: nobody.
	User string
	// Revoked is true if the provider no longer renews the login.
	Revoked bool
	// Trouble is why the provider was not told; nil: it was, or has no way to be told.
	Trouble error
}

// Logout deletes a login, and has the provider revoke it if the provider can. The deletion does not depend on the provider.
func (t Tool) Logout(ctx context.Context, c Client) (Outcome, error) {
	unlock, err := t.Store.lock(ctx, c, func() { t.say("Waiting for another kubectl that is logging in as the same person.") })
	if err != nil {
		return Outcome{}, err
	}
	defer unlock()
	kept := t.Store.load(c)
	if err := t.Store.remove(c); err != nil {
		return Outcome{}, fmt.Errorf("cannot delete the login: %w", err)
	}
	out := Outcome{User: kept.User}
	if kept.RefreshToken != "" {
		out.Revoked, out.Trouble = t.revoke(ctx, c, kept.RefreshToken)
	}
	return out, nil
}

// revoke tells the provider that a refresh token is not used any more (RFC 7009).
func (t Tool) revoke(ctx context.Context, c Client, token string) (bool, error) {
	p, err := discover(ctx, c, t.Now)
	if err != nil {
		return false, err
	}
	var more struct {
		Revocation string `json:"revocation_endpoint"`
	}
	if err := p.Claims(&more); err != nil || more.Revocation == "" {
		return false, err
	}
	if err := checkIssuer(more.Revocation); err != nil {
		return false, err
	}
	form := url.Values{"token": {token}, "token_type_hint": {"refresh_token"}, "client_id": {c.ID}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, more.Revocation, strings.NewReader(form.Encode()))
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := p.client.Do(request)
	if err != nil {
		return false, p.failed("revoke the login", err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be closed in order
	if answer.StatusCode != http.StatusOK {
		return false, fmt.Errorf("the identity provider %s does not revoke the login: HTTP %d", c.IssuerURL, answer.StatusCode)
	}
	return true, nil
}
