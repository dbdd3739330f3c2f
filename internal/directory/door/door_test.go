// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package door_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/directory/door"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/scim"
)

func TestDoor(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Door")
}

const (
	userSchema = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]`
	patchOp    = `"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]`
)

// answer is what a client gets.
type answer struct {
	*httptest.ResponseRecorder

	body map[string]any
}

var _ = Describe("The door of a directory", func() {
	var (
		handler http.Handler
		users   *memory
		groups  *memory
		log     *bytes.Buffer
		now     time.Time
		limit   live.Value[float64]
	)

	BeforeEach(func() {
		users, groups, log = newMemory(scim.Users()), newMemory(scim.Groups()), &bytes.Buffer{}
		limit = live.Of(0.0)
		now = time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
		handler = door.New(directories{users, groups}, door.Options{
			URL: "https://usher.example/", RequestsPerSecond: limit, Network: func(r *http.Request) string { return r.Header.Get("X-Network") },
			Now: func() time.Time { return now },
			Log: funcr.New(func(prefix, args string) { fmt.Fprintln(log, prefix, args) }, funcr.Options{Verbosity: 9}),
		})
	})

	send := func(method, path, body string, headers ...string) answer {
		GinkgoHelper()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
		for n := 0; n < len(headers); n += 2 {
			r.Header.Set(headers[n], headers[n+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		a := answer{ResponseRecorder: w}
		if w.Body.Len() > 0 {
			Expect(w.Header().Get("Content-Type")).To(Equal("application/scim+json; charset=utf-8"))
			Expect(json.Unmarshal(w.Body.Bytes(), &a.body)).To(Succeed(), w.Body.String())
		}
		return a
	}
	refused := func(a answer, status int, kind, words string) {
		GinkgoHelper()
		Expect(a.Code).To(Equal(status), a.Body.String())
		Expect(a.body).To(And(HaveKeyWithValue("status", fmt.Sprint(status)), HaveKeyWithValue("detail", ContainSubstring(words)),
			HaveKeyWithValue("schemas", ConsistOf("urn:ietf:params:scim:api:messages:2.0:Error"))))
		if kind == "" {
			Expect(a.body).NotTo(HaveKey("scimType"))
		} else {
			Expect(a.body).To(HaveKeyWithValue("scimType", kind))
		}
	}

	It("DIR-1 is gone through as Entra ID does", func() {
		const path = "/scim/v2/acme/Users"
		By("testing the connection with a user that there is not")
		a := send("GET", path+"?filter="+url.QueryEscape(`userName eq "8f6a3f6e-0b0e-4a63-9dd9-3b0a3f0f0c5d"`), "")
		Expect(a.Code).To(Equal(http.StatusOK))
		Expect(a.body).To(And(HaveKeyWithValue("totalResults", 0.0), HaveKeyWithValue("Resources", BeEmpty())))
		By("creating a user")
		a = send("POST", path, `{`+userSchema+`,"externalId":"0a21","userName":"ana@acme.example","active":true,"emails":[{"primary":true,"type":"work","value":"ana@acme.example"}]}`)
		Expect(a.Code).To(Equal(http.StatusCreated))
		Expect(a.Header().Get("Location")).To(Equal("https://usher.example/scim/v2/acme/Users/user-1"))
		Expect(a.Header().Get("ETag")).To(HavePrefix(`W/"`))
		Expect(a.body).To(And(HaveKeyWithValue("id", "user-1"), HaveKeyWithValue("externalId", "0a21")))
		By("creating the user again")
		refused(send("POST", path, `{`+userSchema+`,"userName":"ANA@acme.example"}`), http.StatusConflict, "uniqueness", "user-1")
		By("finding the user")
		a = send("GET", path+"?filter="+url.QueryEscape(`externalId eq "0a21"`), "")
		Expect(a.body).To(And(HaveKeyWithValue("totalResults", 1.0), HaveKeyWithValue("startIndex", 1.0), HaveKeyWithValue("itemsPerPage", 1.0)))
		By("deactivating the user")
		a = send("PATCH", path+"/user-1", `{`+patchOp+`,"Operations":[{"op":"Replace","path":"active","value":"False"}]}`)
		Expect(a.Code).To(Equal(http.StatusOK))
		Expect(a.body).To(HaveKeyWithValue("active", false))
		By("creating a group, and adding the user later")
		a = send("POST", "/scim/v2/acme/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"8aa1","displayName":"Helpdesk"}`)
		Expect(a.Code).To(Equal(http.StatusCreated))
		a = send("PATCH", "/scim/v2/acme/Groups/group-1", `{`+patchOp+`,"Operations":[{"op":"Add","path":"members","value":[{"$ref":null,"value":"user-1"}]}]}`)
		Expect(a.body).To(HaveKeyWithValue("members", HaveLen(1)))
		a = send("GET", "/scim/v2/acme/Groups/group-1?excludedAttributes=members", "")
		Expect(a.body).To(And(HaveKeyWithValue("displayName", "Helpdesk"), Not(HaveKey("members"))))
		a = send("PATCH", "/scim/v2/acme/Groups/group-1", `{`+patchOp+`,"Operations":[{"op":"Remove","path":"members","value":[{"value":"user-1"}]}]}`)
		Expect(a.body).NotTo(HaveKey("members"))
		By("deleting the user")
		a = send("DELETE", path+"/user-1", "")
		Expect(a.Code).To(Equal(http.StatusNoContent))
		Expect(a.Body.Len()).To(BeZero())
		refused(send("GET", path+"/user-1", ""), http.StatusNotFound, "", "user-1")
		refused(send("DELETE", path+"/user-1", ""), http.StatusNotFound, "", "user-1")
	})

	It("DIR-1 is gone through as Okta does", func() {
		const path = "/scim/v2/acme/Users"
		a := send("GET", path+"?startIndex=1&count=100", "", "Accept", "application/scim+json")
		Expect(a.body).To(HaveKeyWithValue("Resources", BeEmpty()))
		a = send("POST", path, `{`+userSchema+`,"userName":"ana@acme.example","password":"1mz050nq","active":true,"groups":[],"locale":"en-US"}`)
		Expect(a.Code).To(Equal(http.StatusCreated))
		Expect(a.Body.String()).NotTo(ContainSubstring("1mz050nq"))
		Expect(send("GET", path+"/user-1", "").Code).To(Equal(http.StatusOK), "at once")
		a = send("PUT", path+"/user-1", `{`+userSchema+`,"id":"user-1","userName":"ana@acme.example","displayName":"Ana","active":true,"meta":{"resourceType":"User"}}`)
		Expect(a.body).To(And(HaveKeyWithValue("displayName", "Ana"), Not(HaveKey("locale"))))
		a = send("PATCH", path+"/user-1", `{`+patchOp+`,"Operations":[{"op":"replace","value":{"active":false}}]}`)
		Expect(a.body).To(HaveKeyWithValue("active", false))
		a = send("GET", path+"?filter="+url.QueryEscape(`userName eq "Ana@acme.example"`)+"&startIndex=1&count=100", "")
		Expect(a.body).To(HaveKeyWithValue("Resources", HaveLen(1)))
	})

	It("DIR-1 answers a query by POST", func() {
		send("POST", "/scim/v2/acme/Users", `{"userName":"ana@acme.example","title":"CFO"}`)
		a := send("POST", "/scim/v2/acme/Users/.search", `{"filter":"title pr","attributes":["userName"],"startIndex":1,"count":10}`)
		Expect(a.Code).To(Equal(http.StatusOK))
		Expect(a.body["Resources"]).To(ConsistOf(And(HaveKeyWithValue("userName", "ana@acme.example"), HaveKey("id"), Not(HaveKey("title")))))
		refused(send("POST", "/scim/v2/acme/Users/.search", `{"filter":1}`), http.StatusBadRequest, "invalidSyntax", "no search request")
	})

	It("DIR-1 does not repeat what the client has, nor change what the client has not seen", func() {
		send("POST", "/scim/v2/acme/Users", `{"userName":"ana@acme.example"}`)
		tag := send("GET", "/scim/v2/acme/Users/user-1", "").Header().Get("ETag")
		a := send("GET", "/scim/v2/acme/Users/user-1", "", "If-None-Match", tag)
		Expect(a.Code).To(Equal(http.StatusNotModified))
		Expect(a.Body.Len()).To(BeZero())
		body := `{"Operations":[{"op":"add","path":"title","value":"CFO"}]}`
		a = send("PATCH", "/scim/v2/acme/Users/user-1", body, "If-Match", tag)
		Expect(a.Code).To(Equal(http.StatusOK))
		Expect(a.Header().Get("ETag")).NotTo(Equal(tag))
		refused(send("PATCH", "/scim/v2/acme/Users/user-1", body, "If-Match", tag), http.StatusPreconditionFailed, "", "read it again")
		refused(send("DELETE", "/scim/v2/acme/Users/user-1", "", "If-Match", tag), http.StatusPreconditionFailed, "", "read it again")
		Expect(send("GET", "/scim/v2/acme/Users/user-1", "", "If-None-Match", tag).Code).To(Equal(http.StatusOK))
	})

	DescribeTable("DIR-2 stays closed to strangers, and does not say why", func(path, authorization string) {
		a := send("GET", path, "", "Authorization", authorization)
		refused(a, http.StatusUnauthorized, "", "the token is missing, wrong, expired or paused, or the organization has no directory")
		Expect(a.Header().Get("WWW-Authenticate")).To(Equal(`Bearer realm="SCIM"`))
	},
		Entry("without a token", "/scim/v2/acme/Users", ""),
		Entry("with another token", "/scim/v2/acme/Users", "Bearer usher_dir_wrong"),
		Entry("with another scheme", "/scim/v2/acme/Users", "Basic "+token),
		Entry("in an organization without a directory", "/scim/v2/other/Users", "Bearer "+token),
		Entry("at documents", "/scim/v2/acme/Schemas", "Bearer usher_dir_wrong"),
		Entry("where there is nothing", "/scim/v2/acme/shoes", "Bearer usher_dir_wrong"),
	)

	It("DIR-2 limits the requests of each organization", func() {
		for range 100 {
			Expect(send("GET", "/scim/v2/acme/Users", "").Code).To(Equal(http.StatusOK))
		}
		a := send("GET", "/scim/v2/acme/Users", "")
		refused(a, http.StatusTooManyRequests, "", "too many requests")
		Expect(a.Header().Get("Retry-After")).To(Equal("2"))
		now = now.Add(2 * time.Second)
		for range 100 {
			Expect(send("GET", "/scim/v2/acme/Users", "").Code).To(Equal(http.StatusOK), "50 a second: Entra ID requires 25")
		}
	})

	It("DIR-2 changes the limit while it serves, and has none if it is negative", func() {
		limit.Store(1)
		Expect(send("GET", "/scim/v2/acme/Users", "").Code).To(Equal(http.StatusOK))
		Expect(send("GET", "/scim/v2/acme/Users", "").Code).To(Equal(http.StatusOK))
		Expect(send("GET", "/scim/v2/acme/Users", "").Code).To(Equal(http.StatusTooManyRequests))
		limit.Store(-1)
		for range 300 {
			Expect(send("GET", "/scim/v2/acme/Users", "").Code).To(Equal(http.StatusOK))
		}
	})

	It("DIR-2 limits wrong tokens by network and organization, and never a right one", func() {
		wrong := []string{"Authorization", "Bearer usher_dir_wrong", "X-Network", "a"}
		for range 20 {
			Expect(send("GET", "/scim/v2/acme/Users", "", wrong...).Code).To(Equal(http.StatusUnauthorized))
		}
		a := send("GET", "/scim/v2/acme/Users", "", wrong...)
		refused(a, http.StatusTooManyRequests, "", "wrong token")
		Expect(a.Header().Get("Retry-After")).To(Equal("2"))
		Expect(send("GET", "/scim/v2/acme/Users", "", "X-Network", "a").Code).To(Equal(http.StatusOK), "others are behind the same addresses")
		Expect(send("GET", "/scim/v2/other/Users", "", wrong...).Code).To(Equal(http.StatusUnauthorized))
		Expect(send("GET", "/scim/v2/acme/Users", "", wrong[0], wrong[1], "X-Network", "b").Code).To(Equal(http.StatusUnauthorized))
		now = now.Add(time.Second)
		Expect(send("GET", "/scim/v2/acme/Users", "", wrong...).Code).To(Equal(http.StatusUnauthorized))
		Expect(send("GET", "/scim/v2/acme/Users", "", wrong...).Code).To(Equal(http.StatusTooManyRequests))
	})

	It("DIR-1 says when to come again, and that there are no groups", func() {
		a := send("GET", "/scim/v2/paused/Users", "")
		refused(a, http.StatusServiceUnavailable, "", "paused")
		Expect(a.Header().Get("Retry-After")).To(Equal("600"))
		refused(send("GET", "/scim/v2/groupless/Groups", ""), http.StatusNotImplemented, "", "does not serve /scim/v2/groupless/Groups")
		Expect(send("GET", "/scim/v2/groupless/Users", "").Code).To(Equal(http.StatusOK))
	})

	DescribeTable("DIR-1 refuses what it does not do", func(method, path, body string, status int, kind, words string) {
		send("POST", "/scim/v2/acme/Users", `{"userName":"ana@acme.example"}`)
		refused(send(method, path, body), status, kind, words)
	},
		Entry("another path", "GET", "/scim/v2/acme/Shoes", "", 404, "", "nothing at this path"),
		Entry("the service itself", "GET", "/scim/v2/acme", "", 404, "", "nothing at this path"),
		Entry("another method on all", "DELETE", "/scim/v2/acme/Users", "", 405, "", "takes GET, POST"),
		Entry("another method on one", "POST", "/scim/v2/acme/Users/user-1", "{}", 405, "", "takes GET, PUT, PATCH, DELETE"),
		Entry("a change of a document", "PUT", "/scim/v2/acme/Schemas", "{}", 405, "", "takes GET"),
		Entry("requests in bulk", "POST", "/scim/v2/acme/Bulk", "{}", 501, "", "/Bulk is not supported"),
		Entry("a query of everything", "POST", "/scim/v2/acme/.search", "{}", 501, "", "users and groups together is not supported"),
		Entry("a query that says that it is something else", "POST", "/scim/v2/acme/Users/.search", `{"schemas":["urn:x"]}`, 400, "invalidSyntax",
			"schemas must contain urn:ietf:params:scim:api:messages:2.0:SearchRequest"),
		Entry("nothing, in words without escapes", "GET", "/scim/v2/acme/Nothing", "", 404, "", "ends with /scim/v2/ and the name of the organization"),
		Entry("oneself", "GET", "/scim/v2/acme/Me", "", 501, "", "/Me is not supported"),
		Entry("a filtered document", "GET", "/scim/v2/acme/ResourceTypes?filter=x", "", 403, "", "cannot be filtered"),
		Entry("an unknown schema", "GET", "/scim/v2/acme/Schemas/urn:x", "", 404, "", "nothing"),
		Entry("a bad filter", "GET", "/scim/v2/acme/Users?filter=x", "", 400, "invalidFilter", "cannot be parsed"),
		Entry("a bad body", "POST", "/scim/v2/acme/Users", "{", 400, "invalidSyntax", "not JSON"),
		Entry("a bad PATCH", "PATCH", "/scim/v2/acme/Users/user-1", "{}", 400, "invalidSyntax", "at least one operation"),
		Entry("a bad path", "PATCH", "/scim/v2/acme/Users/user-1", `{"Operations":[{"op":"add","path":"shoe","value":1}]}`, 400, "invalidPath", `"shoe"`),
		Entry("a large body", "POST", "/scim/v2/acme/Users", `{"userName":"`+strings.Repeat("x", 3<<20)+`"}`, 413, "", "larger than 2 MiB"),
		Entry("somebody unknown", "PUT", "/scim/v2/acme/Users/none", `{"userName":"a"}`, 404, "", "none"),
	)

	It("DIR-1 serves a client whose URL was entered with a slash at its end", func() {
		a := send("POST", "/scim/v2/acme//Users", `{`+userSchema+`,"userName":"ana@acme.example"}`)
		Expect(a.Code).To(Equal(http.StatusCreated), a.Body.String())
		Expect(send("GET", fmt.Sprint("/scim/v2//acme//Users//", a.body["id"]), "").Code).To(Equal(http.StatusOK))
	})

	It("DIR-1 takes JSON only", func() {
		a := send("POST", "/scim/v2/acme/Users", "userName=a", "Content-Type", "application/x-www-form-urlencoded")
		refused(a, http.StatusUnsupportedMediaType, "", "application/scim+json or application/json")
		Expect(send("POST", "/scim/v2/acme/Users", `{"userName":"a"}`, "Content-Type", "application/json").Code).To(Equal(http.StatusCreated))
		Expect(send("POST", "/scim/v2/acme/Users", `{"userName":"b"}`, "Content-Type", "").Code).To(Equal(http.StatusCreated))
	})

	It("DIR-1 has documents about itself", func() {
		for _, path := range []string{"ServiceProviderConfig", "ResourceTypes", "ResourceTypes/User", "Schemas", "Schemas/" + scim.EnterpriseUserSchema} {
			a := send("GET", "/scim/v2/acme/"+path, "")
			Expect(a.Code).To(Equal(http.StatusOK), path)
			Expect(a.body).To(HaveKey("schemas"))
		}
	})

	It("DIR-2 tells a directory and the log no secret", func() {
		a := send("GET", "/scim/v2/broken/Users", "")
		refused(a, http.StatusInternalServerError, "", "Usher cannot answer")
		Expect(a.Body.String()).NotTo(ContainSubstring("API server"))
		send("POST", "/scim/v2/acme/Users", `{"userName":"ana@acme.example","password":"1mz050nq"}`)
		send("GET", "/scim/v2/acme/Users?filter="+url.QueryEscape(`userName eq "ana@acme.example"`), "")
		Expect(log.String()).To(And(ContainSubstring("Answered a directory"), ContainSubstring("Cannot answer a directory"),
			Not(ContainSubstring("1mz050nq")), Not(ContainSubstring("ana@acme.example"))))
		users.fail = &scim.Error{Status: 503, Detail: "later"}
		Expect(send("GET", "/scim/v2/acme/Users/user-1", "").Header().Get("Retry-After")).To(Equal("2"))
	})
})
