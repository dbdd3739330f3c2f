// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package linktoken_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/usher-operator/usher/internal/linktoken"
)

// FuzzVerify checks that only the token that was signed verifies, with every character as it was.
func FuzzVerify(f *testing.F) {
	keys, err := linktoken.NewKeys(map[string][]byte{"0001": bytes.Repeat([]byte("k"), linktoken.KeySize)})
	if err != nil {
		f.Fatal(err)
	}
	genuine, err := keys.Sign(linktoken.PurposeInvite, uid, address, 1)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", genuine, genuine[1:], genuine + "\n", genuine[:50] + "\n" + genuine[50:], strings.ToUpper(genuine)} {
		f.Add(seed, byte(linktoken.PurposeInvite))
		f.Add(seed, byte(linktoken.PurposeConfirm))
	}
	f.Fuzz(func(t *testing.T, token string, purpose byte) {
		claims, err := keys.Verify(linktoken.Purpose(purpose), token)
		forged := token != genuine || purpose != byte(linktoken.PurposeInvite)
		switch {
		case forged && err == nil:
			t.Fatalf("%q verifies for purpose %d: %+v", token, purpose, claims)
		case forged && (err != linktoken.ErrBadToken || claims != linktoken.Claims{}): //nolint:errorlint // this very error, because another one would reveal something
			t.Fatalf("%q returns %+v and %v", token, claims, err)
		case !forged && err != nil:
			t.Fatal(err)
		}
	})
}
