// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

// specs are seeds: what people write, and what they do not write.
var specs = []string{
	`{}`, `null`, `[]`, `7`, `"x"`, `{"profile":null}`, `{"profile":{"size":1}}`, `{"profile":{"size":1e9,"address":{}}}`,
	`{"email":"a@b.example","role":"Member","workspaces":[{"name":"x","access":"Edit"}]}`, `{"emails":["",";;"],"role":"?"}`,
	`{"members":[{}],"settings":{"language":"-"},"namespace":"acme-x"}`, `{"delegates":[{"username":"x","role":"OrganizationAdmin"}]}`,
	`{"members":["a@b.example","A@b.example",""],"identityGroup":"system:masters"}`,
}

// FuzzChangedFields compares specs of any JSON: the comparison never panics, finds no difference between equals, and does not
// depend on the order.
func FuzzChangedFields(f *testing.F) {
	for _, before := range specs {
		for _, after := range specs {
			f.Add([]byte(before), []byte(after))
		}
	}
	f.Fuzz(func(t *testing.T, before, after []byte) {
		var b, a any
		if json.Unmarshal(before, &b) != nil || json.Unmarshal(after, &a) != nil {
			return
		}
		found := authz.ChangedFields(b, a)
		if !slices.Equal(found, authz.ChangedFields(a, b)) {
			t.Fatalf("%s and %s differ in another way in the other order: %v", before, after, found)
		}
		for _, path := range found {
			if path != "spec" && !strings.HasPrefix(path, "spec.") {
				t.Fatalf("%q is not a path in a spec", path)
			}
		}
		if _, isMap := b.(map[string]any); isMap && len(authz.ChangedFields(b, b)) > 0 {
			t.Fatalf("%s differs from itself", before)
		}
	})
}

// FuzzTypedChangedFields compares specs of Usher's kinds: what is found is what a comparison of all their JSON finds.
func FuzzTypedChangedFields(f *testing.F) {
	for _, before := range specs {
		for _, after := range specs {
			f.Add([]byte(before), []byte(after))
		}
	}
	f.Add([]byte(`{"members":[],"devices":[]}`), []byte(`{"members":null,"title":"x"}`)) // an empty list and none
	f.Add([]byte(`{"profile":{"address":{}},"signIn":{}}`), []byte(`{"primaryAdministrator":{}}`))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		comparesAsJSON[v1alpha1.OrganizationSpec](t, before, after)
		comparesAsJSON[v1alpha1.OrgUserSpec](t, before, after)
		comparesAsJSON[v1alpha1.InvitationSpec](t, before, after)
		comparesAsJSON[v1alpha1.WorkspaceSpec](t, before, after)
		comparesAsJSON[v1alpha1.OrgGroupSpec](t, before, after)
	})
}

func comparesAsJSON[T any](t *testing.T, before, after []byte) {
	t.Helper()
	var b, a T
	if json.Unmarshal(before, &b) != nil || json.Unmarshal(after, &a) != nil {
		return
	}
	if found, all := authz.ChangedFields(b, a), authz.ChangedFields(allOf(t, b), allOf(t, a)); !slices.Equal(found, all) {
		t.Fatalf("%T: %s and %s differ in %v, their JSON in %v", b, before, after, found, all)
	}
}

// allOf returns the JSON of a spec, decoded.
func allOf(t *testing.T, spec any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// FuzzJudge judges requests by any actor about objects of any JSON: Judge never panics, and always refuses actors who manage
// nothing.
func FuzzJudge(f *testing.F) {
	for n, before := range specs {
		f.Add(byte(n), byte(n/4), byte(n), []byte(before), []byte(specs[(n+5)%len(specs)]), `{"labels":{"accounts.usher.dev/user":"x"}}`)
	}
	f.Fuzz(func(t *testing.T, kind, operation, who byte, before, after []byte, meta string) {
		var metadata metav1.ObjectMeta
		old, errOld := parsed(kind, before)
		requested, errNew := parsed(kind, after)
		if errOld != nil || errNew != nil || json.Unmarshal([]byte(meta), &metadata) != nil {
			return
		}
		requested.SetLabels(metadata.Labels)
		requested.SetFinalizers(metadata.Finalizers)
		requested.SetOwnerReferences(metadata.OwnerReferences)
		r := authz.Request{
			Operation: all[int(operation)%len(all)], Status: operation > 127, Actor: anybody(who), Organization: "acme", Old: old, New: requested,
			Facts: authz.Facts{Organization: acme("ana"), OtherAdministrator: who > 127},
		}
		switch r.Operation {
		case authz.Create:
			r.Old = nil
		case authz.Delete:
			r.New = nil
		}
		found := authz.Judge(r)
		mayNothing := r.Actor.Kind == authz.ActorNobody || slices.Contains([]v1alpha1.Role{technician, member, notifications}, r.Actor.Role)
		if mayNothing && len(found) == 0 {
			t.Fatalf("%v may %s %s into %s", r.Actor, r.Operation, before, after)
		}
		for _, v := range found {
			if v.Rule == "" || v.Message == "" || v.Reason == "" {
				t.Fatalf("%v is incomplete", v)
			}
		}
	})
}

// parsed returns an object of a kind with a spec.
func parsed(kind byte, spec []byte) (metav1.Object, error) {
	meta := metav1.ObjectMeta{Namespace: "acme", Name: "ana"}
	switch kind % 5 {
	case 0:
		o := &v1alpha1.Organization{ObjectMeta: meta}
		return o, json.Unmarshal(spec, &o.Spec)
	case 1:
		o := &v1alpha1.OrgUser{ObjectMeta: meta}
		return o, json.Unmarshal(spec, &o.Spec)
	case 2:
		o := &v1alpha1.Invitation{ObjectMeta: meta}
		return o, json.Unmarshal(spec, &o.Spec)
	case 3:
		o := &v1alpha1.Workspace{ObjectMeta: meta}
		return o, json.Unmarshal(spec, &o.Spec)
	default:
		o := &v1alpha1.OrgGroup{ObjectMeta: meta}
		return o, json.Unmarshal(spec, &o.Spec)
	}
}

// anybody returns an actor of some kind and role.
func anybody(who byte) authz.Actor {
	role := allRoles[int(who/4)%len(allRoles)]
	switch who % 4 {
	case 0:
		return person("ana", role)
	case 1:
		return delegate(role)
	case 2:
		return platformActor
	default:
		return authz.Actor{Kind: authz.ActorNobody, Username: "mallory"}
	}
}
