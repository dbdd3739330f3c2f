// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/scim"
)

var _ = Describe("A resource", func() {
	It("DIR-1 is returned as it was sent", func() {
		Expect(written(user(ana))).To(MatchJSON(ana))
	})

	DescribeTable("DIR-1 is brought into the schema's form", func(sent, kept string) {
		Expect(written(user(sent))).To(MatchJSON(kept))
	},
		Entry("from names in any case", `{"USERNAME": "a", "Name": {"GIVENname": "A"}}`,
			`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a", "name": {"givenName": "A"}}`),
		Entry("from a boolean as a string", `{"userName": "a", "active": "False", "emails": [{"value": "a@b.c", "primary": "true"}]}`,
			`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a", "active": false,
			"emails": [{"value": "a@b.c", "primary": true}]}`),
		Entry("without what means no value", `{"userName": "a", "title": null, "emails": [], "name": {}, "phoneNumbers": [null], "photos": null}`,
			`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a"}`),
		Entry("without a password", `{"userName": "a", "password": "t1meMa$heen"}`,
			`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a"}`),
		Entry("without what clients cannot set", `{"id": "x", "userName": "a", "meta": {"version": "1"}, "groups": [{"value": "g"}]}`,
			`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a"}`),
		Entry("without what the schema does not know", `{"userName": "a", "shoe": 42, "urn:okta:acme:1.0:user:custom": {"x": 1}}`,
			`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a"}`),
		Entry("from keys that are paths", `{"userName": "a", "name.givenName": "A", "emails[type eq \"work\"].value": "a@b.c",
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Sales"}`,
			`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
			"userName": "a", "name": {"givenName": "A"}, "emails": [{"type": "work", "value": "a@b.c"}],
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"}}`),
		Entry("from values without objects", `{"userName": "a", "emails": ["a@b.c", "a@b.c"]}`,
			`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a", "emails": [{"value": "a@b.c"}]}`),
	)

	DescribeTable("DIR-1 is refused if it cannot be kept", func(sent string, kind scim.ErrorType, words string) {
		_, err := scim.Users().Decode([]byte(sent))
		e := failure(err)
		Expect(e.Status).To(Equal(400))
		Expect(e.Type).To(Equal(kind))
		Expect(e.Detail).To(ContainSubstring(words))
	},
		Entry("because it is no JSON", `{"userName": `, scim.InvalidSyntax, "not JSON"),
		Entry("because it is no object", `["userName"]`, scim.InvalidSyntax, "must be a JSON object"),
		Entry("because something follows it", `{"userName": "a"} {}`, scim.InvalidSyntax, "something after"),
		Entry("because it has no userName", `{"displayName": "A"}`, scim.InvalidValue, "userName is required"),
		Entry("because userName is blank", `{"userName": " "}`, scim.InvalidValue, "userName is required"),
		Entry("because it is something else", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "userName": "a"}`,
			scim.InvalidValue, "must contain urn:ietf:params:scim:schemas:core:2.0:User at /Users"),
		Entry("because schemas is no list", `{"schemas": "User", "userName": "a"}`, scim.InvalidSyntax, "list of URNs"),
		Entry("because of a number", `{"userName": 1}`, scim.InvalidValue, "userName must be a string"),
		Entry("because of no boolean", `{"userName": "a", "active": "1"}`, scim.InvalidValue, "active must be true or false"),
		Entry("because of two values for one", `{"userName": ["a", "b"]}`, scim.InvalidValue, "not a list of 2"),
		Entry("because of two primary values", `{"userName": "a", "emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}`,
			scim.InvalidValue, "emails has several primary values"),
		Entry("because a part is wrong", `{"userName": "a", "emails": [{"value": {}}]}`, scim.InvalidValue, "emails: value must be"),
	)

	It("DIR-1 has a group without members, be they null", func() {
		Expect(written(group(`{"displayName": "Empty", "members": null}`))).
			To(MatchJSON(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Empty"}`))
	})

	It("DIR-1 has a member once", func() {
		r := group(`{"displayName": "G", "members": [{"value": "u-1"}, {"value": "u-1", "type": "User"}, {"value": "U-1"}]}`)
		Expect(r["members"]).To(HaveLen(2))
	})

	Describe("that a PUT replaces", func() {
		It("DIR-1 loses what the body leaves out", func() {
			before := user(ana)
			before["id"], before["meta"] = "u-1", map[string]any{"created": "2026-11-30T10:00:00Z"}
			after, err := scim.Users().Replace(before, []byte(`{"id": "other", "userName": "ana2@acme.example", "title": "CFO"}`))
			Expect(err).NotTo(HaveOccurred())
			Expect(written(after)).To(MatchJSON(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "u-1",
				"meta": {"created": "2026-11-30T10:00:00Z"}, "externalId": "a1B2", "active": true, "userName": "ana2@acme.example", "title": "CFO"}`))
		})

		It("DIR-4 stays suspended if the body does not say", func() {
			before := user(`{"userName": "a", "active": false}`)
			after, err := scim.Users().Replace(before, []byte(`{"userName": "a"}`))
			Expect(err).NotTo(HaveOccurred())
			Expect(after.Active()).To(BeFalse())
		})
	})

	It("DIR-1 has texts at paths in any case", func() {
		rt, r := scim.Users(), user(ana)
		Expect(rt.Text(r, "NAME.familyname")).To(Equal("Pérez"))
		Expect(rt.Text(r, scim.EnterpriseUserSchema+":department")).To(Equal("Sales"))
		Expect(rt.Text(r, "title")).To(BeEmpty())
		Expect(rt.Text(r, "shoe")).To(BeEmpty())
	})
})
