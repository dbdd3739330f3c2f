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
	// addresses are those that a server is reached at; none: it is a client.
	addresses []net.IP
}

// leaves lists the certificates of a cluster.
func (s *state) leaves() []leaf {
	list := []leaf{
		{name: "server", commonName: "kube-apiserver", addresses: s.serverAddresses()},
		{name: "etcd-client", commonName: "kube-apiserver-etcd-client"},
		{name: "admin", commonName: "kubernetes-admin", organization: "system:masters"},
		{name: "manager", commonName: "system:kube-controller-manager"},
		{name: "dex-client", commonName: "usher"},
	}
	if s.Nodes == 0 {
		return list
	}
	list = append(list,
		leaf{name: "kubelet-client", commonName: "kube-apiserver-kubelet-client", organization: "system:masters"},
		leaf{name: "scheduler", commonName: "system:kube-scheduler"},
		leaf{name: "proxy", commonName: "system:kube-proxy"},
		leaf{name: "netpol", commonName: netpolUser})
	for i := range s.Nodes {
		name := nodeName(i + 1)
		list = append(list, leaf{name: name, commonName: "system:node:" + name, organization: "system:nodes"})
	}
	return list
}

// ensurePKI creates the authority, the certificates and the key of ServiceAccount tokens, unless they exist and do not
// expire soon.
func ensurePKI(p paths, leaves []leaf, now time.Time) error {
	if pkiUsable(p, leaves, now) {
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

func pkiUsable(p paths, leaves []leaf, now time.Time) bool {
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
		if err != nil || !l.covered(certificate) {
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

// covered reports whether a certificate is for all addresses of the server.
func (l leaf) covered(certificate *x509.Certificate) bool {
	for _, address := range l.addresses {
		if certificate.VerifyHostname(address.String()) != nil {
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
	if len(l.addresses) > 0 {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
		template.IPAddresses = l.addresses
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
