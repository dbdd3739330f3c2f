// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// FuzzParseList checks that the parser returns distinct people whose addresses are in the text, and the same people again
// for the list that it returned (NOV-3). The API accepts every list that the parser accepts.
func FuzzParseList(f *testing.F) {
	for _, seed := range []string{
		"", "ana@acme.example", "luis@acme.example, eva@acme.example; sam@acme.example\n", "Ana@acme.example ana@acme.example",
		"Ana <ana@acme.example>", "\"Pérez, Ana\" <ana@acme.example>; Ana <b@c.d>", "a@b.c Ana María <d@e.f> <g@h.i>", "Pérez, Ana <a@b.c>, x, <d@e.f>",
		"\"a\\\"b\\\\\" <a@b.c>", "ana@españa.example ana@xn--espaa-rta.example", "a@xn--a.example", "ana..p@acme.example",
		"ñ@ñ.ñ\u00a0x@y.z", "a@b.c\r\nBcc: d@e.f", "\xff@\xff.\xff", "\"\u202e\" <a@b.c>", "<a@b.c", "<a@b.c>d", "İ@İ.example",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		people, err := emailaddr.ParseList([]string{text})
		if err != nil {
			if faults, ok := err.(emailaddr.Faults); !ok || len(faults) == 0 || !utf8.ValidString(err.Error()) { //nolint:errorlint // not wrapped
				t.Fatalf("%T %q", err, err)
			}
			return
		}
		if len(people) == 0 || len(people) > emailaddr.MaxRecipients {
			t.Fatalf("%d people", len(people))
		}
		if utf8.ValidString(text) && !passesAPI(text) {
			t.Fatalf("the parser accepts %q, but the API refuses it", text)
		}
		seen := map[string]bool{}
		var written []string
		for _, person := range people {
			checkPerson(t, text, person)
			if key := emailaddr.Normalize(person.Email); seen[key] {
				t.Fatalf("%q comes twice", person.Email)
			} else {
				seen[key] = true
			}
			written = append(written, person.String())
		}
		for n := range people {
			people[n].Joined = false // String writes names in quotes
		}
		again, err := emailaddr.ParseList([]string{strings.Join(written, "; ")})
		if err != nil || !slices.Equal(again, people) {
			t.Fatalf("%q became %q: %v", people, again, err)
		}
	})
}

func checkPerson(t *testing.T, text string, person emailaddr.Addressee) {
	key := emailaddr.Normalize(person.Email)
	switch {
	case !emailaddr.Valid(person.Email) || strings.ContainsAny(person.Email, "\r\n\t\x00 ,;<>\""):
		t.Fatalf("%q is not an address", person.Email)
	case !strings.Contains(text, person.Email):
		t.Fatalf("%q is not in the text", person.Email)
	case person.Name != "" && !emailaddr.ValidName(person.Name):
		t.Fatalf("%q is not a name", person.Name)
	case emailaddr.Normalize(key) != key:
		t.Fatalf("%q is normalized to %q, and that to %q", person.Email, key, emailaddr.Normalize(key))
	}
}

// FuzzObjectName checks that every address has valid object names, which are the same for the same account.
func FuzzObjectName(f *testing.F) {
	for _, seed := range []string{"", "@", "ana@acme.example", "--@--", "名前@acme.example", strings.Repeat("a-", 100), "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		name := emailaddr.ObjectName(address)
		if faults := validation.IsDNS1123Label(name); len(faults) > 0 {
			t.Fatalf("%q becomes %q: %v", address, name, faults)
		}
		if utf8.ValidString(address) && name != emailaddr.ObjectName(emailaddr.Normalize(address)) {
			t.Fatalf("%q becomes %q, but not when it is normalized", address, name)
		}
		seen := map[string]bool{}
		for other := range emailaddr.ObjectNames(address) {
			if faults := validation.IsDNS1123Label(other); len(faults) > 0 || seen[other] {
				t.Fatalf("%q becomes %q: %v", address, other, faults)
			}
			seen[other] = true
		}
	})
}

// FuzzDisplayName checks that a valid address has a name of one line that fits in the status (LMI-5, LMI-6).
func FuzzDisplayName(f *testing.F) {
	for _, seed := range []string{"claire.johnson@acme.example", "+@acme.example", "ß.ǆ@acme.example", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		name := emailaddr.DisplayName(address)
		if !emailaddr.Valid(address) {
			return
		}
		if name == "" || utf8.RuneCountInString(name) > 160 || strings.ContainsAny(name, "\r\n\x00") {
			t.Fatalf("%q becomes %q", address, name)
		}
	})
}
