// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/scim"
)

var _ = Describe("A PATCH", func() {
	DescribeTable("DIR-1 changes a user as RFC 7644 says", func(operations, path, want string) {
		after, err := patched(scim.Users(), ana, operations)
		Expect(err).NotTo(HaveOccurred())
		Expect(written(after[path])).To(MatchJSON(want))
	},
		Entry("add sets a single value", `[{"op":"add","path":"title","value":"CFO"}]`, "title", `"CFO"`),
		Entry("add merges an object", `[{"op":"add","path":"name","value":{"middleName":"M"}}]`, "name",
			`{"givenName":"Ana","familyName":"Pérez","middleName":"M"}`),
		Entry("add extends a list", `[{"op":"add","path":"emails","value":[{"value":"c@d.e"}]}]`, "emails",
			`[{"value":"ana@acme.example","type":"work","primary":true},{"value":"Ana@home.example","type":"home"},{"value":"c@d.e"}]`),
		Entry("add takes a value for a list", `[{"op":"add","path":"phoneNumbers","value":{"value":"1"}}]`, "phoneNumbers",
			`[{"value":"+34 600 000 001","type":"mobile"},{"value":"1"}]`),
		Entry("add leaves out what is there", `[{"op":"add","path":"emails","value":[{"type":"home","value":"Ana@home.example"}]}]`, "emails",
			`[{"value":"ana@acme.example","type":"work","primary":true},{"value":"Ana@home.example","type":"home"}]`),
		Entry("add of a primary value dethrones the other", `[{"op":"add","path":"emails","value":[{"value":"c@d.e","primary":true}]}]`, "emails",
			`[{"value":"ana@acme.example","type":"work","primary":false},{"value":"Ana@home.example","type":"home"},{"value":"c@d.e","primary":true}]`),
		Entry("replace of primary dethrones the other", `[{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}]`, "emails",
			`[{"value":"ana@acme.example","type":"work","primary":false},{"value":"Ana@home.example","type":"home","primary":true}]`),
		Entry("replace sets a list", `[{"op":"replace","path":"emails","value":[{"value":"c@d.e"}]}]`, "emails", `[{"value":"c@d.e"}]`),
		Entry("replace keeps the other parts of an object", `[{"op":"replace","path":"name","value":{"givenName":"Bea"}}]`, "name",
			`{"givenName":"Bea","familyName":"Pérez"}`),
		Entry("replace of a selected value replaces all of it", `[{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"c@d.e"}}]`,
			"emails", `[{"value":"c@d.e"},{"value":"Ana@home.example","type":"home"}]`),
		Entry("add to a selected value keeps its other parts", `[{"op":"add","path":"emails[type eq \"home\"]","value":{"display":"H"}}]`,
			"emails", `[{"value":"ana@acme.example","type":"work","primary":true},{"value":"Ana@home.example","type":"home","display":"H"}]`),
		Entry("a part of a list is that of every value", `[{"op":"replace","path":"emails.type","value":"other"}]`, "emails",
			`[{"value":"ana@acme.example","type":"other","primary":true},{"value":"Ana@home.example","type":"other"}]`),
		Entry("replace by null removes", `[{"op":"replace","path":"displayName","value":null}]`, "displayName", `null`),
		Entry("add of null changes nothing", `[{"op":"add","path":"displayName","value":null}]`, "displayName", `"Ana Pérez"`),
		Entry("remove of an attribute", `[{"op":"remove","path":"displayName"}]`, "displayName", `null`),
		Entry("remove of a part", `[{"op":"remove","path":"name.givenName"}]`, "name", `{"familyName":"Pérez"}`),
		Entry("remove of the last part removes the object", `[{"op":"remove","path":"name.givenName"},{"op":"remove","path":"name.familyName"}]`,
			"name", `null`),
		Entry("remove of selected values", `[{"op":"remove","path":"emails[type eq \"home\"]"}]`, "emails",
			`[{"value":"ana@acme.example","type":"work","primary":true}]`),
		Entry("remove of all values removes the list", `[{"op":"remove","path":"emails[value pr]"}]`, "emails", `null`),
		Entry("remove of what is not there", `[{"op":"remove","path":"title"}]`, "title", `null`),
		Entry("remove of an extension", `[{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"}]`,
			"schemas", `["urn:ietf:params:scim:schemas:core:2.0:User"]`),
		Entry("add to an extension", `[{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","value":{"division":"D"}}]`,
			scim.EnterpriseUserSchema, `{"department":"Sales","division":"D","manager":{"value":"u-2","$ref":"../Users/u-2"}}`),
		Entry("an extension within a value", `[{"op":"add","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"division":"D"}}}]`,
			scim.EnterpriseUserSchema, `{"department":"Sales","division":"D","manager":{"value":"u-2","$ref":"../Users/u-2"}}`),
		Entry("remove of an extension's last parts", `[{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"},
			{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}]`, scim.EnterpriseUserSchema, `null`),
		Entry("an unknown attribute within a value is left out", `[{"op":"add","value":{"shoe":42,"title":"CFO"}}]`, "title", `"CFO"`),
		Entry("operations see what those before them did", `[{"op":"add","path":"title","value":"A"},{"op":"replace","path":"title","value":"B"}]`,
			"title", `"B"`),
	)

	DescribeTable("DIR-1 is refused as a whole", func(operations string, kind scim.ErrorType, words string) {
		_, err := patched(scim.Users(), ana, operations)
		e := failure(err)
		Expect(e.Status).To(Equal(400))
		Expect(e.Type).To(Equal(kind))
		Expect(e.Detail).To(ContainSubstring(words))
	},
		Entry("without operations", `[]`, scim.InvalidSyntax, "at least one operation"),
		Entry("without a list", `{}`, scim.InvalidSyntax, "at least one operation"),
		Entry("with something else than operations", `["x"]`, scim.InvalidSyntax, "operation 1: it must be an object"),
		Entry("with another op", `[{"op":"move","path":"title"}]`, scim.InvalidSyntax, "operation 1: op must be add, replace or remove"),
		Entry("with a path that is no string", `[{"op":"add","path":1,"value":1}]`, scim.InvalidPath, "path must be a string"),
		Entry("with an unknown path", `[{"op":"add","path":"title","value":"A"},{"op":"add","path":"shoe","value":"42"}]`, scim.InvalidPath,
			`operation 2: path "shoe" names no attribute`),
		Entry("with a path that cannot be parsed", `[{"op":"add","path":"emails[","value":"42"}]`, scim.InvalidPath, "names no attribute"),
		Entry("with a bad filter in the path", `[{"op":"remove","path":"emails[shoe eq \"x\"]"}]`, scim.InvalidFilter, `no attribute "shoe"`),
		Entry("with brackets after a single value", `[{"op":"remove","path":"name[givenName eq \"Ana\"]"}]`, scim.InvalidPath, "names no attribute"),
		Entry("with a remove of everything", `[{"op":"remove"}]`, scim.NoTarget, "remove needs a path"),
		Entry("without a value", `[{"op":"add","path":"title"}]`, scim.InvalidSyntax, "add needs a value"),
		Entry("with a value that is no object and no path", `[{"op":"add","value":"x"}]`, scim.InvalidValue, "needs an object"),
		Entry("with the id", `[{"op":"replace","path":"id","value":"x"}]`, scim.MutabilityErr, "id cannot be changed"),
		Entry("with the person's groups", `[{"op":"add","path":"groups","value":[{"value":"g"}]}]`, scim.MutabilityErr, "groups cannot be changed"),
		Entry("with a removed userName", `[{"op":"remove","path":"userName"}]`, scim.MutabilityErr, "userName is required and cannot be removed"),
		Entry("with a userName of null", `[{"op":"replace","path":"userName","value":null}]`, scim.InvalidValue, "userName is required"),
		Entry("with a value of another type", `[{"op":"replace","path":"active","value":"maybe"}]`, scim.InvalidValue, "active must be true or false"),
		Entry("with a selection that selects nothing", `[{"op":"replace","path":"emails[type eq \"other\"]","value":{"value":"x"}}]`, scim.NoTarget,
			"emails has no value"),
		Entry("with a selection that describes nothing", `[{"op":"replace","path":"emails[type ne \"work\" and type ne \"home\"].value","value":"x"}]`,
			scim.NoTarget, "emails has no value"),
		Entry("with two primary values", `[{"op":"replace","path":"emails.primary","value":true}]`, scim.InvalidValue, "several primary values"),
	)

	DescribeTable("DIR-1 of a group is refused", func(operations string, kind scim.ErrorType) {
		_, err := patched(scim.Groups(), helpdesk, operations)
		Expect(failure(err).Type).To(Equal(kind))
	},
		Entry("with a member that becomes another", `[{"op":"replace","path":"members[value eq \"u-1\"].value","value":"u-9"}]`, scim.MutabilityErr),
		Entry("with a removed name", `[{"op":"remove","path":"displayName"}]`, scim.MutabilityErr),
	)

	It("DIR-1 has a limited number of operations", func() {
		one := `{"op":"add","path":"title","value":"A"}`
		_, err := patched(scim.Users(), ana, "["+strings.Repeat(one+",", 1000)+one+"]")
		Expect(failure(err).Type).To(Equal(scim.TooMany))
	})

	It("DIR-1 names the schema of its message, or none", func() {
		for schemas, accepted := range map[string]bool{
			fmt.Sprintf(`"schemas":[%q],`, patchOp): true, "": true, `"schemas":null,`: true, `"schemas":["urn:x"],`: false, `"schemas":1,`: false,
		} {
			_, err := scim.DecodePatch([]byte(`{` + schemas + `"operations":[{"OP":"ADD","Path":"title","VALUE":"A"}]}`))
			if accepted {
				Expect(err).NotTo(HaveOccurred(), schemas)
			} else {
				Expect(failure(err).Type).To(Equal(scim.InvalidSyntax), schemas)
			}
		}
	})
})
