// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// organizationWith returns an organization with a changed spec.
func organizationWith(change func(*v1alpha1.OrganizationSpec)) *v1alpha1.Organization {
	return builders.Organization("acme").With(func(o *v1alpha1.Organization) { change(&o.Spec) }).Obj()
}

func inZone(zone string) *v1alpha1.Organization {
	return organizationWith(func(s *v1alpha1.OrganizationSpec) { s.Profile.TimeZone = v1alpha1.TimeZone(zone) })
}

func inCountry(code string) *v1alpha1.Organization {
	return organizationWith(func(s *v1alpha1.OrganizationSpec) { s.Profile.Address.Country = v1alpha1.CountryCode(code) })
}

func speaking(tag string) *v1alpha1.Organization {
	return organizationWith(func(s *v1alpha1.OrganizationSpec) { s.Settings.Language = v1alpha1.LanguageTag(tag) })
}

var _ = Describe("An organization's content", func() {
	It("is valid if the spec is empty", func() {
		Expect(authz.CheckContent(builders.Organization("acme").Obj())).To(BeEmpty())
	})

	It("must be named after its namespace", func() {
		o := builders.Organization("acme").With(func(o *v1alpha1.Organization) { o.Name = "other" }).Obj()
		Expect(authz.CheckContent(o)).To(HaveExactElements(authz.Violation{
			Field: "metadata.name", Reason: authz.Invalid, Rule: "organization-named-after-namespace", Value: "other",
			Message: `an Organization is named after its namespace: name it "acme", or create it in a namespace called "other". The name that people see is ` +
				`spec.profile.displayName, which can be changed at any time`,
		}))
	})

	It("must have a logo that is a picture", func() {
		found := authz.CheckContent(organizationWith(func(s *v1alpha1.OrganizationSpec) { s.Branding.Logo = []byte("<svg><script/></svg>") }))
		Expect(found).To(HaveExactElements(authz.Violation{
			Field: "spec.branding.logo", Reason: authz.Invalid, Rule: "logo-is-picture",
			Message: "must be a PNG, JPEG or WebP picture in base64, such as `base64 -w0 logo.png` prints",
		}))
	})

	DescribeTable("must have a time zone of the IANA database", func(zone string, known bool) {
		found := authz.CheckContent(inZone(zone))
		if known {
			Expect(found).To(BeEmpty())
			return
		}
		Expect(found).To(HaveExactElements(authz.Violation{
			Field: "spec.profile.timeZone", Reason: authz.Invalid, Rule: "time-zone-known", Value: zone,
			Message: "is not in the IANA time zone database: use a name such as Europe/Madrid",
		}))
	},
		Entry(nil, "Europe/Madrid", true),
		Entry(nil, "America/Argentina/Buenos_Aires", true),
		Entry(nil, "UTC", true),
		Entry("a zone that does not exist", "Europe/Atlantis", false),
		Entry("the server's own zone", "Local", false),
		Entry("a path", "../../etc/passwd", false),
	)

	DescribeTable("must have a country of ISO 3166-1", func(code string, known bool) {
		found := authz.CheckContent(inCountry(code))
		if known {
			Expect(found).To(BeEmpty())
			return
		}
		Expect(found).To(HaveExactElements(authz.Violation{
			Field: "spec.profile.address.country", Reason: authz.Invalid, Rule: "country-known", Value: code,
			Message: "is not an ISO 3166-1 alpha-2 country code: use a code such as ES",
		}))
	},
		Entry(nil, "ES", true), Entry(nil, "GB", true), Entry(nil, "SS", true), Entry(nil, "AX", true),
		Entry("a code that is not assigned", "ZZ", false),
		Entry("a code that is reserved for the United Kingdom", "UK", false),
		Entry("a code for a union of countries", "EU", false),
		Entry("a code of a former country", "SU", false),
		Entry("a code for users to assign", "XK", false),
		Entry("lower case", "es", false),
		Entry("three letters", "ESP", false),
	)

	It("accepts exactly as many countries as the standard assigns", func() {
		known := 0
		for first := 'A'; first <= 'Z'; first++ {
			for second := 'A'; second <= 'Z'; second++ {
				if len(authz.CheckContent(inCountry(string(first)+string(second)))) == 0 {
					known++
				}
			}
		}
		Expect(known).To(Equal(249))
	})

	It("must have a country of ISO 3166-1 in the billing address, too", func() {
		o := organizationWith(func(s *v1alpha1.OrganizationSpec) { s.Billing.Address.Country = "QQ" })
		Expect(authz.CheckContent(o)).To(HaveExactElements(HaveField("Field", "spec.billing.address.country")))
	})

	DescribeTable("must have a known language", func(tag string, known bool) {
		found := authz.CheckContent(speaking(tag))
		if known {
			Expect(found).To(BeEmpty())
			return
		}
		Expect(found).To(HaveExactElements(authz.Violation{
			Field: "spec.settings.language", Reason: authz.Invalid, Rule: "language-known", Value: tag,
			Message: "is not a known BCP 47 language tag: use a tag such as es or en-GB",
		}))
	},
		Entry(nil, "es", true), Entry(nil, "en-GB", true), Entry(nil, "es-419", true), Entry(nil, "zh-Hant-TW", true),
		Entry("a language that does not exist", "xq", false),
		Entry("a script that does not exist", "es-Qqqq", false),
		Entry("not a language tag", "español", false),
	)

	It("is refused with all faults at once", func() {
		o := organizationWith(func(s *v1alpha1.OrganizationSpec) {
			s.Profile.TimeZone, s.Profile.Address.Country, s.Settings.Language = "Local", "ZZ", "xq"
		})
		Expect(rules(authz.CheckContent(o))).To(Equal([]string{"time-zone-known", "country-known", "language-known"}))
	})
})

var _ = Describe("An invitation's content", func() {
	It("NOV-3 must be a list of addresses", func() {
		Expect(authz.CheckContent(builders.Invitation("acme", "team", "a@acme.example; b@acme.example").Obj())).To(BeEmpty())
		Expect(authz.CheckContent(builders.Invitation("acme", "team", "a@acme.example", "b").Obj())).To(HaveExactElements(
			authz.Violation{
				Field: "spec.emails[1]", Reason: authz.Invalid, Rule: "addresses-well-formed",
				Message: `entry 2: "b" is not an email address such as ana@acme.example`,
			}))
	})

	It("must have a known language", func() {
		Expect(authz.CheckContent(builders.Invitation("acme", "team", "a@acme.example").Language("xq").Obj())).To(HaveExactElements(
			HaveField("Field", "spec.language")))
	})
})

var _ = Describe("A workspace's content", func() {
	It("must have a known language", func() {
		w := builders.Workspace("acme", "support").With(func(w *v1alpha1.Workspace) { w.Spec.Settings.Language = "xq" }).Obj()
		Expect(authz.CheckContent(w)).To(HaveExactElements(HaveField("Field", "spec.settings.language")))
	})
})

var _ = Describe("A user's content", func() {
	It("is valid if it matches the schema", func() {
		Expect(authz.CheckContent(builders.OrgUser("acme", "ana").Obj())).To(BeEmpty())
	})
})
