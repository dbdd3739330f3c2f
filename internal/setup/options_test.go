// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
)

// options gives options that are in order.
func options() Options {
	return Options{
		Namespace:       "usher-system",
		WebhookDNSNames: []string{"usher-webhook-service.usher-system.svc"},
		PortalURL:       "https://usher.acme.example",
		Mail:            mail.Options{Address: "smtp.acme.example:587", From: "Usher <usher@acme.example>"},
	}
}

var _ = Describe("Options", func() {
	It("are in order with what is needed", func() {
		o := options()
		Expect(o.Validate()).To(Succeed())
	})

	DescribeTable("name what is missing and the flag that sets it right", func(spoil func(*Options), message string) {
		o := options()
		spoil(&o)
		Expect(o.Validate()).To(MatchError(message))
	},
		Entry("namespace", func(o *Options) { o.Namespace = "" },
			"the operator does not know its own namespace: set --namespace or the environment variable POD_NAMESPACE"),
		Entry("names of the webhooks", func(o *Options) { o.WebhookDNSNames = nil },
			"--webhook-dns-names needs at least one name under which the API server calls"),
		Entry("mail server", func(o *Options) { o.Mail.Address = "" },
			"--smtp-address is missing: set it to the mail server's host:port"),
		Entry("sender", func(o *Options) { o.Mail.From = "" },
			"--mail-from is missing: set it to the address that mails come from"),
		Entry("a rate below zero", func(o *Options) { o.MailRate = -1 },
			"--mail-rate -1 is negative: set it to the mails a minute that are sent at most, 0 for no limit"),
		Entry("fewer connections than none", func(o *Options) { o.Mail.Connections = -1 },
			"--smtp-connections -1 is negative: set it to the connections that are open at the same time at most"),
		Entry("an interval below zero", func(o *Options) { o.ActivityInterval = -time.Minute },
			"--activity-interval -1m0s is negative: set it to 0 to turn it off"),
		Entry("audit events for nothing", func(o *Options) { o.AuditTokenFile = "token" },
			"--audit-token-file is set, but --activity-interval=0 turns off what audit events are for: leave one of them out"),
	)

	DescribeTable("want a URL for the portal that mails can hold", func(url string) {
		o := options()
		o.PortalURL = url
		Expect(o.Validate()).To(MatchError(ContainSubstring(
			"must be the absolute URL under which people reach the portal, such as https://usher.acme.example")))
	},
		Entry("none", ""),
		Entry("no scheme", "usher.acme.example"),
		Entry("host and port", "localhost:8080"),
		Entry("no host", "https:///portal"),
		Entry("a path", "/portal"),
		Entry("another scheme", "ftp://usher.acme.example"),
		Entry("no URL at all", "https://usher.acme.example:port"),
		Entry("a control character", "https://usher.acme.example/\n"),
	)

	It("can have a portal under a path, and one without TLS behind a proxy", func() {
		for _, url := range []string{"https://acme.example/usher/", "http://127.0.0.1:8080"} {
			o := options()
			o.PortalURL = url
			Expect(o.Validate()).To(Succeed(), url)
		}
	})

	It("are told all their faults at once", func() {
		err := (&Options{}).Validate()
		for _, flag := range []string{"--namespace", "--webhook-dns-names", "--smtp-address", "--mail-from", "--portal-url"} {
			Expect(err).To(MatchError(ContainSubstring(flag)))
		}
	})

	DescribeTable("give Message-IDs the sender's domain", func(from, domain string) {
		o := options()
		o.Mail.From = from
		Expect(o.mailDomain()).To(Equal(domain))
	},
		Entry("bare", "usher@acme.example", "acme.example"),
		Entry("with a name", "Usher <usher@acme.example>", "acme.example"),
		Entry("with an @ in the name", `"us@her" <usher@mail.acme.example> `, "mail.acme.example"),
	)

	It("take the system's clock unless another is given", func() {
		o := options()
		Expect(o.now()()).To(BeTemporally("~", time.Now(), time.Minute))
		noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
		o.Now = func() time.Time { return noon }
		Expect(o.now()()).To(Equal(noon))
	})
})
