// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/usher-operator/usher/internal/invitation"
)

// FuzzParseAddresses: what comes out is a list of distinct people with addresses of the text, and written out it comes out
// again as it is (NOV-3). What the parser takes, the API lets through.
func FuzzParseAddresses(f *testing.F) {
	for _, seed := range []string{
		"", "ana@acme.example", "luis@acme.example, eva@acme.example; sam@acme.example\n", "Ana@acme.example ana@acme.example",
		"Ana <ana@acme.example>", "\"Pérez, Ana\" <ana@acme.example>; Ana <b@c.d>", "a@b.c Ana María <d@e.f> <g@h.i>",
		"\"a\\\"b\\\\\" <a@b.c>", "ana@españa.example ana@xn--espaa-rta.example", "a@xn--a.example", "ana..p@acme.example",
		"ñ@ñ.ñ\u00a0x@y.z", "a@b.c\r\nBcc: d@e.f", "\xff@\xff.\xff", "\"\u202e\" <a@b.c>", "<a@b.c", "<a@b.c>d", "İ@İ.example",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		people, err := invitation.ParseAddresses([]string{text})
		if err != nil {
			if faults, ok := err.(invitation.Faults); !ok || len(faults) == 0 || !utf8.ValidString(err.Error()) { //nolint:errorlint // not wrapped
				t.Fatalf("%T %q", err, err)
			}
			return
		}
		if len(people) == 0 || len(people) > invitation.MaxRecipients {
			t.Fatalf("%d people", len(people))
		}
		if utf8.ValidString(text) && !passesAPI(text) {
			t.Fatalf("%q is taken, and the API would refuse it", text)
		}
		seen := map[string]bool{}
		var written []string
		for _, person := range people {
			checkPerson(t, text, person)
			if key := invitation.NormalizeAddress(person.Email); seen[key] {
				t.Fatalf("%q comes twice", person.Email)
			} else {
				seen[key] = true
			}
			written = append(written, person.String())
		}
		again, err := invitation.ParseAddresses([]string{strings.Join(written, "; ")})
		if err != nil || !slices.Equal(again, people) {
			t.Fatalf("%q became %q: %v", people, again, err)
		}
	})
}

func checkPerson(t *testing.T, text string, person invitation.Addressee) {
	key := invitation.NormalizeAddress(person.Email)
	switch {
	case !invitation.ValidAddress(person.Email) || strings.ContainsAny(person.Email, "\r\n\t\x00 ,;<>\""):
		t.Fatalf("%q is no address", person.Email)
	case !strings.Contains(text, person.Email):
		t.Fatalf("%q is not in the text", person.Email)
	case person.Name != "" && !invitation.ValidName(person.Name):
		t.Fatalf("%q is no name", person.Name)
	case invitation.NormalizeAddress(key) != key:
		t.Fatalf("%q is normalized to %q, and that to %q", person.Email, key, invitation.NormalizeAddress(key))
	}
}

// FuzzVerify: a token that verifies is the very one that was signed, in every character.
func FuzzVerify(f *testing.F) {
	keys, err := invitation.NewKeys(map[string][]byte{"0001": bytes.Repeat([]byte("k"), invitation.KeySize)})
	if err != nil {
		f.Fatal(err)
	}
	genuine, err := keys.Sign(invitation.PurposeInvite, uid, address, 1)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", genuine, genuine[1:], genuine + "\n", genuine[:50] + "\n" + genuine[50:], strings.ToUpper(genuine)} {
		f.Add(seed, byte(invitation.PurposeInvite))
		f.Add(seed, byte(invitation.PurposeConfirm))
	}
	f.Fuzz(func(t *testing.T, token string, purpose byte) {
		claims, err := keys.Verify(invitation.Purpose(purpose), token)
		forged := token != genuine || purpose != byte(invitation.PurposeInvite)
		switch {
		case forged && err == nil:
			t.Fatalf("%q verifies for purpose %d: %+v", token, purpose, claims)
		case forged && (err != invitation.ErrBadToken || claims != invitation.Claims{}): //nolint:errorlint // the very error, or it would tell something
			t.Fatalf("%q gives %+v and %v", token, claims, err)
		case !forged && err != nil:
			t.Fatal(err)
		}
	})
}

// FuzzUserName: whatever the address, the name can be an object's, and it is the same for the same account.
func FuzzUserName(f *testing.F) {
	for _, seed := range []string{"", "@", "ana@acme.example", "--@--", "名前@acme.example", strings.Repeat("a-", 100), "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		name := invitation.UserName(address)
		if faults := validation.IsDNS1123Label(name); len(faults) > 0 {
			t.Fatalf("%q becomes %q: %v", address, name, faults)
		}
		if utf8.ValidString(address) && name != invitation.UserName(invitation.NormalizeAddress(address)) {
			t.Fatalf("%q becomes %q, but not when it is normalized", address, name)
		}
	})
}

// FuzzDisplayName: a valid address has a name of one line that the status can hold (LMI-5, LMI-6).
func FuzzDisplayName(f *testing.F) {
	for _, seed := range []string{"claire.johnson@acme.example", "+@acme.example", "ß.ǆ@acme.example", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		name := invitation.DisplayName(address)
		if !invitation.ValidAddress(address) {
			return
		}
		if name == "" || utf8.RuneCountInString(name) > 160 || strings.ContainsAny(name, "\r\n\x00") {
			t.Fatalf("%q becomes %q", address, name)
		}
	})
}
