// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"os"
	"path/filepath"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/certificate"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// guardedMailbox starts a mail server that offers STARTTLS and requires a password. It also returns the file of its CA.
func guardedMailbox(password string) (guarded *mailbox.Mailbox, authority string) {
	GinkgoHelper()
	shown, err := certificate.Loopback(GinkgoT().TempDir())
	Expect(err).NotTo(HaveOccurred())
	guarded = mailbox.New(mailbox.Options{
		Dir: GinkgoT().TempDir(), TLS: shown.Server,
		Login: func(_, given string) error {
			if given != password {
				return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "not you: " + given}
			}
			return nil
		},
	})
	Expect(guarded.Start()).To(Succeed())
	DeferCleanup(guarded.Close)
	return guarded, shown.File
}

// restartWithMailServer returns a function that restarts the operator with another mail server, STARTTLS and a password until
// the spec ends.
func restartWithMailServer(ctx context.Context) func(address, authority, password string) {
	return func(address, authority, password string) {
		GinkgoHelper()
		restartWithMailOptions(ctx, func(o *mail.Options) {
			*o = mail.Options{
				Address: address, From: o.From, TLS: mail.TLSStartTLS, CAFile: authority,
				UsernameFile: writeFile("username", "usher"), PasswordFile: password,
			}
		})
	}
}

// restartWithMailOptions restarts the operator with other mail options until the spec ends.
func restartWithMailOptions(ctx context.Context, change func(*mail.Options)) {
	GinkgoHelper()
	Expect(usher.Stop()).To(Succeed())
	usher = shared.StartOperator(ctx, func(o *setup.Options) { change(&o.Mail) })
	DeferCleanup(func(ctx context.Context) {
		Expect(usher.Stop()).To(Succeed())
		startOperator(ctx)
	})
}

// writeFile creates a file for a spec, and overwrite changes it.
func writeFile(name, text string) string {
	GinkgoHelper()
	file := filepath.Join(GinkgoT().TempDir(), name)
	overwrite(file, text)
	return file
}

func overwrite(file, text string) {
	GinkgoHelper()
	Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
}
