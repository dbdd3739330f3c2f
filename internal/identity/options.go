// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// Options say how to reach the provider's accounts, and which passwords they may have.
type Options struct {
	// Address is the host:port of Dex's gRPC API; empty: people have no accounts with a password.
	Address string
	TLS     TLS
	// MinLength is the minimum length of a password, in characters.
	MinLength int
	// BreachedURL is what the first five hexadecimal digits of a password's SHA-1 are appended to, to ask for breached passwords; empty:
	// nobody is asked.
	BreachedURL string
	// HashCost is the cost of bcrypt; zero: 12. Dex accepts 10 to 16. Specs have less, because a hash takes sixteen times as long with the
	// race detector.
	HashCost int
}

// TLS are the files with which both sides prove who they are. They are read for each connection, so a changed Secret needs no restart.
type TLS struct {
	// CertFile and KeyFile are Usher's own, CAFile the authority of the provider's.
	CertFile, KeyFile, CAFile string
}

// On reports whether people have accounts with a password.
func (o Options) On() bool { return o.Address != "" }

// Lengths of passwords: the shortest that may be asked for, and bcrypt's limit in bytes.
const (
	leastLength = 8
	maxBytes    = 72
)

// Validate returns everything that is wrong with the options.
func (o Options) Validate() error {
	if !o.On() {
		if o.TLS != (TLS{}) || o.BreachedURL != "" {
			return errors.New("--accounts-address is missing: set it to the host:port of Dex's gRPC API, or remove the other options of " +
				"accounts")
		}
		return nil
	}
	wrong := o.checkAddress()
	if o.MinLength < leastLength || o.MinLength > maxBytes {
		wrong = append(wrong, fmt.Errorf("--accounts-minimum-length %d must be from %d to %d", o.MinLength, leastLength, maxBytes))
	}
	if u, err := url.Parse(o.BreachedURL); o.BreachedURL != "" && (err != nil || u.Scheme != "https" && !isLoopback(u.Hostname())) {
		wrong = append(wrong, fmt.Errorf("--accounts-breached-url %q must be an https URL, such as https://api.pwnedpasswords.com/range/",
			o.BreachedURL))
	}
	return errors.Join(wrong...)
}

// checkAddress returns what is wrong with the address, and with the files that protect what is sent there.
func (o Options) checkAddress() []error {
	var wrong []error
	host, _, err := net.SplitHostPort(o.Address)
	if err != nil {
		wrong = append(wrong, fmt.Errorf("--accounts-address %q must be the host:port of Dex's gRPC API: %w", o.Address, err))
	}
	complete := o.TLS.CertFile != "" && o.TLS.KeyFile != "" && o.TLS.CAFile != ""
	if !complete && (o.TLS != (TLS{}) || !isLoopback(host)) {
		wrong = append(wrong, errors.New("--accounts-tls-cert-file, --accounts-tls-key-file and --accounts-tls-ca-file must all be set: "+
			"whoever reaches Dex's gRPC API without a certificate could set everybody's password"))
	}
	return wrong
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// credentials returns those of each connection; without files, which Validate accepts on the same host only, none.
func (t TLS) credentials() credentials.TransportCredentials {
	if t == (TLS{}) {
		return insecure.NewCredentials()
	}
	return &reloading{TLS: t}
}

// config reads the files.
func (t TLS) config() (*tls.Config, error) {
	authority, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read the authority of the identity provider: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s has no certificate of an authority in PEM form", t.CAFile)
	}
	own, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read Usher's certificate for the identity provider: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: []tls.Certificate{own}}, nil
}
