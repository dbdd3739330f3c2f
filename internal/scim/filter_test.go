// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/scim"
)

var _ = Describe("A filter", func() {
	DescribeTable("DIR-1 selects as RFC 7644 says", func(filter string, selected bool) {
		f, err := scim.Users().ParseFilter(filter)
		Expect(err).NotTo(HaveOccurred())
		r := user(ana)
		r["id"], r["meta"] = "u-1", map[string]any{"created": "2026-11-30T10:00:00Z", "lastModified": "2026-11-30T12:00:00+02:00"}
		Expect(f.Matches(r)).To(Equal(selected))
	},
		Entry("eq", `displayName eq "ANA PÉREZ"`, true),
		Entry("ne", `displayName ne "ana pérez"`, false),
		Entry("co", `displayName co "A P"`, true),
		Entry("sw", `displayName sw "ana"`, true),
		Entry("ew", `displayName ew "ana"`, false),
		Entry("gt", `displayName gt "an"`, true),
		Entry("lt", `displayName lt "an"`, false),
		Entry("ge", `displayName ge "ana pérez"`, true),
		Entry("le", `displayName le "ana pérez"`, true),
		Entry("operators and names in any case", `DISPLAYname EQ "ana pérez" AND USERNAME Pr`, true),
		Entry("co by case where case counts", `externalId co "B"`, true),
		Entry("co by another case where case counts", `externalId co "b"`, false),
		Entry("pr", `title pr`, false),
		Entry("pr of a list", `emails pr`, true),
		Entry("pr of a part", `name.middleName pr`, false),
		Entry("not", `not (title pr)`, true),
		Entry("and before or", `userName pr or title pr and title pr`, true),
		Entry("parentheses before and", `(userName pr or title pr) and title pr`, false),
		Entry("eq of what there is not", `title eq "x"`, false),
		Entry("ne of what there is not", `title ne "x"`, true),
		Entry("null of what there is not", `title eq null`, true),
		Entry("null of what there is", `displayName eq null`, false),
		Entry("not null", `displayName ne null`, true),
		Entry("a boolean", `active eq true`, true),
		Entry("a boolean in quotes", `active eq "True"`, true),
		Entry("the opposite boolean", `active ne true`, false),
		Entry("any value of a list", `emails.value eq "ana@home.example"`, true),
		Entry("a list itself, for its values", `emails co "home"`, true),
		Entry("ne with any value of a list", `emails.type ne "work"`, true),
		Entry("parts of one value", `emails[type eq "work" and value co "home"]`, false),
		Entry("three parts of one value", `emails[type eq "work" and value co "acme" and primary eq true]`, true),
		Entry("not, within a value", `emails[not (primary eq true)]`, true),
		Entry("an extension", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "sales"`, true),
		Entry("an extension's part", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "u-2"`, true),
		Entry("the schema's own URN", `urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ana@"`, true),
		Entry("times", `meta.lastModified gt "2026-11-30T09:59:59Z"`, true),
		Entry("times in another zone", `meta.lastModified eq "2026-11-30T10:00:00Z"`, true),
		Entry("id", `id eq "u-1"`, true),
		Entry("escapes", `displayName eq "Ana P\u00e9rez"`, true),
		Entry("quotes and brackets in a string", `displayName eq "a \"[b] (c"`, false),
	)

	DescribeTable("DIR-1 is refused", func(filter, words string) {
		_, err := scim.Users().ParseFilter(filter)
		e := failure(err)
		Expect(e.Status).To(Equal(400))
		Expect(e.Type).To(Equal(scim.InvalidFilter))
		Expect(e.Detail).To(ContainSubstring(words))
	},
		Entry("without an operator", `userName`, "cannot be parsed"),
		Entry("with an unknown operator", `userName is "a"`, "cannot be parsed"),
		Entry("with an open string", `userName eq "a`, "cannot be parsed"),
		Entry("with an open bracket", `emails[type eq "work"`, "cannot be parsed"),
		Entry("with brackets in brackets", `emails[type[a pr] pr]`, "cannot be parsed"),
		Entry("with something after it", `userName pr x`, "cannot be parsed"),
		Entry("with bytes that are no text", "userName eq \"\xff\"", "cannot be parsed"),
		Entry("with an attribute that there is not", `shoe eq "42"`, `no attribute "shoe"`),
		Entry("with a part that there is not", `name.shoe eq "42"`, `no attribute "name.shoe"`),
		Entry("with a password", `password eq "x"`, `no attribute "password"`),
		Entry("with an object as a whole", `name eq "Ana"`, "name a part"),
		Entry("with brackets after a string", `userName[value eq "a"]`, "not a list of values"),
		Entry("with an ordered boolean", `active gt true`, "active is a boolean"),
		Entry("with a part of a boolean", `active co "t"`, "active is a boolean"),
		Entry("with a number", `userName eq 1`, "userName is a string"),
		Entry("with an ordered null", `userName gt null`, "userName is a string"),
		Entry("with no time", `meta.created gt "yesterday"`, "meta.created is a dateTime"),
		Entry("with too many parentheses", strings.Repeat("(", 17)+"userName pr"+strings.Repeat(")", 17), "cannot be parsed"),
		Entry("that is too long", `userName eq "`+strings.Repeat("a", 5000)+`"`, "in at most 4096 bytes"),
	)

	DescribeTable("DIR-1 says what an index can look up", func(filter, attribute, value string, known bool) {
		f, err := scim.Users().ParseFilter(filter)
		Expect(err).NotTo(HaveOccurred())
		got, ok := f.Equal(attribute)
		Expect(ok).To(Equal(known))
		Expect(got).To(Equal(value))
	},
		Entry("from one comparison", `userName eq "a"`, "userName", "a", true),
		Entry("from and", `active eq true and externalId eq "x"`, "externalId", "x", true),
		Entry("but not from or", `externalId eq "x" or active eq true`, "externalId", "", false),
		Entry("but not from not", `not (externalId eq "x")`, "externalId", "", false),
		Entry("but not from ne", `externalId ne "x"`, "externalId", "", false),
	)

	It("DIR-1 may have many parts", func() {
		f, err := scim.Users().ParseFilter("title pr" + strings.Repeat(" or title pr", 250) + " or userName pr")
		Expect(err).NotTo(HaveOccurred())
		Expect(f.Matches(user(ana))).To(BeTrue())
	})
})
