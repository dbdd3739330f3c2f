// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

const (
	authorityName = "usher-ca"
	organization  = "usher"
)

// authority issues certificates.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	pem, keyPEM []byte
}

// newAuthority returns an authority that is new.
func newAuthority(now time.Time) (*authority, error) {
	key, keyPEM, err := newKey()
	if err != nil {
		return nil, err
	}
	template := template(authorityName, now, authorityValidity)
	template.DNSNames = []string{authorityName}
	template.IsCA, template.MaxPathLenZero = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &authority{certificate: certificate, key: key, pem: encode("CERTIFICATE", der), keyPEM: keyPEM}, err
}

// authorityIn returns the authority in a Secret, or why it can issue nothing any more.
func authorityIn(data map[string][]byte, now time.Time) (*authority, error) {
	pair, err := tls.X509KeyPair(data[AuthorityKey], data[AuthorityKeyKey])
	if err != nil {
		return nil, err
	}
	key, is := pair.PrivateKey.(crypto.Signer)
	if !is {
		return nil, errors.New("the key cannot sign")
	}
	if err := Verify(data[AuthorityKey], []*x509.Certificate{pair.Leaf}, authorityName, now.Add(renewal)); err != nil {
		return nil, err
	}
	return &authority{certificate: pair.Leaf, key: key, pem: data[AuthorityKey], keyPEM: data[AuthorityKeyKey]}, nil
}

// issue returns the contents of a Secret with a new certificate for host names, the first of which is its subject.
func (a *authority) issue(names []string, now time.Time) (map[string][]byte, error) {
	key, keyPEM, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("cannot create a key: %w", err)
	}
	template := template(names[0], now, validity)
	template.DNSNames = names
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("cannot issue a certificate: %w", err)
	}
	return map[string][]byte{CertificateKey: encode("CERTIFICATE", der), PrivateKeyKey: keyPEM, AuthorityKey: a.pem}, nil
}

// template returns what all certificates have in common. Without a serial number, each gets a random one: clients may refuse two
// certificates of one authority with the same number.
func template(subject string, now time.Time, validity time.Duration) *x509.Certificate {
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: subject, Organization: []string{organization}},
		NotBefore: now.Add(-backdating), NotAfter: now.Add(validity),
		BasicConstraintsValid: true,
	}
}

func newKey() (crypto.Signer, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return key, encode("PRIVATE KEY", der), err
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
