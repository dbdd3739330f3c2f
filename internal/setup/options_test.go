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

// options returns valid options.
func options() Options {
	return Options{
		Namespace:       "usher-system",
		WebhookDNSNames: []string{"usher-webhook-service.usher-system.svc"},
		PortalURL:       "https://usher.acme.example",
		Mail:            mail.Options{Address: "smtp.acme.example:587", From: "Usher <usher@acme.example>"},
	}
}

var _ = Describe("Options", func() {
	It("are valid with what is required", func() {
		o := options()
		Expect(o.Validate()).To(Succeed())
	})

	DescribeTable("are refused with what is wrong and the flag that fixes it", func(spoil func(*Options), message string) {
		o := options()
		spoil(&o)
		Expect(o.Validate()).To(MatchError(message))
	},
		Entry("no namespace", func(o *Options) { o.Namespace = "" },
			"the operator does not know its own namespace: set --namespace or the environment variable POD_NAMESPACE"),
		Entry("no mail server", func(o *Options) { o.Mail.Address = "" },
			"--smtp-address is missing: set it to the mail server's host:port"),
		Entry("no sender", func(o *Options) { o.Mail.From = "" },
			"--mail-from is missing: set it to the sender's address of the mails"),
		Entry("a negative mail rate", func(o *Options) { o.MailRate = -1 },
			"--mail-rate -1 is negative: set it to the maximum number of mails per minute, or 0 for no limit"),
		Entry("OPS-9 a negative budget", func(o *Options) { o.Budgets.PhonesDay = -1 },
			"--budget-phones-day -1 is negative: set it to the maximum number of messages a day to phones for one organization, or 0 for no limit"),
		Entry("a negative number of connections", func(o *Options) { o.Mail.Connections = -1 },
			"--smtp-connections -1 is negative: set it to the maximum number of simultaneous connections"),
		Entry("a label that cannot be allowed", func(o *Options) { o.NamespaceLabels = []string{"team", "accounts.usher.dev/workspace"} },
			"--namespace-labels: \"accounts.usher.dev/workspace\" is reserved: Usher or Kubernetes records with it who owns the namespace"),
		Entry("an intake address without a host", func(o *Options) { o.IntakeAddress = "2424" },
			`--intake-address: intake address "2424" must be host:port or unix:/path, for example 127.0.0.1:2424`),
		Entry("a socket with a relative path", func(o *Options) { o.IntakeAddress = "unix:lmtp" },
			`--intake-address: intake address "unix:lmtp" must contain an absolute path, for example unix:/run/usher/lmtp`),
		Entry("a negative intake rate", func(o *Options) { o.IntakeLimits.PerSender = -1 }, "--intake-sender-rate -1 is negative: set it to 0 or more"),
		Entry("memory for less than one mail", func(o *Options) { o.IntakeLimits.Memory, o.IntakeLimits.MessageBytes = 1, 2 },
			"--intake-memory-bytes 1 is less than the largest mail may take: set it to at least --intake-max-bytes, 2"),
		Entry("a negative interval", func(o *Options) { o.ActivityInterval = -time.Minute },
			"--activity-interval -1m0s is negative: set it to 0 to turn tracking off"),
		Entry("a gateway without a key", func(o *Options) { o.Gateway.URL = "https://sms.acme.example" },
			"--gateway-key-file is missing: set it to the key that signs messages, so that the gateway knows they are from Usher"),
		Entry("a key without a gateway", func(o *Options) { o.Gateway.KeyFile = "key" },
			"--gateway-key-file is set, but --gateway-url is not: set both or neither"),
		Entry("a gateway without TLS", func(o *Options) { o.Gateway = gateway.Options{URL: "http://sms.acme.example", KeyFile: "key"} },
			"--gateway-url: gateway \"http://sms.acme.example\" must have the scheme https, because messages contain names and "+
				"addresses; http is for 127.0.0.1 only"),
		Entry("audit events without tracking", func(o *Options) { o.AuditTokenFile = "token" },
			"--audit-token-file is set, but --activity-interval=0 turns off the tracking that audit events are for: remove one of the two"),
	)

	DescribeTable("are refused without an absolute URL for the portal", func(url string) {
		o := options()
		o.PortalURL = url
		Expect(o.Validate()).To(MatchError(ContainSubstring(
			"must be the absolute URL at which people reach the portal, such as https://usher.acme.example")))
	},
		Entry("none", ""),
		Entry("no scheme", "usher.acme.example"),
		Entry("host and port", "localhost:8080"),
		Entry("no host", "https:///portal"),
		Entry("a path", "/portal"),
		Entry("another scheme", "ftp://usher.acme.example"),
		Entry("an invalid port", "https://usher.acme.example:port"),
		Entry("a control character", "https://usher.acme.example/\n"),
	)

	It("accept a portal below a path, and one without TLS behind a proxy", func() {
		for _, url := range []string{"https://acme.example/usher/", "http://127.0.0.1:8080"} {
			o := options()
			o.PortalURL = url
			Expect(o.Validate()).To(Succeed(), url)
		}
	})

	It("LMI-12 are refused with a place to sign in that a mail cannot link to, which may be missing", func() {
		for url, valid := range map[string]bool{
			"": true, "https://login.acme.example/kubeconfig?cluster=a&x=1": true, "login.acme.example": false, "javascript:alert(1)": false,
			"https://login.acme.example/ñ": false, "https://login.acme.example/ x": false,
		} {
			o := options()
			o.SignInURL = url
			if valid {
				Expect(o.Validate()).To(Succeed(), url)
				continue
			}
			Expect(o.Validate()).To(MatchError(ContainSubstring(`must be the absolute URL at which people sign in to the cluster, such as `+
				`https://login.acme.example, or empty`)), url)
		}
	})

	It("are refused with all errors at once", func() {
		err := (&Options{}).Validate()
		for _, flag := range []string{"--namespace", "--smtp-address", "--mail-from", "--portal-url"} {
			Expect(err).To(MatchError(ContainSubstring(flag)))
		}
	})

	DescribeTable("use the sender's domain in Message-IDs", func(from, domain string) {
		o := options()
		o.Mail.From = from
		Expect(o.mailDomain()).To(Equal(domain))
	},
		Entry("bare", "usher@acme.example", "acme.example"),
		Entry("with a name", "Usher <usher@acme.example>", "acme.example"),
		Entry("with an @ in the name", `"us@her" <usher@mail.acme.example> `, "mail.acme.example"),
	)

	It("use the system's clock unless another is set", func() {
		o := options()
		Expect(o.now()()).To(BeTemporally("~", time.Now(), time.Minute))
		noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
		o.Now = func() time.Time { return noon }
		Expect(o.now()()).To(Equal(noon))
	})

	It("name the webhooks and metrics after the Services in the operator's namespace", func() {
		o := Options{Namespace: "accounts"}
		Expect(o.DNSNames()).To(HaveExactElements("usher-webhook-service.accounts.svc", "usher-metrics.accounts.svc"))
		o.WebhookDNSNames = []string{"localhost"}
		Expect(o.DNSNames()).To(HaveExactElements("localhost"))
	})
})
