// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package trust is about certificates of servers, and the authorities by which clients verify them: it issues both, and knows what a
// bundle of authorities verifies.
package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"
)

// maxAuthorities is how many authorities a bundle keeps, so that it does not grow without end.
const maxAuthorities = 8

// Verify returns why a client with this bundle of authorities refuses a chain of certificates, leaf first, for a host name at a time, or
// nil if it accepts it. As for the API server, an empty bundle stands for the system's authorities.
func Verify(bundle []byte, chain []*x509.Certificate, name string, at time.Time) error {
	if len(chain) == 0 {
		return errors.New("there is no certificate")
	}
	options := x509.VerifyOptions{DNSName: name, CurrentTime: at, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	if len(bundle) > 0 {
		options.Roots = x509.NewCertPool()
		options.Roots.AppendCertsFromPEM(bundle)
	}
	_, err := chain[0].Verify(options)
	return err
}

// Join returns a bundle of the authorities in use, and of those in another bundle that are valid at a time. Other than these it drops:
// what is no authority, and what is there twice.
func Join(inUse, others []byte, at time.Time) []byte {
	joined := parse(inUse)
	for _, c := range parse(others) {
		if len(joined) < maxAuthorities && c.IsCA && !at.Before(c.NotBefore) && at.Before(c.NotAfter) && !contains(joined, c) {
			joined = append(joined, c)
		}
	}
	var bundle bytes.Buffer
	for _, c := range joined {
		_ = pem.Encode(&bundle, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) // a buffer takes everything
	}
	return bundle.Bytes()
}

// parse returns the certificates in a bundle, without whatever else is in it.
func parse(bundle []byte) []*x509.Certificate {
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, bundle = pem.Decode(bundle); block == nil {
			return all
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			all = append(all, c)
		}
	}
}

func contains(all []*x509.Certificate, one *x509.Certificate) bool {
	for _, c := range all {
		if c.Equal(one) {
			return true
		}
	}
	return false
}
