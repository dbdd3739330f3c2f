// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package token makes and checks the tokens with which directories present themselves. It is pure. A token is shown once, to whoever has it
// made; what is kept is its hash. It has as many random bits as its hash, so a plain hash is as good as a slow one.
//
// The hashes are in the Secret usher-directory-tokens in the organization's namespace: each key is the name of a token, as a DNS label, and
// its value the JSON of an Entry, or the hash alone. There are at most two, so that one can replace the other:
//
//	apiVersion: v1
//	kind: Secret
//	metadata: {name: usher-directory-tokens, namespace: acme}
//	stringData:
//	  entra: '{"hash": "sha256:9f86…", "creationTime": "2026-11-30T10:00:00Z", "expirationTime": "2027-11-30T10:00:00Z"}'
//	  entra-next: sha256:60303ae2…
package token

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/json"
)

const (
	// Prefix begins every token, so that scanners of repositories recognize one.
	Prefix = "usher_dir_"
	// Max is how many tokens an organization can have: the one in use, and the one that replaces it.
	Max = 2

	randomLength = 32
	hashPrefix   = "sha256:"
	// maxLength bounds what is hashed for a stranger.
	maxLength = 256
)

// ErrUnknown is returned for a token that is not one of the organization's, has expired, or is paused.
var ErrUnknown = errors.New("unknown, expired or paused token")

// Entry is what is kept of a token, under its name.
type Entry struct {
	// Hash is that of the token, as sha256:, then hexadecimal digits.
	Hash string `json:"hash"`
	// CreationTime is when the token was made. It is zero if nobody has said so.
	CreationTime time.Time `json:"creationTime,omitzero"`
	// ExpirationTime is when the token expires. It does not if it is zero.
	ExpirationTime time.Time `json:"expirationTime,omitzero"`
	// Paused keeps the token from opening anything until somebody resumes it.
	Paused bool `json:"paused,omitzero"`
}

// New returns a token, and what is to be kept of it.
func New(now, expires time.Time) (string, Entry) {
	random := make([]byte, randomLength)
	_, _ = rand.Read(random) // never fails
	token := Prefix + base64.RawURLEncoding.EncodeToString(random)
	return token, Entry{Hash: hash(token), CreationTime: seconds(now), ExpirationTime: seconds(expires)}
}

func seconds(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Second)
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hashPrefix + hex.EncodeToString(sum[:])
}

// Set are the tokens of an organization, by their names.
type Set map[string]Entry

var hashShape = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Read returns the tokens that a Secret keeps: in each key, the JSON of an Entry, or the hash alone, as Git declares it. With an error, it
// returns those that are in order. The error never quotes a value: somebody may have put the token itself there.
func Read(data map[string][]byte) (Set, error) {
	if len(data) > Max {
		return Set{}, fmt.Errorf("there are %d tokens: an organization can have at most %d, delete the others", len(data), Max)
	}
	set, wrong := Set{}, []error(nil)
	for _, name := range slices.Sorted(maps.Keys(data)) {
		entry, err := read(name, strings.TrimSpace(string(data[name])))
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		set[name] = entry
	}
	return set, errors.Join(wrong...)
}

func read(name, text string) (Entry, error) {
	if err := CheckName(name); err != nil {
		return Entry{}, err
	}
	entry, strict, err := Entry{Hash: text}, []error(nil), error(nil)
	if strings.HasPrefix(text, "{") {
		strict, err = json.UnmarshalStrict([]byte(text), &entry)
	}
	switch {
	case len(strict) > 0:
		// A misspelt expirationTime must not make a token that never expires.
		return Entry{}, fmt.Errorf("the token %q has a field twice, or one other than hash, creationTime, expirationTime and paused: "+
			"correct or remove it; until then, the token opens nothing", name)
	case err != nil || !hashShape.MatchString(entry.Hash):
		return Entry{}, fmt.Errorf("the token %q is not kept as its hash: write sha256: and the 64 hexadecimal digits of its SHA-256, or "+
			`{"hash": "sha256:…", "expirationTime": "2027-11-30T10:00:00Z"}`, name)
	}
	return entry, nil
}

// CheckName returns an error for what cannot be the name of a token.
func CheckName(name string) error {
	if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
		return fmt.Errorf("%q cannot be the name of a token: %s", name, strings.Join(problems, ", "))
	}
	return nil
}

// Find returns the name of a token.
func (s Set) Find(token string, now time.Time) (string, error) {
	if len(token) > maxLength {
		return "", ErrUnknown
	}
	given, found := []byte(hash(token)), ""
	for name, entry := range s {
		// All are compared, so that the time says nothing about which one it was.
		if subtle.ConstantTimeCompare(given, []byte(entry.Hash)) == 1 && entry.Opens(now) {
			found = name
		}
	}
	if found == "" {
		return "", ErrUnknown
	}
	return found, nil
}

// Opens reports whether the token opens the directory.
func (e Entry) Opens(now time.Time) bool { return !e.Paused && !e.Expired(now) }

// Expired reports whether the token has expired.
func (e Entry) Expired(now time.Time) bool {
	return !e.ExpirationTime.IsZero() && !now.Before(e.ExpirationTime)
}
