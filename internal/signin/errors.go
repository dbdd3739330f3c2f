// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package signin

import (
	"errors"
	"fmt"
	"net/url"

	"golang.org/x/oauth2"
)

// The errors that say why nobody has signed in. They may be wrapped. Texts contain no code, token or answer of the provider.
var (
	// ErrUnavailable is returned while the provider does not do its part. Somebody on the platform's side has to know.
	ErrUnavailable = errors.New("the identity provider is not available")
	// ErrStale is returned for an answer of the provider that nobody waits for: it came too late, twice or in another browser.
	ErrStale = errors.New("no sign-in is waiting for this answer of the identity provider")
	// ErrDenied is returned if the person, or the provider, has decided against it.
	ErrDenied = errors.New("the sign-in was cancelled at the identity provider")
	// ErrToken is returned for a token that is not the one that was asked for.
	ErrToken = errors.New("the identity provider's token cannot be trusted")
	// ErrUnverified is returned if the provider does not say that the address is the person's.
	ErrUnverified = errors.New("the identity provider has not verified the address")
	// ErrDomain is returned for an address of a domain that the provider does not vouch for.
	ErrDomain = errors.New("the identity provider is not trusted with addresses of this domain")
	// ErrForbidden is returned for a provider that an organization has chosen and the platform does not allow.
	ErrForbidden = errors.New("the platform does not allow this identity provider")
)

// unavailable returns an error that somebody has to look into, without the provider's words: an answer may repeat what was sent.
func unavailable(issuer, what string, err error) error {
	return fmt.Errorf("%w: %s: cannot %s: %s", ErrUnavailable, issuer, what, reasonOf(err))
}

// reasonOf returns the reason of a failed request, without its URL and the body of the answer.
func reasonOf(err error) string {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return fmt.Sprintf("the answer is HTTP %d, error %.64q", refused.Response.StatusCode, refused.ErrorCode)
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		if failed.Timeout() {
			return "no answer in time"
		}
		return failed.Err.Error()
	}
	return fmt.Sprintf("%.200s", err)
}
