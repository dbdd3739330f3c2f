// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"github.com/usher-operator/usher/internal/scim"
)

const (
	// maxGroupNames bounds how many names are tried for a group.
	maxGroupNames = 10
	// groupDigest is the length, in bytes, of the digest in all names but the first.
	groupDigest = 4
	// maxGroupSlug leaves room for a hyphen and the digest in the 63 characters of a name.
	maxGroupSlug = 63 - 1 - 2*groupDigest
)

var gap = regexp.MustCompile(`[^a-z0-9]+`)

// GroupNames returns the names that an OrgGroup may get for a group, in the order in which they are tried. The first one is readable, so
// that workspaces can list it before the directory creates the group: "Helpdesk (EU)" is helpdesk-eu. The others are for groups whose
// names differ in nothing else, and for those that have no letters.
func GroupNames(displayName string) iter.Seq[string] {
	return func(yield func(string) bool) {
		slug := strings.Trim(gap.ReplaceAllString(strings.ToLower(displayName), "-"), "-")
		slug = strings.Trim(slug[:min(len(slug), maxGroupSlug)], "-")
		if slug != "" && !yield(slug) {
			return
		}
		if slug == "" {
			slug = "group"
		}
		for n := range maxGroupNames {
			sum := sha256.Sum256([]byte(strconv.Itoa(n) + "\x00" + scim.Fold(displayName)))
			if !yield(slug + "-" + hex.EncodeToString(sum[:groupDigest])) {
				return
			}
		}
	}
}
