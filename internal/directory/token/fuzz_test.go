// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package token_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/usher-operator/usher/internal/directory/token"
)

// FuzzRead reads what a Secret may keep of a token, opens with anything, and looks for a hash that opens without the token, an entry that
// changes when it is written, and an error that repeats what is kept: it may be the token itself.
func FuzzRead(f *testing.F) {
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	text := token.Prefix + strings.Repeat("a", 43)
	entry := token.Entry{Hash: sumOf(text), CreationTime: now, ExpirationTime: now.Add(time.Hour)}
	kept, err := json.Marshal(entry)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(kept), entry.Hash, entry.Hash + "\n", text, "{" + text, `{"hash":"` + text + `"}`, `{"hash":"` + entry.Hash + `","expirationTime":"tomorrow"}`,
		`{"hash":"` + entry.Hash + `","paused":true}`, `{"hash":"` + entry.Hash + `","expirationTime":"2026-01-01T00:00:00Z"}`, "{}", "null", "",
		`{"hash":"` + entry.Hash + `","expirationtime":"2026-01-01T00:00:00Z"}`, `{"hash":"` + entry.Hash + `","paused":true,"paused":false}`,
	} {
		f.Add("entra", seed, text)
		f.Add("Entra_", seed, entry.Hash)
	}
	f.Fuzz(func(t *testing.T, name, value, given string) {
		set, err := token.Read(map[string][]byte{name: []byte(value)})
		if err != nil {
			checkSilent(t, err, name, value)
			if len(set) > 0 {
				t.Fatalf("%v with the error %v", set, err)
			}
			return
		}
		if found, err := set.Find(given, now); (err == nil) != (sumOf(given) == set[name].Hash && len(given) <= 256 && set[name].Opens(now)) {
			t.Fatalf("%q opens %q, which keeps %q: %v", given, found, value, err)
		}
		written, err := json.Marshal(set[name])
		if err != nil {
			t.Fatalf("%q cannot be written: %v", value, err)
		}
		again, err := token.Read(map[string][]byte{name: written})
		if err != nil || again[name].Hash != set[name].Hash || !again[name].ExpirationTime.Equal(set[name].ExpirationTime) ||
			again[name].Paused != set[name].Paused {
			t.Fatalf("%q became %+v: %v", value, again, err)
		}
	})
}

func sumOf(text string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) }

// checkSilent checks that an error repeats nothing long of what is kept.
func checkSilent(t *testing.T, err error, name, value string) {
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(`{}":, `, r) }) {
		if len(word) >= 20 && strings.Contains(err.Error(), word) && !strings.Contains(name, word) && word != "2027-11-30T10:00:00Z" {
			t.Fatalf("%q is repeated: %v", value, err)
		}
	}
}
