// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// versionLength is the length of a version, in bytes: enough to tell the versions of one resource apart.
const versionLength = 12

// ETag returns the weak ETag of a resource: equal resources have equal ones, in every replica.
func ETag(r Resource) string {
	content := r.Clone()
	if meta, ok := content[attributeMeta].(map[string]any); ok {
		delete(meta, "version")
		delete(meta, "lastModified")
	}
	body, _ := json.Marshal(content) // maps are written in the order of their keys
	sum := sha256.Sum256(body)
	return `W/"` + hex.EncodeToString(sum[:versionLength]) + `"`
}

// Matches reports whether a header If-Match or If-None-Match names an ETag. Weak ETags are compared weakly (RFC 9110, section 8.8.3.2).
func Matches(header, etag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}

// CheckMatch refuses a change of a resource that is not the one that the client has seen. An empty header requires nothing.
func CheckMatch(header, etag string) error {
	if strings.TrimSpace(header) == "" || Matches(header, etag) {
		return nil
	}
	return &Error{Status: statusPreconditionFailed, Detail: "the resource has changed: read it again"}
}
