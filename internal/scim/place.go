// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"strconv"

	parser "github.com/scim2/filter-parser/v2"
)

// place is what the path of an operation names.
type place struct {
	target
	// extension is set if the path is the URN of an extension: all of its attributes are meant.
	extension *Schema
	// filter selects elements of a list. It is nil if there are no brackets.
	filter node
}

// place returns what a path names.
func (rt *ResourceType) place(path string) (place, error) {
	if extension := rt.extension(path); extension != nil {
		return place{extension: extension}, nil
	}
	e, ok := extract(path, false)
	if !ok || len(e.filters) > 1 {
		return place{}, badPath(path)
	}
	if len(e.filters) == 0 {
		t, ok := rt.resolve(path)
		if !ok {
			return place{}, badPath(path)
		}
		return place{target: t}, nil
	}
	parsed, err := parser.ParsePathNumber([]byte(e.outer))
	if err != nil {
		return place{}, badPath(path)
	}
	return rt.filtered(path, e, parsed)
}

// filtered returns the place of a path with brackets.
func (rt *ResourceType) filtered(path string, e extracted, parsed parser.Path) (place, error) {
	t, ok := rt.resolve(parsed.AttributePath.String())
	if !ok || t.sub != nil || !t.attribute.MultiValued || t.attribute.Type != TypeComplex {
		return place{}, badPath(path)
	}
	text, ok := e.inside(parsed.ValueExpression)
	if !ok {
		return place{}, badPath(path)
	}
	filter, err := parseFilter(t.attribute, text)
	if err != nil {
		return place{}, err
	}
	if parsed.SubAttribute != nil {
		if t.sub = t.attribute.Sub(*parsed.SubAttribute); t.sub == nil {
			return place{}, badPath(path)
		}
	}
	return place{target: t, filter: filter}, nil
}

func badPath(path string) *Error {
	return invalid(InvalidPath, "path %q names no attribute: remove it from the directory's mapping, or map it to one of /Schemas", path)
}

// prototype returns the element that a filter describes, if it is a conjunction of comparisons by eq.
func prototype(n node) (map[string]any, bool) {
	switch n := n.(type) {
	case both:
		left, ok := prototype(n.left)
		right, also := prototype(n.right)
		if !ok || !also {
			return nil, false
		}
		for name, v := range right {
			left[name] = v
		}
		return left, true
	case comparison:
		if n.operator != parser.EQ || n.value == nil {
			return nil, false
		}
		return map[string]any{n.target.attribute.Name: n.value}, true
	default:
		return nil, false
	}
}

func ordinal(n int) string { return strconv.Itoa(n + 1) }
