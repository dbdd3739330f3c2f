// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
)

// minToken is the minimum length of a token in bytes. Shorter tokens could be guessed.
const minToken = 32

// readTokens reads a file of tokens, one per line. Errors never contain a token.
func readTokens(path string) ([][]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the tokens: %w", err)
	}
	tokens := bytes.Fields(content)
	if len(tokens) == 0 {
		return nil, errors.New("the file contains no token: add one per line, for example from `openssl rand -hex 32`")
	}
	for i, token := range tokens {
		if len(token) < minToken {
			return nil, fmt.Errorf("token %d in the file has %d characters, but needs at least %d: create one with `openssl rand -hex 32`",
				i+1, len(token), minToken)
		}
	}
	return tokens, nil
}

// authenticated reports whether a request has one of the tokens. The time that it takes reveals nothing about them.
func (e auditEndpoint) authenticated(r *http.Request) (bool, error) {
	tokens, err := readTokens(e.TokenFile)
	if err != nil {
		return false, err
	}
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(given)))
	equal := 0
	for _, token := range tokens {
		expected := sha256.Sum256(token)
		equal |= subtle.ConstantTimeCompare(sum[:], expected[:])
	}
	return equal == 1 && strings.EqualFold(scheme, "Bearer"), nil
}
