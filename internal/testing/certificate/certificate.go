// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package certificate creates certificates for test servers.
package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificate is a self-signed certificate for 127.0.0.1 that is valid for an hour.
type Certificate struct {
	// File holds the certificate in PEM format, which is also the authority to trust. KeyFile holds its private key.
	File, KeyFile string
	// Server is the configuration with which a Go server presents the certificate.
	Server *tls.Config
}

// Loopback creates a certificate and writes it to cert.pem and key.pem in a folder.
func Loopback(dir string) (*Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	c := &Certificate{
		File: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"),
		Server: &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{{Certificate: [][]byte{public}, PrivateKey: key}},
		},
	}
	if err := write(c.File, "CERTIFICATE", public); err != nil {
		return nil, err
	}
	return c, write(c.KeyFile, "PRIVATE KEY", private)
}

func write(file, kind string, content []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600)
}
