// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
)

const (
	// keyPrefix is the prefix of a key in the form of Standard Webhooks, in base64.
	keyPrefix = "whsec_"
	// minKey is the minimum length of a key in bytes.
	minKey = 24
)

// Signature returns the value of the header webhook-signature: v1 of Standard Webhooks, an HMAC-SHA256 of the message's ID, the
// time in seconds and the body.
func Signature(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// ParseKey parses a key: whsec_ and base64, or the raw bytes. It ignores white space around the key.
func ParseKey(content string) ([]byte, error) {
	content = strings.TrimSpace(content)
	key := []byte(content)
	if encoded, ok := strings.CutPrefix(content, keyPrefix); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("has text after whsec_ that is not base64")
		}
	}
	if len(key) < minKey {
		return nil, fmt.Errorf("has %d bytes: it needs at least %d", len(key), minKey)
	}
	return key, nil
}

func readKey(file string) ([]byte, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the gateway's key: %w", err)
	}
	key, err := ParseKey(string(content))
	if err != nil {
		return nil, fmt.Errorf("the gateway's key in %s %w", file, err)
	}
	return key, nil
}
