// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/usher-operator/usher/internal/invitation"
)

// FuzzParseAddresses: what comes out is a list of distinct addresses of the text, which comes out again as it is (NOV-3).
func FuzzParseAddresses(f *testing.F) {
	for _, seed := range []string{
		"", "ana@acme.example", "luis@acme.example, eva@acme.example; sam@acme.example\n", "Ana@acme.example ana@acme.example",
		"Ana <ana@acme.example>", "ana..p@acme.example", "ñ@ñ.ñ\u00a0x@y.z", "a@b.c\r\nBcc: d@e.f", "\xff@\xff.\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		addresses, err := invitation.ParseAddresses([]string{text})
		if err != nil {
			return
		}
		if len(addresses) == 0 || len(addresses) > invitation.MaxRecipients {
			t.Fatalf("%d addresses", len(addresses))
		}
		seen := map[string]bool{}
		for _, address := range addresses {
			switch key := invitation.NormalizeAddress(address); {
			case !invitation.ValidAddress(address) || strings.ContainsAny(address, "\r\n\t\x00 ,;<>\""):
				t.Fatalf("%q is no address", address)
			case !strings.Contains(text, address):
				t.Fatalf("%q is not in the text", address)
			case seen[key]:
				t.Fatalf("%q comes twice", address)
			default:
				seen[key] = true
			}
		}
		again, err := invitation.ParseAddresses([]string{strings.Join(addresses, "; ")})
		if err != nil || strings.Join(again, " ") != strings.Join(addresses, " ") {
			t.Fatalf("%q became %q: %v", addresses, again, err)
		}
	})
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
