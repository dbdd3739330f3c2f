// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// timeout bounds one request to the provider.
const timeout = 30 * time.Second

// provider is an OpenID provider that has said where its endpoints are.
type provider struct {
	*oidc.Provider
	client *http.Client
	issuer string
	now    func() time.Time
}

// discover asks a provider where its endpoints are.
func discover(ctx context.Context, c Client, now func() time.Time) (*provider, error) {
	if err := checkIssuer(c.IssuerURL); err != nil {
		return nil, err
	}
	client, err := httpClient(c.CAData)
	if err != nil {
		return nil, err
	}
	p := &provider{client: client, issuer: c.IssuerURL, now: now}
	if p.Provider, err = oidc.NewProvider(p.context(ctx), c.IssuerURL); err != nil {
		return nil, p.failed("read its configuration", err)
	}
	return p, nil
}

// namesItself reports whether every answer of the provider names its issuer (RFC 9207).
func (p *provider) namesItself() bool {
	var more struct {
		Named bool `json:"authorization_response_iss_parameter_supported"`
	}
	return p.Claims(&more) == nil && more.Named
}

// checkIssuer refuses a provider to which a code would be sent in the clear.
func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is not the URL of an identity provider: it must be like https://login.acme.example", issuer)
	}
	if u.Scheme != "https" && !net.ParseIP(u.Hostname()).IsLoopback() {
		return fmt.Errorf("the identity provider %s must be reached by https", issuer)
	}
	return nil
}

func httpClient(ca []byte) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the library's own
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if len(ca) > 0 {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(ca) {
			return nil, errors.New("--issuer-ca-data contains no certificate: it must be PEM in base64")
		}
		transport.TLSClientConfig.RootCAs = roots
	}
	return &http.Client{Transport: transport, Timeout: timeout}, nil
}

// context returns a context with which the libraries use the provider's client.
func (p *provider) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

func (p *provider) config(c Client) *oauth2.Config {
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams // a public client has nothing for a header
	return &oauth2.Config{ClientID: c.ID, Scopes: c.Scopes, Endpoint: endpoint}
}

// failed says what a provider did not do. The answer may repeat what was sent, so only its error code is shown.
func (p *provider) failed(what string, err error) error {
	var refused *oauth2.RetrieveError
	var unreachable *url.Error
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("the identity provider %s refuses to %s: HTTP %d, error %.64q", p.issuer, what,
			refused.Response.StatusCode, refused.ErrorCode)
	case errors.As(err, &unreachable):
		return fmt.Errorf("cannot reach the identity provider %s to %s: %w", p.issuer, what, unreachable.Err)
	}
	return fmt.Errorf("the identity provider %s does not %s: %.300s", p.issuer, what, err.Error())
}
