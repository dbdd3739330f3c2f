// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package signin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"
)

const (
	// timeout bounds one request to a provider.
	timeout = 8 * time.Second
	// maxAnswer is the maximum size of a provider's answer, in bytes. Discovery documents and key sets have a few kilobytes.
	maxAnswer = 256 << 10
)

// errPrivate is returned for an address inside of the platform at which an organization claims to have its provider.
var errPrivate = errors.New("the host has an address that is not on the public internet, and not in signIn.privateNetworks")

// newClient returns a client for one provider. It follows no redirect, because a provider has no need of any and a redirect could lead past
// what was checked.
func newClient(p Provider, private []netip.Prefix) (*http.Client, error) {
	roots, err := authorities(p)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: timeout}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    timeout,
		ResponseHeaderTimeout:  timeout,
		MaxResponseHeaderBytes: 64 << 10,
		IdleConnTimeout:        time.Minute,
		MaxConnsPerHost:        8,
		ForceAttemptHTTP2:      true,
		Proxy:                  http.ProxyFromEnvironment,
	}
	if p.Organization != "" {
		// A proxy would resolve the name itself, past the check of the address.
		transport.Proxy = nil
		dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
			return checkPublic(address, private)
		}
	}
	return &http.Client{
		Transport:     limited{transport},
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// authorities returns the authorities of a provider's certificate; nil: those of the system. An organization's may have one of either.
func authorities(p Provider) (*x509.CertPool, error) {
	file := p.CAFile
	if file == "" {
		return nil, nil //nolint:nilnil // nil is the system's pool
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the authorities of the provider's certificate: %w", err)
	}
	pool := x509.NewCertPool()
	if p.Organization != "" {
		if pool, err = x509.SystemCertPool(); err != nil {
			return nil, fmt.Errorf("cannot read the system's authorities: %w", err)
		}
	}
	if !pool.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("the file %s contains no certificate", file)
	}
	return pool, nil
}

// checkPublic refuses a connection to an address inside of the platform. It sees the address that is really connected to, so a name that
// resolves to another one the second time is of no help.
func checkPublic(address string, private []netip.Prefix) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap()
	if slices.ContainsFunc(private, func(network netip.Prefix) bool { return network.Contains(ip) }) {
		return nil
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() ||
		slices.ContainsFunc(special, func(network netip.Prefix) bool { return network.Contains(ip) }) {
		return errPrivate
	}
	return nil
}

// special are networks that are not on the public internet, beside those that netip knows (RFC 6890): shared addresses of carriers and
// clouds, protocol assignments, documentation, benchmarks, reserved ones, and those that stand for an IPv4 address.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("::/96"),
}

// limited bounds answers, and refuses to leave https: the URLs of endpoints are the provider's own words.
type limited struct{ next http.RoundTripper }

// RoundTrip sends one request.
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return nil, fmt.Errorf("the provider names an endpoint at %s:, and only https: is safe", r.URL.Scheme)
	}
	answer, err := l.next.RoundTrip(r)
	if err == nil {
		answer.Body = http.MaxBytesReader(nil, answer.Body, maxAnswer)
	}
	return answer, err
}
