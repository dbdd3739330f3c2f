// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/gateway"
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
		Entry("labels that nobody may set", func(o *Options) { o.NamespaceLabels = []string{"team", "accounts.usher.dev/workspace"} },
			"--namespace-labels: \"accounts.usher.dev/workspace\" is kept by Usher or by Kubernetes itself, and says whose the namespace is"),
		Entry("a place for mails that is none", func(o *Options) { o.IntakeAddress = "2424" },
			`--intake-address: intake address "2424" must be host:port or unix:/path, 127.0.0.1:2424 for example`),
		Entry("a socket nowhere", func(o *Options) { o.IntakeAddress = "unix:lmtp" },
			`--intake-address: intake address "unix:lmtp" must name an absolute path, unix:/run/usher/lmtp for example`),
		Entry("fewer mails than none", func(o *Options) { o.IntakeLimits.PerSender = -1 }, "--intake-sender-rate -1 is negative"),
		Entry("memory for less than a mail", func(o *Options) { o.IntakeLimits.Memory, o.IntakeLimits.MessageBytes = 1, 2 },
			"--intake-memory-bytes 1 is less than one mail may take: set it to --intake-max-bytes 2 or more"),
		Entry("an interval below zero", func(o *Options) { o.ActivityInterval = -time.Minute },
			"--activity-interval -1m0s is negative: set it to 0 to turn it off"),
		Entry("a gateway without a key", func(o *Options) { o.Gateway.URL = "https://sms.acme.example" },
			"--gateway-key-file is missing: the gateway knows by its signatures that messages are from Usher"),
		Entry("a key without a gateway", func(o *Options) { o.Gateway.KeyFile = "key" },
			"--gateway-key-file is set, but --gateway-url is not: set both, or neither"),
		Entry("a gateway that anybody could listen to", func(o *Options) { o.Gateway = gateway.Options{URL: "http://sms.acme.example", KeyFile: "key"} },
			"--gateway-url is of no use\ngateway \"http://sms.acme.example\" must have the scheme https, as messages hold names and addresses; "+
				"http is for 127.0.0.1 only"),
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
