// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"os"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/exim"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

var _ = Describe("A third-party mail server (Exim)", func() {
	It("NOV-9 NOV-11 accepts all mails of an invited person, and its refusals of unknown addresses are reported", func(ctx context.Context) {
		dir, err := os.MkdirTemp("", "usher-exim-") // the server's user must have access to it
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(os.RemoveAll, dir)
		server, err := exim.Start(dir)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(server.Stop()).To(Succeed()) })
		restartWithMailServer(ctx)(server.Addr, server.Authority, writeFile("password", exim.Password))

		org := organization(ctx)
		luis, gone := "luis@"+org+".example", "gone@"+org+".example"
		i := builders.Invitation(org, "team", luis, gone).Obj()
		create(ctx, i)
		link := func(path string) func(Gomega) string {
			return func(g Gomega) string {
				messages, err := server.Messages()
				g.Expect(err).NotTo(HaveOccurred())
				for _, m := range messages {
					if m.SentTo(luis) && linkIn(m, path) != "" {
						return linkIn(m, path)
					}
				}
				return ""
			}
		}
		Eventually(link("/i/")).ShouldNot(BeEmpty(), server.Log)
		Expect(post(ctx, link("/i/")(Default), registration("Luis"))).To(Equal(http.StatusSeeOther))
		Eventually(link("/c/")).ShouldNot(BeEmpty(), server.Log)
		Expect(post(ctx, link("/c/")(Default), nil)).To(Equal(http.StatusSeeOther))
		Eventually(get(ctx, i)).Should(WithTransform(mailOf(luis), And(
			HaveField("Kind", v1alpha1.MailWelcome), HaveField("State", v1alpha1.MailSent))))
		Eventually(get(ctx, i)).Should(WithTransform(recipientState(gone), Equal(v1alpha1.RecipientUndeliverable)))
		Expect(recipientOf(i, gone).Mail.LastError).To(ContainSubstring("550 no such user"))
		Eventually(func(g Gomega) []mailbox.Message {
			messages, err := server.Messages()
			g.Expect(err).NotTo(HaveOccurred())
			// People of other specs may get mails by this server as well.
			return slices.DeleteFunc(messages, func(m mailbox.Message) bool { return !m.SentTo(luis) })
		}).Should(And(HaveLen(3), HaveEach(HaveField("Malformed", BeEmpty()))))
	})
})
