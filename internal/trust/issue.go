// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package trust

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/open-policy-agent/cert-controller/pkg/rotator"
)

// Keys of a Secret with a certificate, as cert-manager and kubectl name them, and of the authority's key.
const (
	CertificateKey  = "tls.crt"
	PrivateKeyKey   = "tls.key"
	AuthorityKey    = "ca.crt"
	AuthorityKeyKey = "ca.key"
)

const (
	authorityName     = "usher-ca"
	authorityValidity = 10 * 365 * 24 * time.Hour
	validity          = 365 * 24 * time.Hour
	// renewal is how long before its end a certificate is renewed.
	renewal = 90 * 24 * time.Hour
	// backdating allows for clocks that are late.
	backdating = time.Hour
)

// Renew returns the contents of a Secret with a certificate for host names, the first of which is its subject, and its authority. What the
// Secret contains is kept as long as it can be: both, or the authority only. Renew reports whether anything is new.
func Renew(data map[string][]byte, names []string, now time.Time) (map[string][]byte, bool, error) {
	issuer := &rotator.CertRotator{
		CAName: authorityName, CAOrganization: "usher", DNSName: names[0], ExtraDNSNames: names[1:],
		ExtKeyUsages: &[]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	authority, err := authorityIn(data, now)
	if err == nil && isValid(data, names, now) {
		return data, false, nil
	}
	if err != nil {
		if authority, err = issuer.CreateCACert(now.Add(-backdating), now.Add(authorityValidity)); err != nil {
			return nil, false, fmt.Errorf("cannot create an authority: %w", err)
		}
	}
	certificate, key, err := issuer.CreateCertPEM(authority, now.Add(-backdating), now.Add(validity))
	if err != nil {
		return nil, false, fmt.Errorf("cannot issue a certificate: %w", err)
	}
	return map[string][]byte{
		CertificateKey: certificate, PrivateKeyKey: key, AuthorityKey: authority.CertPEM, AuthorityKeyKey: authority.KeyPEM,
	}, true, nil
}

// authorityIn returns the authority in a Secret, or why it can issue nothing any more.
func authorityIn(data map[string][]byte, now time.Time) (*rotator.KeyPairArtifacts, error) {
	pair, err := tls.X509KeyPair(data[AuthorityKey], data[AuthorityKeyKey])
	if err != nil {
		return nil, err
	}
	key, is := pair.PrivateKey.(*rsa.PrivateKey)
	if !is {
		return nil, errors.New("not an RSA key")
	}
	if err := Verify(data[AuthorityKey], []*x509.Certificate{pair.Leaf}, authorityName, now.Add(renewal)); err != nil {
		return nil, err
	}
	return &rotator.KeyPairArtifacts{Cert: pair.Leaf, Key: key, CertPEM: data[AuthorityKey], KeyPEM: data[AuthorityKeyKey]}, nil
}

// isValid reports whether a Secret has a certificate that its authority verifies, for all names and long enough.
func isValid(data map[string][]byte, names []string, now time.Time) bool {
	pair, err := tls.X509KeyPair(data[CertificateKey], data[PrivateKeyKey])
	if err != nil {
		return false
	}
	for _, name := range names {
		if Verify(data[AuthorityKey], []*x509.Certificate{pair.Leaf}, name, now.Add(renewal)) != nil {
			return false
		}
	}
	return true
}
