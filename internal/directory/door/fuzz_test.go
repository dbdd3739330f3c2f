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
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"

	"github.com/usher-operator/usher/internal/directory/door"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/scim"
)

// fuzzedDoor is a door with one user and one group behind it.
type fuzzedDoor struct {
	http.Handler
	users, groups *memory
	log           bytes.Buffer
}

func newFuzzedDoor(t *testing.T) *fuzzedDoor {
	d := &fuzzedDoor{users: newMemory(scim.Users()), groups: newMemory(scim.Groups())}
	d.Handler = door.New(directories{d.users, d.groups}, door.Options{
		URL: "https://usher.example", RequestsPerSecond: live.Of(-1.0), Now: func() time.Time { return time.Unix(1e9, 0) },
		Log: funcr.New(func(prefix, args string) { fmt.Fprintln(&d.log, prefix, args) }, funcr.Options{Verbosity: 9}),
	})
	d.ask(t, "POST", "/scim/v2/acme/Users", "", `{"userName":"ana@acme.example","emails":[{"type":"work","value":"ana@acme.example"}]}`, "")
	d.ask(t, "POST", "/scim/v2/acme/Groups", "", `{"displayName":"Helpdesk","members":[{"value":"user-1"}]}`, "")
	return d
}

// ask sends a request and checks what is true of every answer: it is SCIM, says no secret, and is never an error of the service.
func (d *fuzzedDoor) ask(t *testing.T, method, path, query, body, match string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
	r.Method, r.URL = method, &url.URL{Path: path, RawQuery: query}
	r.Header.Set("Authorization", "Bearer "+token)
	if match != "" {
		r.Header.Set("If-Match", match)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	if strings.Contains(w.Body.String()+d.log.String(), token) {
		t.Fatalf("%s %s: the answer or the log has the token", method, path)
	}
	if w.Code == http.StatusNoContent || w.Code == http.StatusNotModified || w.Header().Get("Location") != "" && w.Code/100 == 3 {
		return w
	}
	var said struct {
		Schemas []string `json:"schemas"`
		Status  string   `json:"status"`
		Detail  string   `json:"detail"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || len(said.Schemas) == 0 {
		t.Fatalf("%s %s answers %d %q: %v", method, path, w.Code, w.Body.String(), err)
	}
	if w.Code >= 400 && (said.Detail == "" || said.Status != fmt.Sprint(w.Code)) || w.Code == http.StatusInternalServerError {
		t.Fatalf("%s %s answers %d %s", method, path, w.Code, w.Body.String())
	}
	return w
}

var fuzzMethods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "get"}

// FuzzRequests sends any request about users and groups. A refused one changes nothing; what was stored is returned as it was answered; and
// sent back, it stays what it is.
func FuzzRequests(f *testing.F) {
	for n, seed := range []struct{ path, query, body string }{
		{"Users", "filter=userName+eq+%22ana@acme.example%22&startIndex=1&count=2", `{"userName":"eva@acme.example","active":"False","password":"1mz050nq"}`},
		{"Users/user-1", "attributes=name.givenName", `{"Operations":[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"b@acme.example"}]}`},
		{"Users/user-1", "excludedAttributes=emails", `{"userName":"ana@acme.example","externalId":"1","emails":[],"name":{"familyName":"P"}}`},
		{"Groups", "", `{"displayName":"Sales","members":[{"value":"user-1","$ref":null}]}`},
		{"Groups/group-1", "excludedAttributes=members", `{"Operations":[{"op":"remove","path":"members[value eq \"user-1\"]"}]}`},
		{"Users/.search", "", `{"filter":"emails[type eq \"work\"]","attributes":["userName"],"count":-1}`},
		{"Schemas/urn:x", "", "{}"},
		{"Bulk", "", "{"},
		{"Users/%2e%2e/Groups", "", "\xff"},
		{"Users//user-1/", "count=x", "[]"},
	} {
		for method := range fuzzMethods {
			f.Add(byte(method), seed.path, seed.query, seed.body, []string{"", "*", `W/"x"`}[n%3])
		}
	}
	f.Fuzz(func(t *testing.T, method byte, path, query, body, match string) {
		d := newFuzzedDoor(t)
		before := d.kept()
		how := fuzzMethods[int(method)%len(fuzzMethods)]
		answer := d.ask(t, how, "/scim/v2/acme/"+path, query, body, match)
		if (answer.Code >= 300 || how == http.MethodGet) && d.kept() != before {
			t.Fatalf("%s %s answers %d and leaves %s of %s", how, path, answer.Code, d.kept(), before)
		}
		if strings.Contains(answer.Body.String(), `"password"`) && answer.Code < 300 && !strings.Contains(path, "Schemas") {
			t.Fatalf("a password is returned: %s", answer.Body.String())
		}
		d.checkKept(t)
	})
}

// kept returns everything that is behind the door.
func (d *fuzzedDoor) kept() string {
	text, _ := json.Marshal([]any{d.users.kept, d.groups.kept})
	return string(text)
}

// checkKept reads every resource, and sends it back.
func (d *fuzzedDoor) checkKept(t *testing.T) {
	for _, m := range []*memory{d.users, d.groups} {
		for _, id := range slices.Clone(m.order) {
			path := "/scim/v2/acme" + m.rt.Endpoint + "/" + id
			first := d.ask(t, http.MethodGet, path, "", "", "")
			if first.Code != http.StatusOK {
				t.Fatalf("%s is kept, but the answer is %d", path, first.Code)
			}
			again := d.ask(t, http.MethodPut, path, "", first.Body.String(), first.Header().Get("ETag"))
			if again.Code != http.StatusOK || again.Header().Get("ETag") != first.Header().Get("ETag") || !sameJSON(first.Body, again.Body) {
				t.Fatalf("%s was %s and became %d %s", path, first.Body, again.Code, again.Body)
			}
		}
	}
}

func sameJSON(a, b *bytes.Buffer) bool {
	var one, two any
	return json.Unmarshal(a.Bytes(), &one) == nil && json.Unmarshal(b.Bytes(), &two) == nil && reflect.DeepEqual(one, two)
}
