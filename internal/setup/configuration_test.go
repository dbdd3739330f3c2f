// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	config "github.com/usher-operator/usher/api/config/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/intake"
	"github.com/usher-operator/usher/internal/mail"
)

const header = "apiVersion: config.usher.dev/v1alpha1\nkind: UsherConfiguration\n"

// configurationFile writes a configuration to a file.
func configurationFile(content string) string {
	GinkgoHelper()
	path := filepath.Join(GinkgoT().TempDir(), "usher.yaml")
	Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
	return path
}

// keysOf returns the paths of the fields of a part of the configuration.
func keysOf(t reflect.Type, prefix string) []string {
	var keys []string
	for field := range t.Fields() {
		name := prefix + strings.Split(field.Tag.Get("json"), ",")[0]
		switch {
		case field.Name == "TypeMeta":
		case field.Type.Kind() == reflect.Struct && !strings.HasSuffix(field.Type.String(), "v1.Duration"):
			keys = append(keys, keysOf(field.Type, name+".")...)
		default:
			keys = append(keys, name)
		}
	}
	return keys
}

var _ = Describe("OPS-1 the configuration", func() {
	It("has the same defaults as the parts that it configures", func() {
		o := DefaultOptions()
		Expect(o.Budgets).To(Equal(budget.Default()))
		Expect(o.IntakeLimits).To(Equal(intake.DefaultLimits()))
		Expect(o.Mail).To(Equal(mail.Options{TLS: mail.TLSStartTLS, Connections: mail.DefaultConnections}))
		Expect(o.MailTemplates).To(Equal(DefaultMailTemplates))
		Expect(o.SettleDelay).To(Equal(DefaultSettleDelay))
		Expect(o.ActivityInterval).To(Equal(DefaultActivityInterval))
		Expect(o.DrainDelay).To(Equal(DefaultDrainDelay))
	})

	It("has a flag for each field", func() {
		var named []string
		for _, s := range settings {
			named = append(named, s.key)
		}
		Expect(named).To(ConsistOf(keysOf(reflect.TypeFor[config.UsherConfiguration](), "")))
	})

	It("says what differs from the defaults", func() {
		o, err := LoadOptions(configurationFile(header + `
drainDelay: 1s
metrics: {secure: false}
portal: {url: "https://usher.acme.example", trustedProxies: [10.0.0.0/8]}
mail:
  from: usher@acme.example
  smtp: {address: "smtp.acme.example:587", connections: 5}
budgets: {phoneDay: 0}
platform: {groups: [platform-team]}
`))
		Expect(err).NotTo(HaveOccurred())
		wanted := DefaultOptions()
		wanted.DrainDelay, wanted.MetricsSecure = time.Second, false
		wanted.PortalURL, wanted.TrustedProxies = "https://usher.acme.example", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		wanted.Mail.From, wanted.Mail.Address, wanted.Mail.Connections = "usher@acme.example", "smtp.acme.example:587", 5
		wanted.Budgets.PhoneDay = 0
		wanted.PlatformGroups = []string{"platform-team"}
		wanted.configuration = o.configuration
		Expect(o).To(Equal(wanted))
		o.Namespace = "usher-system"
		Expect(o.Validate()).To(Succeed())
	})

	DescribeTable("is refused with what is wrong, and where", func(content string, messages ...string) {
		path := configurationFile(content)
		_, err := LoadOptions(path)
		Expect(err).To(MatchError(ContainSubstring(path)))
		for _, message := range messages {
			Expect(err).To(MatchError(ContainSubstring(message)))
		}
	},
		Entry("unknown fields, all at once", header+"mail: {smpt: {}}\nportal: {uri: x}", `unknown field "mail.smpt"`, `unknown field "portal.uri"`),
		Entry("a field twice", header+"drainDelay: 1s\ndrainDelay: 2s", `"drainDelay" already set in map`),
		Entry("a field in another case", header+"DrainDelay: 1s", `unknown field "DrainDelay"`),
		Entry("another type", header+"mail: {rate: fast}", "mail.rate of type int"),
		Entry("a time without a unit", header+"drainDelay: soon", "soon"),
		Entry("another kind", "apiVersion: v1\nkind: ConfigMap", `must be "config.usher.dev/v1alpha1" and "UsherConfiguration"`),
		Entry("nothing", "", `apiVersion "" and kind "" must be`),
		Entry("no YAML", "{", "yaml"),
		Entry("networks that are none", header+"portal: {trustedProxies: [10.0.0.1, 10.0.0.0/8, x]}",
			`portal.trustedProxies: "10.0.0.1" is not a network such as 10.0.0.0/8`, `"x" is not`),
	)

	It("is refused when it is incomplete, with the fields instead of the flags", func() {
		path := configurationFile(header + "queues: {domains: ['']}\nintake: {limits: {perSender: -1}}")
		o, err := LoadOptions(path)
		Expect(err).NotTo(HaveOccurred())
		o.Namespace = "usher-system"
		err = o.Validate()
		Expect(err).To(MatchError(HavePrefix("the configuration " + path + ": ")))
		for _, message := range []string{
			"mail.smtp.address is missing: set it to the mail server's host:port", "mail.from is missing", `portal.url "" must be`,
			"intake.limits.perSender -1 is negative",
		} {
			Expect(err).To(MatchError(ContainSubstring(message)))
		}
		Expect(err).NotTo(MatchError(ContainSubstring("--")))
	})

	It("has to be there", func() {
		_, err := LoadOptions(filepath.Join(GinkgoT().TempDir(), "usher.yaml"))
		Expect(err).To(MatchError(ContainSubstring("cannot read the configuration: ")))
	})
})
