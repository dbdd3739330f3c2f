// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

const (
	certificateLife = 365 * 24 * time.Hour
	renewBefore     = 30 * 24 * time.Hour
	clockSkew       = time.Hour
)

// leaf is a certificate signed by the cluster's own authority. Its files are <name>.crt and <name>.key.
type leaf struct {
	name, commonName, organization string
	server                         bool
}

var leaves = []leaf{
	{name: "server", commonName: "kube-apiserver", server: true},
	{name: "etcd-client", commonName: "kube-apiserver-etcd-client"},
	{name: "admin", commonName: "kubernetes-admin", organization: "system:masters"},
	{name: "manager", commonName: "system:kube-controller-manager"},
}

// ensurePKI creates the authority, the certificates and the key of ServiceAccount tokens, unless they exist and do not
// expire soon.
func ensurePKI(p paths, now time.Time) error {
	if pkiUsable(p, now) {
		return nil
	}
	authority, key, err := newAuthority(now)
	if err != nil {
		return err
	}
	if err := writePair(p, "ca", authority.Raw, key); err != nil {
		return err
	}
	for _, l := range leaves {
		if err := issue(p, l, authority, key, now); err != nil {
			return fmt.Errorf("certificate %q: %w", l.name, err)
		}
	}
	return writeTokenKey(p)
}

func pkiUsable(p paths, now time.Time) bool {
	content, err := os.ReadFile(p.pki("ca.crt"))
	if err != nil {
		return false
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		return false
	}
	for _, l := range leaves {
		pair, err := tls.LoadX509KeyPair(p.pki(l.name+".crt"), p.pki(l.name+".key"))
		if err != nil {
			return false
		}
		certificate, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			return false
		}
		_, err = certificate.Verify(x509.VerifyOptions{
			Roots: roots, CurrentTime: now.Add(renewBefore), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
		if err != nil {
			return false
		}
	}
	for _, name := range []string{"sa.key", "sa.pub"} {
		if info, err := os.Stat(p.pki(name)); err != nil || info.Size() == 0 {
			return false
		}
	}
	return true
}

func newAuthority(now time.Time) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template, err := certificate("usher-devcluster", "", now)
	if err != nil {
		return nil, nil, err
	}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	authority, err := x509.ParseCertificate(raw)
	return authority, key, err
}

func issue(p paths, l leaf, authority *x509.Certificate, authorityKey *ecdsa.PrivateKey, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template, err := certificate(l.commonName, l.organization, now)
	if err != nil {
		return err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if l.server {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.IPv4(10, 0, 0, 1)}
		template.DNSNames = []string{
			"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, authority, &key.PublicKey, authorityKey)
	if err != nil {
		return err
	}
	return writePair(p, l.name, raw, key)
}

func certificate(commonName, organization string, now time.Time) (*x509.Certificate, error) {
	const serialBits = 127
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return nil, err
	}
	subject := pkix.Name{CommonName: commonName}
	if organization != "" {
		subject.Organization = []string{organization}
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: subject,
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(certificateLife),
	}, nil
}

func writePair(p paths, name string, raw []byte, key *ecdsa.PrivateKey) error {
	encoded, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		writePEM(p.pki(name+".crt"), "CERTIFICATE", raw),
		writePEM(p.pki(name+".key"), "EC PRIVATE KEY", encoded))
}

// writeTokenKey creates the key pair that signs and verifies the tokens of ServiceAccounts.
func writeTokenKey(p paths) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	return errors.Join(
		writePEM(p.pki("sa.key"), "EC PRIVATE KEY", private),
		writePEM(p.pki("sa.pub"), "PUBLIC KEY", public))
}

func writePEM(path, kind string, raw []byte) error {
	return writeFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}))
}
