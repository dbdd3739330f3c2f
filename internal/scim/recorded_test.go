// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/scim"
)

const patchOp = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

func patched(rt *scim.ResourceType, before, operations string) (scim.Resource, error) {
	GinkgoHelper()
	r, err := rt.Decode([]byte(before))
	Expect(err).NotTo(HaveOccurred())
	p, err := scim.DecodePatch(fmt.Appendf(nil, `{"schemas": [%q], "Operations": %s}`, patchOp, operations))
	if err != nil {
		return nil, err
	}
	copied := r.Clone()
	after, err := rt.Patch(r, p)
	Expect(r).To(Equal(copied), "the resource before stays as it was")
	return after, err
}

// What directories send, in their shapes.
var _ = Describe("What a directory sends", func() {
	DescribeTable("DIR-1 changes a user as it means", func(before, operations, path string, want any) {
		after, err := patched(scim.Users(), before, operations)
		Expect(err).NotTo(HaveOccurred())
		r := any(map[string]any(after))
		for _, key := range splitPath(path) {
			values, ok := r.(map[string]any)
			Expect(ok).To(BeTrue(), "%v", r)
			r = values[key]
		}
		if text, ok := want.(string); ok && text != "" && text[0] == '[' {
			Expect(written(r)).To(MatchJSON(text))
			return
		}
		if want == nil {
			Expect(r).To(BeNil())
			return
		}
		Expect(r).To(Equal(want))
	},
		Entry("Entra ID deactivates by default", ana, `[{"op":"Replace","path":"active","value":"False"}]`, "active", false),
		Entry("Entra ID activates by default", `{"userName":"a","active":false}`, `[{"op":"Add","path":"active","value":"True"}]`, "active", true),
		Entry("Entra ID deactivates with its flag", ana, `[{"op":"replace","path":"active","value":false}]`, "active", false),
		Entry("Okta deactivates", ana, `[{"op":"replace","value":{"active":false}}]`, "active", false),
		Entry("Entra ID sets a name", ana, `[{"op":"Replace","path":"name.givenName","value":"Bea"}]`, "name givenName", "Bea"),
		Entry("Entra ID keeps the other part of a name", ana, `[{"op":"Replace","path":"name.givenName","value":"Bea"}]`, "name familyName", "Pérez"),
		Entry("Entra ID sends an object whose keys are paths", ana,
			`[{"op":"replace","value":{"name.givenName":"Bea","displayName":"Bea P.","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"R&D"}}]`,
			"name givenName", "Bea"),
		Entry("Entra ID sends the extension so", ana,
			`[{"op":"replace","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"R&D"}}]`,
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User department", "R&D"),
		Entry("Entra ID sends a filter as a key", ana, `[{"op":"Add","value":{"emails[type eq \"work\"].value":"ana2@acme.example"}}]`, "emails",
			`[{"value":"ana2@acme.example","type":"work","primary":true},{"value":"Ana@home.example","type":"home"}]`),
		Entry("Entra ID replaces an address by its type", ana, `[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"ana2@acme.example"}]`,
			"emails", `[{"value":"ana2@acme.example","type":"work","primary":true},{"value":"Ana@home.example","type":"home"}]`),
		Entry("Entra ID replaces an address that is missing", `{"userName":"a"}`,
			`[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"a@b.c"}]`, "emails", `[{"type":"work","value":"a@b.c"}]`),
		Entry("Entra ID adds a number that is missing", `{"userName":"a"}`,
			`[{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+34 (600) 000-001"}]`, "phoneNumbers",
			`[{"type":"mobile","value":"+34 (600) 000-001"}]`),
		Entry("Entra ID sets a part of an address", `{"userName":"a"}`,
			`[{"op":"Add","path":"addresses[type eq \"work\"].formatted","value":"Calle Mayor 1"},
			{"op":"Add","path":"addresses[type eq \"work\"].country","value":"ES"}]`, "addresses",
			`[{"type":"work","formatted":"Calle Mayor 1","country":"ES"}]`),
		Entry("Entra ID sets a role by a boolean in quotes", `{"userName":"a","roles":[{"value":"x","primary":true}]}`,
			`[{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"y"}]`, "roles", `[{"value":"y","primary":true}]`),
		Entry("Entra ID sends a value in a list of objects", ana, `[{"op":"Add","path":"displayName","value":[{"$ref":null,"value":"Bea P."}]}]`,
			"displayName", "Bea P."),
		Entry("Entra ID sends a manager as a string", ana,
			`[{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"u-9"}]`,
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User manager", map[string]any{"value": "u-9"}),
		Entry("Entra ID removes a manager", ana,
			`[{"op":"Remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}]`,
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User manager", nil),
		Entry("Entra ID removes an address", ana, `[{"op":"Remove","path":"emails[type eq \"home\"].value"}]`, "emails",
			`[{"value":"ana@acme.example","type":"work","primary":true},{"type":"home"}]`),
		Entry("Entra ID removes what is gone", ana, `[{"op":"Remove","path":"phoneNumbers[type eq \"fax\"].value"}]`, "displayName", "Ana Pérez"),
		Entry("Okta sends a password", ana, `[{"op":"replace","value":{"password":"t1meMa$heen"}}]`, "password", nil),
		Entry("Okta sends a password by its path", ana, `[{"op":"replace","path":"password","value":"t1meMa$heen"}]`, "password", nil),
		Entry("Okta sends the id along", ana, `[{"op":"replace","value":{"id":"u-1","title":"CFO"}}]`, "title", "CFO"),
	)

	DescribeTable("DIR-5 changes a group's members as it means", func(operations, want string) {
		after, err := patched(scim.Groups(), helpdesk, operations)
		Expect(err).NotTo(HaveOccurred())
		Expect(written(after["members"])).To(MatchJSON(want))
	},
		Entry("Entra ID adds some", `[{"op":"Add","path":"members","value":[{"$ref":null,"value":"u-4"},{"value":"u-1"}]}]`,
			`[{"value":"u-1"},{"value":"u-2"},{"value":"u-3"},{"value":"u-4"}]`),
		Entry("Entra ID removes one by a value, and keeps the others", `[{"op":"Remove","path":"members","value":[{"value":"u-2"}]}]`,
			`[{"value":"u-1"},{"value":"u-3"}]`),
		Entry("Entra ID removes nobody by an empty value", `[{"op":"Remove","path":"members","value":[]}]`,
			`[{"value":"u-1"},{"value":"u-2"},{"value":"u-3"}]`),
		Entry("Entra ID removes one whom the group does not have", `[{"op":"Remove","path":"members","value":[{"value":"u-9"}]}]`,
			`[{"value":"u-1"},{"value":"u-2"},{"value":"u-3"}]`),
		Entry("Entra ID removes one with its flag", `[{"op":"remove","path":"members[value eq \"u-2\"]"}]`, `[{"value":"u-1"},{"value":"u-3"}]`),
		Entry("Okta removes one and adds another", `[{"op":"remove","path":"members[value eq \"u-2\"]"},
			{"op":"add","path":"members","value":[{"value":"u-4","display":"Eva"}]}]`, `[{"value":"u-1"},{"value":"u-3"},{"value":"u-4"}]`),
		Entry("Okta replaces them all", `[{"op":"replace","path":"members","value":[{"value":"u-7"}]}]`, `[{"value":"u-7"}]`),
		Entry("a remove without a value empties the group", `[{"op":"remove","path":"members"}]`, `null`),
	)

	It("DIR-5 renames a group by a value that has the id", func() {
		after, err := patched(scim.Groups(), helpdesk, `[{"op":"replace","value":{"id":"g-1","displayName":"Support"}}]`)
		Expect(err).NotTo(HaveOccurred())
		Expect(after).To(HaveKeyWithValue("displayName", "Support"))
		Expect(after).NotTo(HaveKey("id"))
		Expect(after["members"]).To(HaveLen(3))
	})

	DescribeTable("DIR-1 is found by the filters of directories", func(filter string, found bool) {
		f, err := scim.Users().ParseFilter(filter)
		Expect(err).NotTo(HaveOccurred())
		Expect(f.Matches(user(ana))).To(Equal(found))
	},
		Entry("userName in another case", `userName eq "ana@ACME.example"`, true),
		Entry("externalId", `externalId eq "a1B2"`, true),
		Entry("externalId in another case", `externalId eq "A1b2"`, false),
		Entry("a random GUID", `userName eq "8f6a3f6e-0b0e-4a63-9dd9-3b0a3f0f0c5d"`, false),
		Entry("eq and and", `externalId eq "a1B2" and displayName eq "ana pérez"`, true),
		Entry("an address by its type", `emails[type eq "work"].value eq "ana@acme.example"`, true),
		Entry("an address by its type, in brackets", `emails[type eq "work" and value eq "ANA@acme.example"]`, true),
		Entry("no address of that type", `emails[type eq "home" and value eq "ana@acme.example"]`, false),
	)
})

func splitPath(path string) []string {
	var parts []string
	start := 0
	for n := range len(path) {
		if path[n] == ' ' {
			parts = append(parts, path[start:n])
			start = n + 1
		}
	}
	return append(parts, path[start:])
}
