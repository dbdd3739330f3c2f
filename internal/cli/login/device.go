// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"golang.org/x/oauth2"
)

// device logs a person in with the browser of another device, such as a phone.
func (t Tool) device(ctx context.Context, c Client, p *provider) (entry, error) {
	config := p.config(c)
	if config.Endpoint.DeviceAuthURL == "" {
		return entry{}, fmt.Errorf("the identity provider %s does not have the device flow: log in without --device", c.IssuerURL)
	}
	verifier := oauth2.GenerateVerifier()
	asked, err := config.DeviceAuth(p.context(ctx), oauth2.S256ChallengeOption(verifier))
	if err != nil {
		return entry{}, p.failed("begin the login", err)
	}
	t.say("To log in, open this address on any device:\n%s\nIt must show the code %s.",
		printable(cmp.Or(asked.VerificationURIComplete, asked.VerificationURI)), printable(asked.UserCode))
	answer, err := config.DeviceAccessToken(p.context(ctx), asked, oauth2.VerifierOption(verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.ErrorCode == "access_denied":
		return entry{}, fmt.Errorf("the login was cancelled, or refused by %s", c.IssuerURL)
	case errors.As(err, &refused) && refused.ErrorCode == "expired_token":
		return entry{}, errors.New("nobody has entered the code in time: start again")
	case err != nil:
		return entry{}, p.failed("finish the login", err)
	}
	return p.entryOf(ctx, c, answer, anyNonce)
}
