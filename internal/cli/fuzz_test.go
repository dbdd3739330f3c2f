// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"reflect"
	"testing"
	"unicode/utf8"

	"sigs.k8s.io/yaml"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// FuzzManifest writes a declared person as a manifest. kubectl's parser reads what was declared: no name, number or word of YAML changes its
// type, and none adds a field or a document.
func FuzzManifest(f *testing.F) {
	for _, text := range []string{"Ana Pérez", "yes", "0x1f", "1e3", "null", "~", "2026-11-30", "a: b", "- x\n---\n", "#", "*a", "!!binary x", " x ", "\u2028", "'", "\"\\", "<<"} {
		f.Add(text, "ana@acme.example", text)
	}
	f.Fuzz(func(t *testing.T, name, email, note string) {
		if !utf8.ValidString(name) || !utf8.ValidString(email) || !utf8.ValidString(note) {
			return // the API server stores no such text
		}
		var u v1alpha1.OrgUser
		u.Namespace, u.Name = "acme", "ana"
		u.Spec = v1alpha1.OrgUserSpec{Email: v1alpha1.EmailAddress(email), DisplayName: v1alpha1.DisplayName(name), Role: v1alpha1.RoleMember}
		u.Annotations, u.Labels = map[string]string{"example.com/note": note, note: name}, map[string]string{"team": name}
		m, err := manifestOf(&u)
		if err != nil {
			t.Fatal(err)
		}
		text, err := m.yaml()
		if err != nil {
			t.Fatal(err)
		}
		var read v1alpha1.OrgUser
		if err := yaml.UnmarshalStrict(text, &read); err != nil {
			t.Fatalf("%s cannot be read: %v", text, err)
		}
		if !reflect.DeepEqual(read.Spec, u.Spec) || !reflect.DeepEqual(read.Labels, u.Labels) || !reflect.DeepEqual(read.Annotations, m.Metadata.Annotations) {
			t.Fatalf("%+v is read as %+v from %s", u, read, text)
		}
	})
}
