// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
)

// servingCertificate is the certificate of the webhooks and the metrics. Its key is kept in memory only.
type servingCertificate struct {
	// dir receives the certificate without its key, because the rotation waits for such a file.
	dir     string
	current atomic.Pointer[tls.Certificate]
	// ready is closed when there is a certificate.
	ready chan struct{}
	first sync.Once
}

func newServingCertificate(dir string) *servingCertificate {
	return &servingCertificate{dir: dir, ready: make(chan struct{})}
}

// use puts the certificate in the Secret in use, for connections from now on.
func (c *servingCertificate) use(secret *corev1.Secret) error {
	if !isComplete(secret) {
		return nil // not created yet
	}
	pair, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		return fmt.Errorf("the certificate in Secret %s/%s: delete the Secret to have a new one created: %w",
			secret.Namespace, secret.Name, err)
	}
	c.current.Store(&pair)
	if err := os.WriteFile(filepath.Join(c.dir, corev1.TLSCertKey), secret.Data[corev1.TLSCertKey], 0o600); err != nil {
		return fmt.Errorf("cannot write the webhooks' certificate: %w", err)
	}
	c.first.Do(func() { close(c.ready) })
	return nil
}

// initialData returns nothing, because the rotation fills the Secret.
func (*servingCertificate) initialData() map[string][]byte { return nil }

// configure has a server's TLS configuration use the certificate.
func (c *servingCertificate) configure(config *tls.Config) { config.GetCertificate = c.get }

func (c *servingCertificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if pair := c.current.Load(); pair != nil {
		return pair, nil
	}
	return nil, errors.New("the certificate is not in place yet")
}

// isComplete reports whether a Secret contains a certificate, its key and its authority.
func isComplete(secret *corev1.Secret) bool {
	for _, name := range []string{corev1.TLSCertKey, corev1.TLSPrivateKeyKey, corev1.ServiceAccountRootCAKey} {
		if len(secret.Data[name]) == 0 {
			return false
		}
	}
	return true
}
