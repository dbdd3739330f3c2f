// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/effective"
)

var _ = Describe("SIG-1 the hosts of organizations' providers", func() {
	issuers, err := effective.ParseIssuers([]string{"login.acme.example", "*.okta.example", "initech=sso.initech.example"})
	It("are read from the configuration", func() { Expect(err).NotTo(HaveOccurred()) })

	DescribeTable("allow an issuer", func(organization, issuer string, allowed bool) {
		Expect(issuers.Allow(organization, issuer)).To(Equal(allowed))
		if refusal := issuers.RefusalOf(organization, issuer); allowed {
			Expect(refusal).To(BeEmpty())
		} else {
			Expect(refusal).NotTo(BeEmpty())
		}
	},
		Entry("at a host", "acme", "https://login.acme.example", true),
		Entry("at a host, with a path and a port", "acme", "https://Login.acme.example:8443/realms/acme", true),
		Entry("below a host", "acme", "https://acme.okta.example/oauth2/default", true),
		Entry("at a host that is its own", "initech", "https://sso.initech.example", true),
		Entry("not at another one's host", "acme", "https://sso.initech.example", false),
		Entry("not at the host above", "acme", "https://okta.example", false),
		Entry("not below a host without *", "acme", "https://x.login.acme.example", false),
		Entry("not at a host that ends alike", "acme", "https://evilokta.example", false),
		Entry("not without TLS", "acme", "http://login.acme.example", false),
		Entry("not behind a user's name", "acme", "https://login.acme.example@evil.example", false),
		Entry("not with an allowed host for a user", "acme", "https://x@login.acme.example", false),
		Entry("not at none", "acme", "", false),
	)

	It("are refused with every entry that is wrong", func() {
		_, err := effective.ParseIssuers([]string{"https://a.example", "*.example", "Acme_=a.example", "", "a.example"})
		for _, text := range []string{`"https://a.example" names neither`, `"*.example" names neither`, `"Acme_=a.example" does not name`, `"" names`} {
			Expect(err).To(MatchError(ContainSubstring(text)))
		}
		Expect(err).NotTo(MatchError(ContainSubstring(`"a.example"`)))
	})
})
