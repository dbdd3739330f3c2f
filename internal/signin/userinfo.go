// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package signin

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// userInfo returns what the provider says of the person outside of the ID token. With the authorization code flow, that is where the claims
// of the scopes email and profile belong (OpenID Connect Core, 5.4); that many have them in the token too is their own addition. A provider
// without the endpoint says nothing. The answer counts for the subject of the token alone, because a token that was exchanged on
// the way would have it be about somebody else.
func (d *discovery) userInfo(ctx context.Context, p Provider, token *oidc.IDToken, tokens *oauth2.Token) (claims, error) {
	var said claims
	if d.party.UserInfoEndpoint() == "" {
		return said, nil
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(tokens.AccessToken); err != nil {
			return claims{}, fmt.Errorf("%w: its at_hash is that of another access token", ErrToken)
		}
	}
	info, err := d.party.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		var unreachable *url.Error
		if !errors.As(err, &unreachable) { // the library's text repeats the answer
			err = errors.New("the answer is not HTTP 200 with the person's claims")
		}
		return claims{}, unavailable(p.IssuerURL, "read the userinfo", err)
	}
	if err := info.Claims(&said); err != nil {
		return claims{}, fmt.Errorf("%w: the claims of the userinfo are malformed", ErrToken)
	}
	if said.Subject != token.Subject {
		return claims{}, fmt.Errorf("%w: the userinfo is about somebody else", ErrToken)
	}
	return said, nil
}
