// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim_test

import (
	"net/url"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/scim"
)

var _ = Describe("An answer", func() {
	query := func(text string) scim.Query {
		GinkgoHelper()
		parameters, err := url.ParseQuery(text)
		Expect(err).NotTo(HaveOccurred())
		q, err := scim.Users().ParseQuery(parameters)
		Expect(err).NotTo(HaveOccurred())
		return q
	}

	DescribeTable("DIR-1 has the page that was asked for", func(text string, want []int) {
		page, total := scim.Page(query(text), []int{1, 2, 3, 4, 5})
		Expect(page).To(Equal(want))
		Expect(total).To(Equal(5))
	},
		Entry("all, by default", "", []int{1, 2, 3, 4, 5}),
		Entry("the first ones", "startIndex=1&count=2", []int{1, 2}),
		Entry("the next ones", "startIndex=3&count=2", []int{3, 4}),
		Entry("the last one", "startIndex=5&count=2", []int{5}),
		Entry("none beyond", "startIndex=6&count=2", []int{}),
		Entry("none far beyond", "startIndex=9223372036854775807&count=9223372036854775807", []int{}),
		Entry("none, for the number alone", "count=0", []int{}),
		Entry("none for a negative count", "count=-1", []int{}),
		Entry("from the first one for 0", "startIndex=0&count=1", []int{1}),
		Entry("from the first one for less", "startIndex=-7&count=1", []int{1}),
	)

	DescribeTable("DIR-1 refuses parameters that make no sense", func(text, words string, kind scim.ErrorType) {
		parameters, err := url.ParseQuery(text)
		Expect(err).NotTo(HaveOccurred())
		_, err = scim.Users().ParseQuery(parameters)
		e := failure(err)
		Expect(e.Type).To(Equal(kind))
		Expect(e.Detail).To(ContainSubstring(words))
	},
		Entry("a count that is no number", "count=many", `count must be an integer, not "many"`, scim.InvalidValue),
		Entry("an index that is no integer", "startIndex=1.5", "startIndex must be an integer", scim.InvalidValue),
		Entry("both lists of attributes", "attributes=userName&excludedAttributes=name", "exclude each other", scim.InvalidValue),
		Entry("a filter that cannot be parsed", "filter=x", "cannot be parsed", scim.InvalidFilter),
	)

	It("DIR-1 has a page as Okta and Entra ID read it, be it empty", func() {
		Expect(written(scim.ListResponse{StartIndex: 1})).To(MatchJSON(`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
			"totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []}`))
		page := scim.ListResponse{TotalResults: 9, StartIndex: 3, Resources: []scim.Resource{{"id": "a"}}}
		Expect(written(page)).To(MatchJSON(`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
			"totalResults": 9, "startIndex": 3, "itemsPerPage": 1, "Resources": [{"id": "a"}]}`))
	})

	It("DIR-1 has an order that depends on creation, then on the identifier", func() {
		at := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
		sorted := []scim.Position{{at, "b"}, {at, "c"}, {at.Add(time.Second), "a"}}
		shuffled := []scim.Position{sorted[2], sorted[1], sorted[0]}
		slices.SortFunc(shuffled, scim.Position.Compare)
		Expect(shuffled).To(Equal(sorted))
	})

	DescribeTable("DIR-1 has the attributes that were asked for", func(text, want string) {
		r := user(ana)
		r["id"] = "u-1"
		before := written(r)
		Expect(written(scim.Users().Project(r, query(text)))).To(MatchJSON(want))
		Expect(written(r)).To(Equal(before), "the resource stays as it is")
	},
		Entry("one, and what is always there", "attributes=USERNAME", `{"id": "u-1", "userName": "Ana@acme.example",
			"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]}`),
		Entry("parts", "attributes=name.givenName,emails.value,emails.type,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department,title", `{"id": "u-1",
			"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
			"name": {"givenName": "Ana"}, "emails": [{"value": "ana@acme.example", "type": "work"}, {"value": "Ana@home.example", "type": "home"}],
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"}}`),
		Entry("an extension", "attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", `{"id": "u-1",
			"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales", "manager": {"value": "u-2", "$ref": "../Users/u-2"}}}`),
		Entry("all but some", "excludedAttributes=id,emails.type,name,phoneNumbers,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager,externalId,active,displayName",
			`{"id": "u-1", "userName": "Ana@acme.example",
			"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
			"emails": [{"value": "ana@acme.example", "primary": true}, {"value": "Ana@home.example"}],
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"}}`),
	)

	It("DIR-5 leaves out members if Entra ID says so", func() {
		q, err := scim.Groups().ParseQuery(url.Values{"excludedAttributes": {"members"}})
		Expect(err).NotTo(HaveOccurred())
		Expect(q.Excludes("members")).To(BeTrue())
		Expect(q.Excludes("displayName")).To(BeFalse())
		Expect(scim.Groups().Project(group(helpdesk), q)).NotTo(HaveKey("members"))
		q, err = scim.Groups().ParseQuery(url.Values{"attributes": {"displayName"}})
		Expect(err).NotTo(HaveOccurred())
		Expect(q.Excludes("members")).To(BeTrue())
	})

	It("DIR-1 has the same weak ETag for the same resource, and another one for another", func() {
		r, same, other := user(ana), user(ana), user(ana)
		same["meta"] = map[string]any{"lastModified": "2026-11-30T10:00:00Z", "version": "x"}
		r["meta"] = map[string]any{"lastModified": "2026-11-29T10:00:00Z"}
		other["meta"], other["title"] = map[string]any{}, "CFO"
		Expect(scim.ETag(r)).To(MatchRegexp(`^W/"[0-9a-f]{24}"$`))
		Expect(scim.ETag(same)).To(Equal(scim.ETag(r)))
		Expect(scim.ETag(other)).NotTo(Equal(scim.ETag(r)))
		Expect(same["meta"]).To(HaveKey("version"), "the resource stays as it is")
	})

	DescribeTable("DIR-1 compares ETags weakly", func(header string, matches bool) {
		Expect(scim.Matches(header, `W/"a"`)).To(Equal(matches))
		err := scim.CheckMatch(header, `W/"a"`)
		if matches || header == "" {
			Expect(err).NotTo(HaveOccurred())
		} else {
			Expect(failure(err).Status).To(Equal(412))
		}
	},
		Entry("weak", `W/"a"`, true), Entry("strong", `"a"`, true), Entry("one of several", `"b", W/"a"`, true), Entry("any", `*`, true),
		Entry("another", `W/"b"`, false), Entry("none", ``, false),
	)

	It("DIR-1 says errors as RFC 7644 does", func() {
		Expect(written(scim.Conflict("the OrgUser %q has it", "ana"))).To(MatchJSON(`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
			"status": "409", "scimType": "uniqueness", "detail": "the OrgUser \"ana\" has it"}`))
		Expect(written(scim.CheckMatch(`W/"b"`, `W/"a"`))).To(MatchJSON(`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
			"status": "412", "detail": "the resource has changed: read it again"}`))
	})
})

