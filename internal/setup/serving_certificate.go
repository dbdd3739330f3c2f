// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/usher-operator/usher/internal/trust"
)

// servingCertificate is the certificate of the servers in a process: of the webhooks and the metrics, or of the metrics of a portal that
// runs apart. Its key is kept in memory only.
type servingCertificate struct {
	current atomic.Pointer[tls.Certificate]
	// ready is closed when there is a certificate.
	ready chan struct{}
	first sync.Once
}

func newServingCertificate() *servingCertificate {
	return &servingCertificate{ready: make(chan struct{})}
}

// use puts a certificate in use, for connections from now on.
func (c *servingCertificate) use(pair *tls.Certificate) {
	c.current.Store(pair)
	c.first.Do(func() { close(c.ready) })
}

// configure has a server's TLS configuration use the certificate.
func (c *servingCertificate) configure(config *tls.Config) { config.GetCertificate = c.get }

func (c *servingCertificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if pair := c.current.Load(); pair != nil {
		return pair, nil
	}
	return nil, errors.New("the certificate is not in place yet")
}

// parsePair returns the certificate in a Secret.
func parsePair(data map[string][]byte) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(data[trust.CertificateKey], data[trust.PrivateKeyKey])
	return &pair, err
}

// chainOf returns the certificates that a server shows, its own first.
func chainOf(pair *tls.Certificate) []*x509.Certificate {
	chain := []*x509.Certificate{pair.Leaf}
	for _, der := range pair.Certificate[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			chain = append(chain, c)
		}
	}
	return chain
}

// same reports whether two certificates are one.
func same(a, b *tls.Certificate) bool { return bytes.Equal(a.Certificate[0], b.Certificate[0]) }
