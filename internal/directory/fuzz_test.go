// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/scim"
)

// FuzzPerson checks that whatever a directory sends about a person is refused, or becomes an account that the API takes, from which the
// directory reads back what it sent; sent again, it changes nothing (DIR-1).
func FuzzPerson(f *testing.F) {
	for _, body := range []string{
		`{"userName":"ana@acme.example","externalId":"0a21","active":true,"emails":[{"primary":true,"value":"Ana@acme.example"}]}`,
		`{"userName":" ana@acme.example ","name":{"givenName":"\u202eAna","familyName":"P\u0000"},"phoneNumbers":[{"value":"tel:+34 (0)600-000.000"}]}`,
		`{"userName":"x","emails":[{"value":"no address"}]}`, `{"userName":"ana@acme.example","displayName":"\ue000"}`,
		`{"userName":"8a6f3f6e0b0e4a639dd93b0a3f0f0c5dana@acme.example","active":"False"}`,
	} {
		f.Add([]byte(body), []byte(`{"userName":"ana@acme.example"}`))
		f.Add([]byte(`{"userName":"ana@acme.example"}`), []byte(body))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		before, err := scim.Users().Decode(first)
		if err != nil {
			return
		}
		u, err := directory.New("acme", before, v1alpha1.OnboardingInvite, created)
		if err != nil {
			return
		}
		checkAccount(t, u, before)
		after, err := scim.Users().Decode(second)
		if err != nil {
			return
		}
		role := u.Spec.Role
		if _, err := directory.Change(u, after, created); err != nil {
			return
		}
		if u.Spec.Role != role || u.Namespace != "acme" || len(u.Spec.Workspaces) > 0 {
			t.Fatalf("%s gives %+v", second, u.Spec)
		}
		sent, err := directory.Sent(u)
		if err != nil {
			t.Fatal(err)
		}
		checkAccount(t, u, sent)
	})
}

// checkAccount checks an account against what the API takes, and what the directory sent.
func checkAccount(t *testing.T, u *v1alpha1.OrgUser, sent scim.Resource) {
	name := string(u.Spec.DisplayName)
	switch {
	case !emailaddr.Valid(string(u.Spec.Email)) || len(validation.IsDNS1123Subdomain(u.Name)) > 0:
		t.Fatalf("%s has the address %q", u.Name, u.Spec.Email)
	case name != "" && (!emailaddr.ValidName(name) || utf8.RuneCountInString(name) > 128):
		t.Fatalf("%s has the name %q", u.Name, name)
	}
	for key, value := range u.Labels {
		if len(validation.IsQualifiedName(key)) > 0 || len(validation.IsValidLabelValue(value)) > 0 {
			t.Fatalf("the label %s=%q", key, value)
		}
	}
	stored, _ := json.Marshal(u)
	var again v1alpha1.OrgUser
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	kept, err := directory.Sent(&again)
	for _, added := range []string{"id", "meta", "groups", "schemas"} {
		delete(kept, added)
		delete(sent, added)
	}
	if err != nil || !reflect.DeepEqual(kept, sent) {
		t.Fatalf("%v became %v: %v", sent, kept, err)
	}
	sent["id"] = u.Name // the door keeps it, whatever is sent
	if changed, err := directory.Change(&again, sent, created); changed || err != nil {
		t.Fatalf("%v changes the account that was made of it: %v", sent, err)
	}
}
