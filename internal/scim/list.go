// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// ListResponse is a page of resources.
type ListResponse struct {
	TotalResults int
	StartIndex   int
	Resources    []Resource
}

// MarshalJSON returns the body of the answer. An empty page has an empty list, and numbers are numbers: Okta takes nothing else.
func (l ListResponse) MarshalJSON() ([]byte, error) {
	resources := l.Resources
	if resources == nil {
		resources = []Resource{}
	}
	return json.Marshal(struct {
		Schemas      []string   `json:"schemas"`
		TotalResults int        `json:"totalResults"`
		StartIndex   int        `json:"startIndex"`
		ItemsPerPage int        `json:"itemsPerPage"`
		Resources    []Resource `json:"Resources"`
	}{[]string{listMessage}, l.TotalResults, l.StartIndex, len(resources), resources})
}

// Position is what the order of resources on pages depends on. It never changes, so that a resource is on no two pages, and none is left
// out, while others come and go.
type Position struct {
	Created time.Time
	ID      string
}

// Compare puts the resource that was created first first.
func (p Position) Compare(other Position) int {
	return cmp.Or(p.Created.Compare(other.Created), cmp.Compare(p.ID, other.ID))
}

// Page returns the part of a sorted list that a client wants, and how long the list is. Filters have been applied.
func Page[T any](q Query, sorted []T) (page []T, total int) {
	start := min(q.StartIndex-1, len(sorted))
	end := start + min(q.Count, len(sorted)-start)
	return slices.Clone(sorted[start:end]), len(sorted)
}
