// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package trust

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"
)

// Keys of a Secret with a certificate, as cert-manager and kubectl name them, and of the authority's key.
const (
	CertificateKey  = "tls.crt"
	PrivateKeyKey   = "tls.key"
	AuthorityKey    = "ca.crt"
	AuthorityKeyKey = "ca.key"
)

const (
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
	by, err := authorityIn(data, now)
	if err == nil && isValid(data, names, now) {
		return data, false, nil
	}
	if err != nil {
		if by, err = newAuthority(now); err != nil {
			return nil, false, fmt.Errorf("cannot create an authority: %w", err)
		}
	}
	data, err = by.issue(names, now)
	if err != nil {
		return nil, false, err
	}
	data[AuthorityKeyKey] = by.keyPEM
	return data, true, nil
}

// RenewBy returns the contents of a Secret with a certificate for host names by the authority in another Secret, without the authority's
// key. What the Secret contains is kept as long as it can be. RenewBy reports whether anything is new.
func RenewBy(authority, data map[string][]byte, names []string, now time.Time) (map[string][]byte, bool, error) {
	if bytes.Equal(data[AuthorityKey], authority[AuthorityKey]) && isValid(data, names, now) {
		return data, false, nil
	}
	by, err := authorityIn(authority, now)
	if err != nil {
		return nil, false, fmt.Errorf("the authority cannot be used: %w", err)
	}
	data, err = by.issue(names, now)
	return data, err == nil, err
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
