// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

const (
	// defaultCount is the length of a page if a client does not say, and MaxCount the longest one.
	defaultCount = 100
	// MaxCount is the length of the longest page.
	MaxCount = 1000
)

// Query is what the parameters of a request ask for.
type Query struct {
	// Filter selects resources. It is nil if all are wanted.
	Filter *Filter
	// StartIndex is the number of the first resource of the page, from 1.
	StartIndex int
	// Count is the length of the page. With 0 only the number of resources is wanted.
	Count int

	only, without []target
	// partial is true if the client has said which attributes it wants.
	partial bool
}

// ParseQuery reads the parameters of a request.
func (rt *ResourceType) ParseQuery(parameters url.Values) (Query, error) {
	q := Query{StartIndex: 1, Count: defaultCount}
	if text := parameters.Get("filter"); text != "" {
		var err error
		if q.Filter, err = rt.ParseFilter(text); err != nil {
			return q, err
		}
	}
	if err := number(parameters, "startIndex", &q.StartIndex); err != nil {
		return q, err
	}
	if err := number(parameters, "count", &q.Count); err != nil {
		return q, err
	}
	// Numbers out of range are taken as the nearest ones within: RFC 7644, table 6.
	q.StartIndex, q.Count = max(q.StartIndex, 1), min(max(q.Count, 0), MaxCount)
	only, without := parameters.Get("attributes"), parameters.Get("excludedAttributes")
	if only != "" && without != "" {
		return q, invalid(InvalidValue, "attributes and excludedAttributes exclude each other: send one of them")
	}
	q.partial = only != ""
	q.only, q.without = rt.targets(only), rt.targets(without)
	return q, nil
}

func number(parameters url.Values, name string, n *int) error {
	text := strings.TrimSpace(parameters.Get(name))
	if text == "" {
		return nil
	}
	given, err := strconv.Atoi(text) // of a number that is out of range, this is the nearest one within
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return invalid(InvalidValue, "%s must be an integer, not %q", name, text)
	}
	*n = given
	return nil
}

// targets returns what a list of paths names. Paths that name nothing are left out: an answer cannot have what there is not.
func (rt *ResourceType) targets(paths string) []target {
	var found []target
	for path := range strings.SplitSeq(paths, ",") {
		path = strings.TrimSpace(path)
		if extension := rt.extension(path); extension != nil {
			found = append(found, target{schema: extension.ID})
		} else if t, ok := rt.resolve(path); ok {
			found = append(found, t)
		}
	}
	return found
}

// Excludes reports whether the answer has no attribute of a name, so that it need not be looked up.
func (q Query) Excludes(attribute string) bool {
	names := func(list []target) bool {
		for _, t := range list {
			if t.schema == "" && t.attribute.Name == attribute {
				return true
			}
		}
		return false
	}
	if q.partial {
		return !names(q.only)
	}
	for _, t := range q.without {
		if t.sub == nil && t.schema == "" && t.attribute.Name == attribute {
			return true
		}
	}
	return false
}
