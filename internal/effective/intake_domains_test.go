// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

func domains(entries ...string) effective.IntakeDomains {
	GinkgoHelper()
	d, err := effective.ParseIntakeDomains(entries)
	Expect(err).NotTo(HaveOccurred())
	return d
}

var _ = Describe("LMI-3 The domains in which organizations receive mail", func() {
	some := func() effective.IntakeDomains {
		return domains("acme=in.acme.example", "acme=Help@Shared.example", "acme=cañas.example", "beta=shared.example", "gamma=shared.example")
	}

	DescribeTable("decide who may use an address", func(organization, address string, may bool) {
		Expect(some().Allow(organization, address)).To(Equal(may))
	},
		Entry("a domain", "acme", "Anything@IN.acme.example", true),
		Entry("another organization's domain", "beta", "help@in.acme.example", false),
		Entry("a subdomain", "acme", "help@x.in.acme.example", false),
		Entry("the parent domain", "acme", "help@acme.example", false),
		Entry("a domain with the same ending", "acme", "help@evil-in.acme.example", false),
		Entry("an address", "acme", "help@shared.example", true),
		Entry("another address of that domain", "acme", "other@shared.example", false),
		Entry("an address of a shared domain that belongs to another organization", "beta", "HELP@shared.example", false),
		Entry("a shared domain", "gamma", "other@shared.example", true),
		Entry("a domain in its form in DNS", "acme", "help@xn--caas-hqa.example", true),
		Entry("an organization without an entry", "delta", "help@delta.example", false),
	)

	It("leave every address to the first organization that requests it if there are none", func() {
		Expect(domains().Allow("acme", "help@anywhere.example")).To(BeTrue())
		Expect(domains().RefusalMessage(takesIn("acme", "support", "help@anywhere.example", 0))).To(BeEmpty())
	})

	DescribeTable("cannot be parsed from", func(entry, message string) {
		_, err := effective.ParseIntakeDomains([]string{"acme=in.acme.example", entry})
		Expect(err).To(MatchError(message))
	},
		Entry("a domain alone", "in.acme.example", `"in.acme.example" does not name an organization: write organization=domain or `+
			"organization=address, for example acme=in.acme.example"),
		Entry("an organization with an invalid name", "Acme!=in.acme.example", `"Acme!=in.acme.example" does not name an organization: `+
			"write organization=domain or organization=address, for example acme=in.acme.example"),
		Entry("no domain", "acme=", `"acme=" names neither a mail domain such as in.acme.example nor an address such as help@acme.example`),
		Entry("a host without a dot", "acme=localhost",
			`"acme=localhost" names neither a mail domain such as in.acme.example nor an address such as help@acme.example`),
		Entry("a wildcard", "acme=*.acme.example",
			`"acme=*.acme.example" names neither a mail domain such as in.acme.example nor an address such as help@acme.example`),
		Entry("a domain with an @ in front", "acme=@acme.example",
			`"acme=@acme.example" names neither a mail domain such as in.acme.example nor an address such as help@acme.example`),
	)

	It("are refused with all wrong entries at once", func() {
		_, err := effective.ParseIntakeDomains([]string{"one", "two"})
		Expect(err).To(MatchError(And(ContainSubstring(`"one"`), ContainSubstring(`"two"`))))
	})

	It("keep an older workspace of another organization from having the address", func() {
		squatter, mine := takesIn("beta", "desk", "help@in.acme.example", 9), takesIn("acme", "support", "help@in.acme.example", 0)
		Expect(effective.IntakeHolder([]*v1alpha1.Workspace{squatter, mine}, some())).To(BeIdenticalTo(mine))
		Expect(effective.IntakeHolder([]*v1alpha1.Workspace{squatter}, some())).To(BeNil())
	})
})
