// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package token makes and checks the tokens with which directories present themselves. It is pure. A token is shown once, to whoever has it
// made; what is kept is its hash. It has as many random bits as its hash, so a plain hash is as good as a slow one.
package token

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
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

// ErrUnknown is returned for a token that is not one of the organization's, or has expired.
var ErrUnknown = errors.New("unknown or expired token")

// Entry is what is kept of a token, under its name.
type Entry struct {
	// Hash is that of the token, as sha256:, then hexadecimal digits.
	Hash string `json:"hash"`
	// ExpirationTime is when the token expires. It does not if it is zero.
	ExpirationTime time.Time `json:"expirationTime,omitzero"`
}

// New returns a token, and what is to be kept of it.
func New(expires time.Time) (string, Entry) {
	random := make([]byte, randomLength)
	_, _ = rand.Read(random) // never fails
	token := Prefix + base64.RawURLEncoding.EncodeToString(random)
	return token, Entry{Hash: hash(token), ExpirationTime: expires}
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hashPrefix + hex.EncodeToString(sum[:])
}

// Set are the tokens of an organization, by their names.
type Set map[string]Entry

var hashShape = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Read returns the tokens that a Secret keeps: in each key, the JSON of an Entry, or the hash alone, as Git declares it. Its error never
// quotes a value: somebody may have put the token itself there.
func Read(data map[string][]byte) (Set, error) {
	set := Set{}
	if len(data) > Max {
		return nil, fmt.Errorf("there are %d tokens: an organization can have at most %d, delete the others", len(data), Max)
	}
	for _, name := range slices.Sorted(maps.Keys(data)) {
		text := strings.TrimSpace(string(data[name]))
		entry := Entry{Hash: text}
		if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &entry) != nil || !hashShape.MatchString(entry.Hash) {
			return nil, fmt.Errorf("the token %q is not kept as its hash: write sha256: and the 64 hexadecimal digits of its SHA-256, or "+
				`{"hash": "sha256:…", "expirationTime": "2027-11-30T10:00:00Z"}`, name)
		}
		set[name] = entry
	}
	return set, nil
}

// Find returns the name of a token.
func (s Set) Find(token string, now time.Time) (string, error) {
	if len(token) > maxLength {
		return "", ErrUnknown
	}
	given, found := []byte(hash(token)), ""
	for name, entry := range s {
		// All are compared, so that the time says nothing about which one it was.
		if subtle.ConstantTimeCompare(given, []byte(entry.Hash)) == 1 && !entry.expired(now) {
			found = name
		}
	}
	if found == "" {
		return "", ErrUnknown
	}
	return found, nil
}

func (e Entry) expired(now time.Time) bool {
	return !e.ExpirationTime.IsZero() && !now.Before(e.ExpirationTime)
}
