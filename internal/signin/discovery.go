// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package signin

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// discoveryAge is how long what a provider says about itself is believed. Its keys are read again whenever a token names a new one.
	discoveryAge = time.Hour
	// failureAge is how long a provider that did not answer is left alone, so that its outage costs each visitor no wait.
	failureAge = 5 * time.Second
	// maxProviders is the maximum number of providers that are remembered. Organizations may name new ones forever.
	maxProviders = 1000
)

// Client signs people in with any number of providers. It is safe for concurrent use.
type Client struct {
	callback string
	private  []netip.Prefix
	allowed  func(organization, issuer string) bool
	now      func() time.Time

	mu    sync.Mutex
	known map[identity]*discovery
}

// identity is what makes a provider another one for its discovery.
type identity struct{ issuer, clientID, caFile, organization string }

// NewClient returns a client. People come back from the provider to callback. Allowed reports whether an organization may have its own
// provider at an issuer; private are the networks in which those may be beside the public internet.
func NewClient(callback string, allowed func(organization, issuer string) bool, private []netip.Prefix, now func() time.Time) *Client {
	return &Client{callback: callback, private: private, allowed: allowed, now: now, known: map[identity]*discovery{}}
}

// CallbackPath returns the path below the callback to which people come back from a provider. Each organization's has one of its own: an
// answer of another provider, which it was led to on the way, arrives somewhere else (RFC 9700, mix-up).
func CallbackPath(organization string) string {
	if organization == "" {
		return ""
	}
	return "/" + url.PathEscape(organization)
}

// discovery is what is known of a provider.
type discovery struct {
	// busy is held by whoever asks the provider.
	busy   chan struct{}
	until  time.Time
	err    error
	client *http.Client
	party  *oidc.Provider
	meta   metadata
}

// metadata are the fields of a discovery document beside those that the library reads.
type metadata struct {
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	// IssuerInAnswer is true if every answer names its issuer (RFC 9207).
	IssuerInAnswer bool `json:"authorization_response_iss_parameter_supported"`
}

// discover returns what a provider says about itself, from memory if it was asked not long ago.
func (c *Client) discover(ctx context.Context, p Provider) (*discovery, error) {
	if p.Organization != "" && !c.allowed(p.Organization, p.IssuerURL) {
		return nil, fmt.Errorf("%w: %q is not in signIn.organizationIssuers", ErrForbidden, p.IssuerURL)
	}
	d := c.remembered(p)
	select {
	case d.busy <- struct{}{}:
		defer func() { <-d.busy }()
	case <-ctx.Done():
		return nil, unavailable(p.IssuerURL, "wait for its discovery document", ctx.Err())
	}
	if c.now().Before(d.until) {
		return d, d.err
	}
	err := d.ask(ctx, p, c.private)
	switch {
	case err == nil:
		d.err, d.until = nil, c.now().Add(discoveryAge)
	case d.party != nil: // what it said before is still worth more than nothing
		d.until = c.now().Add(failureAge)
	case ctx.Err() != nil: // the visitor has left, which says nothing about the provider
		return nil, unavailable(p.IssuerURL, "read its discovery document", err)
	default:
		d.err, d.until = unavailable(p.IssuerURL, "read its discovery document", err), c.now().Add(failureAge)
	}
	return d, d.err
}

// remembered returns the entry of a provider.
func (c *Client) remembered(p Provider) *discovery {
	key := identity{p.IssuerURL, p.ClientID, p.CAFile, p.Organization}
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.known[key]
	if d == nil {
		if len(c.known) >= maxProviders {
			clear(c.known)
		}
		d = &discovery{busy: make(chan struct{}, 1)}
		c.known[key] = d
	}
	return d
}

// ask reads the discovery document.
func (d *discovery) ask(ctx context.Context, p Provider, private []netip.Prefix) error {
	client, err := newClient(p, private)
	if err != nil {
		return err
	}
	party, err := oidc.NewProvider(oidc.ClientContext(ctx, client), p.IssuerURL)
	if err != nil {
		return err
	}
	var meta metadata
	if err := party.Claims(&meta); err != nil {
		return err
	}
	for _, endpoint := range []string{party.Endpoint().AuthURL, party.Endpoint().TokenURL} {
		if u, err := url.Parse(endpoint); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return fmt.Errorf("it names the endpoint %.200q, which is no https URL", endpoint)
		}
	}
	d.client, d.party, d.meta = client, party, meta
	return nil
}

// oauth returns the portal as a client of a provider.
func (c *Client) oauth(p Provider, d *discovery) (*oauth2.Config, error) {
	config := &oauth2.Config{
		ClientID: p.ClientID, Endpoint: d.party.Endpoint(), RedirectURL: c.callback + CallbackPath(p.Organization),
		Scopes: p.Scopes,
	}
	if len(config.Scopes) == 0 {
		config.Scopes = []string{oidc.ScopeOpenID, oidc.ScopeEmail, oidc.ScopeProfile}
	}
	config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	if p.ClientSecretFile == "" {
		return config, nil
	}
	secret, err := os.ReadFile(p.ClientSecretFile)
	if err != nil {
		return nil, fmt.Errorf("%w: cannot read the portal's client secret: %w", ErrUnavailable, err)
	}
	config.ClientSecret = strings.TrimSpace(string(secret))
	// Without a list, the provider knows client_secret_basic.
	if len(d.meta.AuthMethods) == 0 || slices.Contains(d.meta.AuthMethods, "client_secret_basic") {
		config.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	}
	return config, nil
}

// verifier returns what checks a provider's tokens. Only signatures with a public key are known: an HMAC over that key is none.
func (c *Client) verifier(p Provider, d *discovery) *oidc.IDTokenVerifier {
	return d.party.Verifier(&oidc.Config{ClientID: p.ClientID, Now: c.now, SupportedSigningAlgs: []string{
		oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
	}})
}

// Check asks a provider for its discovery document, and returns why it cannot be used.
func (c *Client) Check(ctx context.Context, p Provider) error {
	_, err := c.discover(ctx, p)
	return err
}