var _ = Describe("The documents about the service", func() {
	const base = "https://usher.example/scim/v2/acme"

	It("DIR-1 say what is supported", func() {
		config := scim.ProviderConfig(base)
		Expect(written(config["patch"])).To(MatchJSON(`{"supported": true}`))
		Expect(written(config["bulk"])).To(MatchJSON(`{"supported": false, "maxOperations": 0, "maxPayloadSize": 0}`))
		Expect(written(config["filter"])).To(MatchJSON(`{"supported": true, "maxResults": 1000}`))
		Expect(written(config["meta"])).To(ContainSubstring(base + "/ServiceProviderConfig"))
	})

	It("DIR-1 list users, with their extension, and groups", func() {
		Expect(scim.ResourceTypes(base).TotalResults).To(Equal(2))
		document, ok := scim.FindResourceType(base, "User")
		Expect(ok).To(BeTrue())
		Expect(written(document)).To(MatchJSON(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "User", "name": "User",
			"endpoint": "/Users", "description": "An account of a person.", "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
			"schemaExtensions": [{"schema": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "required": false}],
			"meta": {"resourceType": "ResourceType", "location": "https://usher.example/scim/v2/acme/ResourceTypes/User"}}`))
		_, ok = scim.FindResourceType(base, "Shoe")
		Expect(ok).To(BeFalse())
	})

	It("DIR-1 define every attribute", func() {
		Expect(scim.Schemas(base).TotalResults).To(Equal(3))
		document, ok := scim.FindSchema(base, scim.UserSchema)
		Expect(ok).To(BeTrue())
		Expect(written(document)).To(ContainSubstring(`{"name":"userName","type":"string","multiValued":false,"description":` +
			`"The name with which the person signs in at the directory.","required":true,"caseExact":false,"mutability":"readWrite",` +
			`"returned":"default","uniqueness":"server"}`))
		_, ok = scim.FindSchema(base, "urn:x")
		Expect(ok).To(BeFalse())
	})
})
