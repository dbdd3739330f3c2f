// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
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

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/test/mailbox"
)

// guardedMailbox is a mail server that offers STARTTLS and asks for a password; with the file of its authority.
func guardedMailbox(password string) (guarded *mailbox.Mailbox, authority string) {
	GinkgoHelper()
	settings, authority := certificate()
	guarded = mailbox.New(mailbox.Options{
		Dir: GinkgoT().TempDir(), TLS: settings,
		Login: func(_, given string) error {
			if given != password {
				return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "not you: " + given}
			}
			return nil
		},
	})
	Expect(guarded.Start()).To(Succeed())
	DeferCleanup(guarded.Close)
	return guarded, authority
}

// restartWith gives what starts the operator anew for another mail server, by STARTTLS and with a password. The usual one
// comes back at the end.
func restartWith(ctx context.Context) func(address, authority, password string) {
	return func(address, authority, password string) {
		GinkgoHelper()
		Expect(usher.Stop()).To(Succeed())
		usher = shared.StartOperator(ctx, func(o *setup.Options) {
			o.Mail = mail.Options{
				Address: address, From: o.Mail.From, TLS: mail.TLSStartTLS, CAFile: authority,
				UsernameFile: written("username", "usher"), PasswordFile: password,
			}
		})
		DeferCleanup(func(ctx context.Context) {
			Expect(usher.Stop()).To(Succeed())
			startOperator(ctx)
		})
	}
}

// certificate makes a self-signed one for 127.0.0.1 and the file in which its authority stands.
func certificate() (*tls.Config, string) {
	GinkgoHelper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	Expect(err).NotTo(HaveOccurred())
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}, written("ca.pem", string(authority))
}

// written makes a file of a test, and overwrite changes one.
func written(name, text string) string {
	GinkgoHelper()
	file := filepath.Join(GinkgoT().TempDir(), name)
	overwrite(file, text)
	return file
}

func overwrite(file, text string) {
	GinkgoHelper()
	Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
}
