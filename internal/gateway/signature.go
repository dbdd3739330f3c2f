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
	// keyPrefix is that of a key as Standard Webhooks writes it, in base64.
	keyPrefix = "whsec_"
	// minKey is how many bytes a key has at least.
	minKey = 24
)

// Signature gives the value of the header webhook-signature: v1 of Standard Webhooks, an HMAC-SHA256 of the message's ID,
// the time in seconds and the body.
func Signature(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// ParseKey reads a key: whsec_ and base64, or the bytes themselves. White space around it does not count.
func ParseKey(content string) ([]byte, error) {
	content = strings.TrimSpace(content)
	key := []byte(content)
	if encoded, ok := strings.CutPrefix(content, keyPrefix); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("what follows whsec_ is not base64")
		}
	}
	if len(key) < minKey {
		return nil, fmt.Errorf("has %d bytes, and needs %d or more", len(key), minKey)
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
