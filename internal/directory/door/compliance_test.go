// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package door_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/directory/door"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/scim"
)

// What a suite of compliance asks, section by section of RFC 7644. docs/scim.md names these specs.
var _ = Describe("RFC 7644", func() {
	const base = "https://usher.example/scim/v2/acme"
	var server *httptest.Server
	BeforeEach(func() {
		server = httptest.NewServer(door.New(directories{newMemory(scim.Users()), newMemory(scim.Groups())}, door.Options{
			URL: "https://usher.example", RequestsPerSecond: live.Of(1e6), Now: time.Now, Log: logr.Discard(),
		}))
		DeferCleanup(server.Close)
	})

	// ask sends a request over a connection, and returns the answer with its body, if it is one of SCIM's.
	ask := func(method, path, body string, headers ...string) (*http.Response, map[string]any) {
		GinkgoHelper()
		r, err := http.NewRequest(method, server.URL+"/scim/v2/acme"+path, strings.NewReader(body))
		Expect(err).NotTo(HaveOccurred())
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/scim+json")
		for n := 0; n < len(headers); n += 2 {
			r.Header.Set(headers[n], headers[n+1])
		}
		answer, err := server.Client().Do(r)
		Expect(err).NotTo(HaveOccurred())
		defer answer.Body.Close()
		var content map[string]any
		if err := json.NewDecoder(answer.Body).Decode(&content); err == nil {
			Expect(answer.Header.Get("Content-Type")).To(HavePrefix("application/scim+json"))
			Expect(content).To(HaveKeyWithValue("schemas", Not(BeEmpty())))
		}
		return answer, content
	}
	created := func(path, body string) string {
		GinkgoHelper()
		answer, content := ask("POST", path, body)
		Expect(answer.StatusCode).To(Equal(http.StatusCreated), "%v", content)
		return path + "/" + content["id"].(string) //nolint:forcetypeassert // always there
	}
	expectError := func(status int, kind string, answer *http.Response, content map[string]any) {
		GinkgoHelper()
		Expect(answer.StatusCode).To(Equal(status), "%v", content)
		Expect(content).To(And(HaveKeyWithValue("schemas", ConsistOf("urn:ietf:params:scim:api:messages:2.0:Error")),
			HaveKeyWithValue("status", fmt.Sprint(status)), HaveKeyWithValue("detail", Not(BeEmpty()))))
		if kind == "" {
			Expect(content).NotTo(HaveKey("scimType"))
		} else {
			Expect(content).To(HaveKeyWithValue("scimType", kind))
		}
	}

	It("DIR-1 section 3.3: a created resource has an id, a location and a version, whatever the client says", func() {
		for path, body := range map[string]string{
			"/Users":  `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"mine","meta":{"version":"x"},"USERNAME":"ana","title":null,"emails":[]}`,
			"/Groups": `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"mine","meta":{"version":"x"},"DISPLAYNAME":"ana","members":null}`,
		} {
			answer, content := ask("POST", path, body)
			Expect(answer.StatusCode).To(Equal(http.StatusCreated))
			meta, _ := content["meta"].(map[string]any)
			Expect(content["id"]).NotTo(Equal("mine"))
			Expect(meta["location"]).To(Equal(base + path + "/" + content["id"].(string))) //nolint:forcetypeassert // always there
			Expect(answer.Header.Get("Location")).To(Equal(meta["location"]))
			Expect(answer.Header.Get("ETag")).To(HavePrefix(`W/"`))
			Expect(content).NotTo(Or(HaveKey("title"), HaveKey("emails"), HaveKey("members")))
		}
	})

	It("DIR-1 section 3.4.1: HEAD is GET without the body", func() {
		path := created("/Users", `{"userName":"ana"}`)
		get, _ := ask("GET", path, "")
		head, content := ask("HEAD", path, "")
		Expect(head.StatusCode).To(Equal(http.StatusOK))
		Expect(head.Header.Get("ETag")).To(Equal(get.Header.Get("ETag")))
		Expect(content).To(BeNil())
	})

	DescribeTable("DIR-1 section 3.4.2.4: a page", func(parameters string, resources int) {
		for n := range 3 {
			created("/Groups", fmt.Sprintf(`{"displayName":"g%d"}`, n))
		}
		answer, content := ask("GET", "/Groups?"+parameters, "")
		Expect(answer.StatusCode).To(Equal(http.StatusOK))
		Expect(content).To(And(HaveKeyWithValue("schemas", ConsistOf("urn:ietf:params:scim:api:messages:2.0:ListResponse")),
			HaveKeyWithValue("totalResults", 3.0), HaveKeyWithValue("itemsPerPage", float64(resources)),
			HaveKeyWithValue("Resources", HaveLen(resources))))
	},
		Entry("by default", "", 3), Entry("of one", "startIndex=2&count=1", 1), Entry("with count=0", "count=0", 0),
		Entry("with a negative count", "count=-5", 0), Entry("with a startIndex below 1", "startIndex=-3&count=2", 2),
		Entry("beyond the end", "startIndex=4", 0), Entry("beyond all numbers", "startIndex=99999999999999999999", 0), Entry("of more than there can be", "count=1000000", 3),
		Entry("sorted, which is ignored", "sortBy=displayName&sortOrder=descending", 3),
	)

	DescribeTable("DIR-1 section 3.9: an answer has the attributes", func(method, parameters string, names ...string) {
		path := created("/Groups", `{"externalId":"x","displayName":"ana","members":[{"value":"u-1"}]}`)
		body := map[string]string{"PUT": `{"displayName":"ana","members":[{"value":"u-1"}]}`, "PATCH": `{"Operations":[{"op":"add","path":"externalId","value":"x"}]}`}[method]
		answer, content := ask(method, path+"?"+parameters, body)
		Expect(answer.StatusCode).To(Equal(http.StatusOK), "%v", content)
		var has []string
		for name := range content {
			has = append(has, name)
		}
		Expect(has).To(ConsistOf(append(names, "schemas", "id")))
	},
		Entry("asked for", "GET", "attributes=displayName", "displayName"),
		Entry("asked for in another case", "GET", "attributes=DISPLAYNAME,externalid", "displayName", "externalId"),
		Entry("asked for by their URN", "GET", "attributes=urn:ietf:params:scim:schemas:core:2.0:Group:members.value", "members"),
		Entry("asked for, some of which there are not", "GET", "attributes=shoe,displayName", "displayName"),
		Entry("that were not excluded", "GET", "excludedAttributes=members,meta", "displayName", "externalId"),
		Entry("that cannot be excluded", "GET", "excludedAttributes=id,schemas,members,meta,externalId", "displayName"),
		Entry("after PUT", "PUT", "attributes=displayName", "displayName"),
		Entry("after PATCH", "PATCH", "excludedAttributes=urn:ietf:params:scim:schemas:core:2.0:Group:members", "displayName", "externalId", "meta"),
	)

	It("DIR-1 section 3.5.1: PUT ignores what is read-only, and never creates", func() {
		path := created("/Users", `{"userName":"ana","title":"CFO"}`)
		answer, content := ask("PUT", path, `{"id":"other","userName":"ana","groups":[{"value":"g"}],"meta":{"resourceType":"Shoe"}}`)
		Expect(answer.StatusCode).To(Equal(http.StatusOK))
		Expect(content).To(And(HaveKeyWithValue("id", strings.TrimPrefix(path, "/Users/")), Not(HaveKey("groups")), Not(HaveKey("title"))))
		answer, content = ask("PUT", "/Users/none", `{"userName":"ana"}`)
		expectError(http.StatusNotFound, "", answer, content)
	})

	DescribeTable("DIR-1 section 3.12: refuses with an error that says why", func(method, path, body string, status int, kind string) {
		created("/Users", `{"userName":"ana"}`)
		created("/Groups", `{"displayName":"Helpdesk","members":[{"value":"u-1"}]}`)
		answer, content := ask(method, path, body)
		expectError(status, kind, answer, content)
	},
		Entry("an unknown path", "GET", "/8f6a3f6e-0b0e-4a63-9dd9-3b0a3f0f0c5d", "", 404, ""),
		Entry("an unknown group", "GET", "/Groups/none", "", 404, ""),
		Entry("an unknown group, to PATCH", "PATCH", "/Groups/none", `{"Operations":[{"op":"add","path":"displayName","value":"x"}]}`, 404, ""),
		Entry("an unknown group, to DELETE", "DELETE", "/Groups/none", "", 404, ""),
		Entry("an id with a slash", "GET", "/Groups/a%2Fb", "", 404, ""),
		Entry("a path below a resource", "GET", "/Groups/group-1/members", "", 404, ""),
		Entry("a document below another", "GET", "/ResourceTypes/Group/x", "", 404, ""),
		Entry("an unknown resource type", "GET", "/ResourceTypes/Shoe", "", 404, ""),
		Entry("POST of a document", "POST", "/ServiceProviderConfig", "{}", 405, ""),
		Entry("PATCH of a document", "PATCH", "/ResourceTypes/Group", "{}", 405, ""),
		Entry("DELETE of a document", "DELETE", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group", "", 405, ""),
		Entry("a body that is a list", "POST", "/Groups", `[]`, 400, "invalidSyntax"),
		Entry("a body that goes on", "POST", "/Groups", `{"displayName":"x"}{}`, 400, "invalidSyntax"),
		Entry("schemas of something else", "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"displayName":"x"}`, 400, "invalidValue"),
		Entry("schemas that are no list", "POST", "/Groups", `{"schemas":"urn:ietf:params:scim:schemas:core:2.0:Group","displayName":"x"}`, 400, "invalidSyntax"),
		Entry("a group without a name", "POST", "/Groups", `{"members":[]}`, 400, "invalidValue"),
		Entry("a name that is a number", "POST", "/Groups", `{"displayName":5}`, 400, "invalidValue"),
		Entry("members that are a number", "POST", "/Groups", `{"displayName":"x","members":[5]}`, 400, "invalidValue"),
		Entry("a PATCH of another schema", "PATCH", "/Groups/group-1", `{"schemas":["urn:x"],"Operations":[{"op":"add","path":"displayName","value":"x"}]}`, 400, "invalidSyntax"),
		Entry("a PATCH of the id", "PATCH", "/Groups/group-1", `{"Operations":[{"op":"replace","path":"id","value":"x"}]}`, 400, "mutability"),
		Entry("a PATCH of meta", "PATCH", "/Groups/group-1", `{"Operations":[{"op":"replace","path":"meta.location","value":"x"}]}`, 400, "mutability"),
		Entry("a PATCH of a member's value, which is immutable", "PATCH", "/Groups/group-1", `{"Operations":[{"op":"replace","path":"members[value eq \"u-1\"].value","value":"x"}]}`, 400, "mutability"),
		Entry("a PATCH that removes the name", "PATCH", "/Groups/group-1", `{"Operations":[{"op":"remove","path":"displayName"}]}`, 400, "mutability"),
		Entry("a PATCH that removes everything", "PATCH", "/Groups/group-1", `{"Operations":[{"op":"remove"}]}`, 400, "noTarget"),
		Entry("a PATCH of a member whom there is not", "PATCH", "/Groups/group-1", `{"Operations":[{"op":"replace","path":"members[value eq \"u-9\"]","value":{"value":"u-2"}}]}`, 400, "noTarget"),
		Entry("a PATCH of an attribute that there is not", "PATCH", "/Groups/group-1", `{"Operations":[{"op":"add","path":"shoe","value":"x"}]}`, 400, "invalidPath"),
		Entry("a PATCH with a path that cannot be parsed", "PATCH", "/Groups/group-1", `{"Operations":[{"op":"add","path":"members[value eq","value":"x"}]}`, 400, "invalidPath"),
		Entry("a PATCH with a filter in its path that makes no sense", "PATCH", "/Groups/group-1", `{"Operations":[{"op":"remove","path":"members[shoe eq \"x\"]"}]}`, 400, "invalidFilter"),
		Entry("a filter by an attribute that there is not", "GET", "/Groups?filter="+url.QueryEscape(`shoe eq "x"`), "", 400, "invalidFilter"),
		Entry("a filter by a password", "GET", "/Users?filter="+url.QueryEscape(`password pr`), "", 400, "invalidFilter"),
		Entry("a filter without an end", "GET", "/Groups?filter="+url.QueryEscape(`(displayName eq "x"`), "", 400, "invalidFilter"),
		Entry("a count that is no number", "GET", "/Groups?count=x", "", 400, "invalidValue"),
		Entry("a duplicate", "POST", "/Groups", `{"displayName":"HELPDESK"}`, 409, "uniqueness"),
	)

	It("DIR-1 section 3.14: every change changes the ETag, and the same content has the same one", func() {
		path := created("/Groups", `{"displayName":"Helpdesk"}`)
		tag := func() string {
			answer, content := ask("GET", path, "")
			Expect(answer.StatusCode).To(Equal(http.StatusOK), "%v", content)
			return answer.Header.Get("ETag")
		}
		first := tag()
		change := func(operation string, headers ...string) int {
			answer, _ := ask("PATCH", path, `{"Operations":[`+operation+`]}`, headers...)
			return answer.StatusCode
		}
		Expect(change(`{"op":"add","path":"members","value":[{"value":"u-1"}]}`, "If-Match", first)).To(Equal(http.StatusOK))
		second := tag()
		Expect(second).NotTo(Equal(first))
		Expect(change(`{"op":"add","path":"members","value":[{"value":"u-2"}]}`, "If-Match", first)).To(Equal(http.StatusPreconditionFailed))
		Expect(change(`{"op":"add","path":"members","value":[{"value":"u-1"}]}`, "If-Match", `"x", `+second)).To(Equal(http.StatusOK))
		Expect(tag()).To(Equal(second), "nothing has changed")
		Expect(change(`{"op":"remove","path":"members"}`, "If-Match", "*")).To(Equal(http.StatusOK))
		Expect(tag()).To(Equal(first))
	})

	It("DIR-1 section 4: the documents describe users and groups, each at its own URL", func() {
		for _, path := range []string{"/ResourceTypes", "/Schemas"} {
			answer, list := ask("GET", path, "")
			Expect(answer.StatusCode).To(Equal(http.StatusOK))
			documents, _ := list["Resources"].([]any)
			Expect(list).To(HaveKeyWithValue("totalResults", float64(len(documents))))
			for _, document := range documents {
				d, _ := document.(map[string]any)
				meta, _ := d["meta"].(map[string]any)
				location, _ := meta["location"].(string)
				Expect(location).To(Equal(base + path + "/" + d["id"].(string))) //nolint:forcetypeassert // always there
				answer, one := ask("GET", strings.TrimPrefix(location, base), "")
				Expect(answer.StatusCode).To(Equal(http.StatusOK))
				Expect(one).To(Equal(d))
			}
		}
		_, group := ask("GET", "/ResourceTypes/Group", "")
		Expect(group).To(And(HaveKeyWithValue("endpoint", "/Groups"), HaveKeyWithValue("schema", scim.GroupSchema),
			HaveKeyWithValue("schemaExtensions", BeEmpty())))
		answer, _ := ask("GET", "/Schemas/"+strings.ToUpper(scim.GroupSchema), "")
		Expect(answer.StatusCode).To(Equal(http.StatusOK), "URNs have no case")
	})

	It("DIR-1 section 4: the document about the service says what is supported, and that is what happens", func() {
		_, config := ask("GET", "/ServiceProviderConfig", "")
		Expect(config["schemas"]).To(ConsistOf("urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"))
		for name, supported := range map[string]bool{"patch": true, "filter": true, "etag": true, "bulk": false, "sort": false, "changePassword": false} {
			Expect(config[name]).To(HaveKeyWithValue("supported", supported), name)
		}
		answer, content := ask("POST", "/Bulk", `{}`)
		expectError(http.StatusNotImplemented, "", answer, content)
		Expect(config["authenticationSchemes"]).To(ConsistOf(And(HaveKeyWithValue("type", "oauthbearertoken"), HaveKey("name"), HaveKey("description"))))
	})

	It("DIR-1 RFC 7643 section 7: the schema of groups says what can be done with each attribute", func() {
		_, schema := ask("GET", "/Schemas/"+scim.GroupSchema, "")
		characteristics := map[string]string{}
		var walk func(prefix string, attributes any)
		walk = func(prefix string, attributes any) {
			list, _ := attributes.([]any)
			for _, element := range list {
				a, _ := element.(map[string]any)
				for _, required := range []string{"name", "type", "multiValued", "description", "required", "mutability", "returned", "caseExact", "uniqueness"} {
					Expect(a).To(HaveKey(required), "%v", a)
				}
				name := prefix + a["name"].(string) //nolint:forcetypeassert // always there
				characteristics[name] = fmt.Sprint(a["type"], " ", a["multiValued"], " ", a["required"], " ", a["caseExact"], " ", a["mutability"], " ", a["uniqueness"])
				walk(name+".", a["subAttributes"])
			}
		}
		walk("", schema["attributes"])
		Expect(characteristics).To(Equal(map[string]string{
			"displayName":     "string false true false readWrite server",
			"members":         "complex true false false readWrite none",
			"members.value":   "string false false true immutable none",
			"members.$ref":    "reference false false true immutable none",
			"members.display": "string false false false readOnly none",
			"members.type":    "string false false false immutable none",
		}))
	})
})
