// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/controller/orguser"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/intake"
	"github.com/usher-operator/usher/internal/kubeconfig"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/signin"
)

func TestProgram(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "The program")
}

// declared are the flags that parsed has declared last.
var declared *flag.FlagSet

// parsed parses arguments with a flag set of its own instead of the test binary's.
func parsed(args ...string) (setup.Options, error) {
	ofTest := flag.CommandLine
	defer func() { flag.CommandLine = ofTest }()
	flag.CommandLine = flag.NewFlagSet("usher", flag.ContinueOnError)
	flag.CommandLine.SetOutput(io.Discard)
	declared = flag.CommandLine
	options, _, err := parse(args)
	return options, err
}

var _ = Describe("Flags", func() {
	BeforeEach(func() { GinkgoT().Setenv("POD_NAMESPACE", "") })

	It("have defaults, except for the addresses of the installation", func() {
		Expect(parsed()).To(Equal(setup.Options{
			Components:       []setup.Component{setup.ComponentControllers, setup.ComponentPortal},
			LeaderElection:   true,
			HealthAddress:    ":8081",
			MetricsAddress:   ":8443",
			MetricsSecure:    true,
			PortalAddress:    ":8080",
			Directories:      true,
			WebhookPort:      9443,
			Accounts:         identity.Options{MinLength: 12},
			Mail:             mail.Options{TLS: mail.TLSStartTLS, Connections: mail.DefaultConnections},
			Budgets:          budget.Default(),
			IntakeLimits:     intake.DefaultLimits(),
			Provisional:      orguser.Provisional{Age: 90 * 24 * time.Hour, Unproven: 5000},
			ActivityInterval: setup.DefaultActivityInterval,
			SettleDelay:      setup.DefaultSettleDelay,
			DrainDelay:       setup.DefaultDrainDelay,
			MailTemplates:    setup.DefaultMailTemplates,
			Usernames:        effective.Usernames{Form: effective.UsernameASCII},
			Cluster: kubeconfig.Cluster{Name: "kubernetes", Login: kubeconfig.Login{
				ClientID: "kubectl", Scopes: []string{"openid", "email", "groups", "offline_access"}, Claim: "email",
			}},
			ClusterCAFile: "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
			SignIn: signin.Provider{
				Scopes: []string{"openid", "email", "profile"}, EmailVerified: signin.EmailVerifiedRequired,
			},
		}))
	})

	It("take the namespace from the pod unless it is set", func() {
		GinkgoT().Setenv("POD_NAMESPACE", "from-pod")
		Expect(parsed()).To(HaveField("Namespace", "from-pod"))
		Expect(parsed("--namespace=given")).To(HaveField("Namespace", "given"))
	})

	It("set the options", func() {
		options, err := parsed("--leader-elect=false", "--metrics-bind-address=0", "--metrics-secure=false",
			"--smtp-address=smtp.acme.example:465", "--smtp-tls=TLS", "--smtp-username-file=user", "--smtp-password-file=password",
			"--mail-from=usher@acme.example", "--portal-url=https://usher.acme.example", "--portal-requests-per-second=-1",
			"--sign-in-url=https://login.acme.example/kubeconfig?cluster=a&x=1", "--settle-delay=250ms", "--webhook-host=127.0.0.1", "--webhook-port=1234", "--drain-delay=1s",
			"--activity-interval=1h", "--audit-token-file=tokens", "--smtp-connections=5", "--mail-rate=90",
			"--namespace-labels=team,acme.example/*", "--gateway-url=https://sms.acme.example/", "--gateway-key-file=key",
			"--webhook-client-ca-file=ca", "--username-prefix=oidc:", "--username-form=unicode")
		Expect(err).NotTo(HaveOccurred())
		Expect(options.LeaderElection).To(BeFalse())
		Expect(options.MetricsAddress).To(Equal("0"))
		Expect(options.MetricsSecure).To(BeFalse())
		Expect(options.Mail).To(Equal(mail.Options{
			Address: "smtp.acme.example:465", TLS: mail.TLSImplicit, UsernameFile: "user", PasswordFile: "password",
			From: "usher@acme.example", Connections: 5,
		}))
		Expect(options.MailRate).To(Equal(90))
		Expect(options.Gateway).To(Equal(gateway.Options{URL: "https://sms.acme.example/", KeyFile: "key"}))
		Expect(options.NamespaceLabels).To(HaveExactElements("team", "acme.example/*"))
		Expect(options.PortalURL).To(Equal("https://usher.acme.example"))
		Expect(options.SignInURL).To(Equal("https://login.acme.example/kubeconfig?cluster=a&x=1"))
		Expect(options.PortalRequestsPerSecond).To(BeEquivalentTo(-1))
		Expect(options.SettleDelay).To(Equal(250 * time.Millisecond))
		Expect(options.WebhookHost).To(Equal("127.0.0.1"))
		Expect(options.WebhookPort).To(Equal(1234))
		Expect(options.WebhookClientCAFile).To(Equal("ca"))
		Expect(options.DrainDelay).To(Equal(time.Second))
		Expect(options.ActivityInterval).To(Equal(time.Hour))
		Expect(options.AuditTokenFile).To(Equal("tokens"))
		Expect(options.Usernames).To(Equal(effective.Usernames{Prefix: "oidc:", Form: effective.UsernameUnicode}))
	})

	DescribeTable("accept several values", func(value string, values ...string) {
		options, err := parsed("--webhook-dns-names="+value, "--platform-users="+value, "--platform-groups="+value)
		Expect(err).NotTo(HaveOccurred())
		Expect(options.WebhookDNSNames).To(HaveExactElements(values))
		Expect(options.PlatformUsers).To(HaveExactElements(values))
		Expect(options.PlatformGroups).To(HaveExactElements(values))
	},
		Entry("none", ""),
		Entry("one", "a.example", "a.example"),
		Entry("separated by commas", "a.example,b.example", "a.example", "b.example"),
		Entry("with spaces and a trailing comma", " a.example, b.example ,", "a.example", "b.example"),
	)

	It("accept the networks of proxies in one flag or several", func() {
		options, err := parsed("--trusted-proxies=10.0.0.0/8, fd00::/8", "--trusted-proxies=192.0.2.1/32")
		Expect(err).NotTo(HaveOccurred())
		Expect(options.TrustedProxies).To(HaveExactElements(
			netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("192.0.2.1/32")))
	})

	DescribeTable("are refused with what is wrong", func(argument, message string) {
		_, err := parsed(argument)
		Expect(err).To(MatchError(ContainSubstring(message)))
	},
		Entry("a proxy's address without a length", "--trusted-proxies=10.0.0.1", `"10.0.0.1" is not a network such as 10.0.0.0/8`),
		Entry("a port that is not a number", "--webhook-port=https", "-webhook-port"),
		Entry("a flag that does not exist", "--portal-uri=x", "-portal-uri"),
		Entry("an argument that is not a flag", "leader-elect=false", `unexpected argument "leader-elect=false": flags start with --`),
	)

	It("OPS-1 override the configuration file each time that it is read", func() {
		file := filepath.Join(GinkgoT().TempDir(), "usher.yaml")
		write := func(rate string) {
			Expect(os.WriteFile(file, []byte(`{"apiVersion": "config.usher.dev/v1alpha1", "kind": "UsherConfiguration",
				"mail": {"rate": `+rate+`}, "platform": {"users": ["ops"]}}`), 0o600)).To(Succeed())
		}
		write("5")
		options, err := parsed("--config="+file, "--platform-users=flag", "--namespace=usher-system")
		Expect(err).NotTo(HaveOccurred())
		Expect(options.MailRate).To(Equal(5))
		write("7")
		again, err := options.Reload()
		Expect(err).NotTo(HaveOccurred())
		Expect(again.MailRate).To(Equal(7))
		Expect(again.Namespace).To(Equal("usher-system"))
		Expect(again.PlatformUsers).To(HaveExactElements("flag"))
		write("-")
		_, err = options.Reload()
		Expect(err).To(MatchError(ContainSubstring(file)))
		Expect(parsed()).To(HaveField("Reload", BeNil()))
	})

	It("override the configuration file, which is named in any form", func() {
		file := filepath.Join(GinkgoT().TempDir(), "usher.yaml")
		Expect(os.WriteFile(file, []byte(`{"apiVersion": "config.usher.dev/v1alpha1", "kind": "UsherConfiguration",
			"portal": {"trustedProxies": ["10.0.0.0/8"]}, "mail": {"rate": 5, "from": "usher@acme.example"}, "platform": {"users": ["ops"]}}`),
			0o600)).To(Succeed())
		for _, named := range [][]string{{"--config=" + file}, {"--config", file}, {"-config=" + file}} {
			options, err := parsed(append(named, "--mail-rate=7", "--trusted-proxies=192.0.2.1/32", "--trusted-proxies=fd00::/8")...)
			Expect(err).NotTo(HaveOccurred())
			Expect(options.Mail.From).To(Equal("usher@acme.example"))
			Expect(options.PlatformUsers).To(HaveExactElements("ops"))
			Expect(options.MailRate).To(Equal(7))
			Expect(options.TrustedProxies).To(HaveExactElements(netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("fd00::/8")))
		}
		_, err := parsed("--config=" + file + ".missing")
		Expect(err).To(MatchError(ContainSubstring("cannot read the configuration")))
	})

	It("each have a field in the configuration file", func() {
		_, err := parsed()
		Expect(err).NotTo(HaveOccurred())
		without := []string{"namespace", "config", "version", "kubeconfig"}
		declared.VisitAll(func(f *flag.Flag) {
			if !slices.Contains(without, f.Name) && !strings.HasPrefix(f.Name, "zap-") {
				Expect(setup.ConfigurationKey(f.Name)).NotTo(BeEmpty(), f.Name)
			}
		})
	})

	It("report a request for the version", func() {
		_, err := parsed("--version")
		Expect(err).To(MatchError(errVersion))
	})

	It("report a request for help", func() {
		_, err := parsed("--help")
		Expect(err).To(MatchError(flag.ErrHelp))
	})
})
