// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"testing"

	"github.com/usher-operator/usher/internal/scim"
)

// Each corpus in testdata/fuzz has the shapes that directories send, and some that they should not. `go test -fuzz` adds to it.

// FuzzDecode checks that what is kept of any body can be sent again and is kept the same (DIR-1).
func FuzzDecode(f *testing.F) {
	f.Add([]byte(ana))
	f.Add([]byte(helpdesk))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, rt := range []*scim.ResourceType{scim.Users(), scim.Groups()} {
			r, err := rt.Decode(body)
			checkError(t, err)
			if err == nil {
				checkResource(t, rt, r)
			}
		}
	})
}

// FuzzReplace checks that a PUT keeps what identifies a resource, whatever the body is.
func FuzzReplace(f *testing.F) {
	f.Add([]byte(ana), []byte(`{"userName": "b", "id": "x", "active": "False"}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		before, err := scim.Users().Decode(first)
		if err != nil {
			return
		}
		before["id"] = "u-1"
		after, err := scim.Users().Replace(before, second)
		checkError(t, err)
		if err == nil && after["id"] != "u-1" {
			t.Fatalf("%v became %v", before, after)
		}
	})
}

// FuzzPatch checks that a PATCH leaves behind a resource of the schema, or the one before, and never changes the one before.
func FuzzPatch(f *testing.F) {
	f.Add([]byte(ana), []byte(`{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`))
	f.Fuzz(func(t *testing.T, body, patch []byte) {
		p, err := scim.DecodePatch(patch)
		checkError(t, err)
		if err != nil {
			return
		}
		for _, rt := range []*scim.ResourceType{scim.Users(), scim.Groups()} {
			before, err := rt.Decode(body)
			if err != nil {
				continue
			}
			copied := before.Clone()
			after, err := rt.Patch(before, p)
			checkError(t, err)
			if !reflect.DeepEqual(before, copied) {
				t.Fatalf("%v became %v", copied, before)
			}
			if err == nil {
				checkResource(t, rt, after)
			}
		}
	})
}

// FuzzFilter checks that a filter and its opposite never select the same resource, and that a filter selects the same in brackets, or with
// itself.
func FuzzFilter(f *testing.F) {
	r, err := scim.Users().Decode([]byte(ana))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`emails[type eq "work" and value co "@acme"].value eq "x" or not (title pr)`)
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := scim.Users().ParseFilter(text)
		checkError(t, err)
		if err != nil {
			return
		}
		opposite, err := scim.Users().ParseFilter("not (" + text + ")")
		if err == nil && filter.Matches(r) == opposite.Matches(r) {
			t.Fatalf("%q and its opposite are both %v", text, filter.Matches(r))
		}
		for _, same := range []string{"(" + text + ")", "(" + text + ") and (" + text + ")", "(" + text + ") or (" + text + ")", "not (not (" + text + "))"} {
			if other, err := scim.Users().ParseFilter(same); err == nil && filter.Matches(r) != other.Matches(r) {
				t.Fatalf("%q is %v, and %q is not", text, filter.Matches(r), same)
			}
		}
	})
}

// FuzzQuery checks that the parameters of a request choose a part of a resource, and a page within a list.
func FuzzQuery(f *testing.F) {
	r, err := scim.Users().Decode([]byte(ana))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("filter=userName+eq+%22a%22&startIndex=2&count=100&attributes=name.givenName,emails.value,id")
	f.Add("excludedAttributes=members,emails.type,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager")
	f.Fuzz(func(t *testing.T, text string) {
		parameters, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		q, err := scim.Users().ParseQuery(parameters)
		checkError(t, err)
		if err != nil {
			return
		}
		copied := r.Clone()
		part := scim.Users().Project(r, q)
		if !reflect.DeepEqual(r, copied) || part["schemas"] == nil {
			t.Fatalf("%v became %v, of which %v was chosen", copied, r, part)
		}
		if page, _ := scim.Page(q, make([]int, 7)); len(page) > 7 {
			t.Fatalf("%d of 7", len(page))
		}
	})
}

func checkError(t *testing.T, err error) {
	if err == nil {
		return
	}
	e, ok := err.(*scim.Error) //nolint:errorlint // not wrapped
	if !ok || e.Status != 400 || e.Type == "" || e.Detail == "" {
		t.Fatalf("%T %v", err, err)
	}
	if _, err := json.Marshal(e); err != nil {
		t.Fatal(err)
	}
}

// checkResource checks that a resource is the same when a directory sends it back.
func checkResource(t *testing.T, rt *scim.ResourceType, r scim.Resource) {
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := rt.Decode(body)
	if err != nil || !reflect.DeepEqual(again, r) {
		t.Fatalf("%s became %v: %v", body, again, err)
	}
}
