// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package signin

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// errSeal is returned for every text that was not sealed with one of the keys for the same purpose.
var errSeal = errors.New("the note is not one of ours")

// maxSealed is the maximum length of a sealed note: browsers keep cookies of up to 4096 bytes.
const maxSealed = 3800

// Keys derive keys for a purpose, the newest first.
type Keys interface {
	Derive(purpose string) ([][]byte, error)
}

// Sealer encrypts notes that the portal leaves in browsers. A note for one purpose is none for another.
type Sealer struct {
	keys    Keys
	purpose string
}

// NewSealer returns a Sealer for a purpose.
func NewSealer(keys Keys, purpose string) Sealer { return Sealer{keys, purpose} }

// Seal returns a note as a text for a cookie.
func (s Sealer) Seal(note any) (string, error) {
	keys, err := s.keys.Derive(s.purpose)
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(note)
	if err != nil {
		return "", err
	}
	aead, err := newAEAD(keys[0])
	if err != nil {
		return "", err
	}
	sealed := base64.RawURLEncoding.EncodeToString(aead.Seal(nil, nil, plain, []byte(s.purpose))) //nolint:gosec // G407: it draws the nonce
	if len(sealed) > maxSealed {
		return "", fmt.Errorf("the note for a browser has %d bytes, and no cookie may have more than %d", len(sealed), maxSealed)
	}
	return sealed, nil
}

// Open reads a note. Its error says nothing but that it is none, or that there are no keys.
func (s Sealer) Open(text string, note any) error {
	keys, err := s.keys.Derive(s.purpose)
	if err != nil {
		return err
	}
	if len(text) > maxSealed || strings.ContainsAny(text, "\r\n") { // the decoder would skip line breaks
		return errSeal
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return errSeal
	}
	for _, key := range keys {
		aead, err := newAEAD(key)
		if err != nil {
			return err
		}
		plain, err := aead.Open(nil, nil, sealed, []byte(s.purpose))
		if err == nil && json.Unmarshal(plain, note) == nil {
			return nil
		}
	}
	return errSeal
}

// newAEAD returns AES-256-GCM with random nonces.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
