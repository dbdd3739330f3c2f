// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// value returns a value in the form of the attribute: a list, an object, or a scalar. It is nil if there is no value: null, an empty
// list, or an object without values all mean that (RFC 7643, section 2.5).
func (a *Attribute) value(v any) (any, error) {
	if a.MultiValued {
		return a.list(v)
	}
	if list, ok := v.([]any); ok {
		// Entra ID sends a single value as a list of one.
		switch len(list) {
		case 0:
			return nil, nil //nolint:nilnil // no value is a value here
		case 1:
			v = list[0]
		default:
			return nil, a.wrong("one value, not a list of %d", len(list))
		}
	}
	return a.single(v)
}

func (a *Attribute) list(v any) (any, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // no value is a value here
	}
	given := asList(v)
	list := make([]any, 0, len(given))
	for _, element := range given {
		value, err := a.single(element)
		if err != nil {
			return nil, err
		}
		if value != nil {
			list = append(list, value)
		}
	}
	if len(list) == 0 {
		return nil, nil //nolint:nilnil // no value is a value here
	}
	return a.distinct(list), nil
}

// single returns one value: of an attribute that has one, or an element of a list.
func (a *Attribute) single(v any) (any, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // no value is a value here
	}
	if a.Type == TypeComplex {
		return a.object(v)
	}
	if wrapped, ok := v.(map[string]any); ok {
		// Entra ID sends {"value": x} for x.
		inner, has := wrapped[subAttributeValue]
		if !has {
			return nil, a.wrong("a %s, not an object", a.Type)
		}
		v = inner
		if v == nil {
			return nil, nil //nolint:nilnil // no value is a value here
		}
	}
	return a.scalar(v)
}

// object returns an object with the names of the schema. What the schema does not know, and what is read-only, is left out.
func (a *Attribute) object(v any) (any, error) {
	given, ok := v.(map[string]any)
	if !ok {
		// Entra ID sends a manager as "id" for {"value": "id"}.
		if a.Sub(subAttributeValue) == nil {
			return nil, a.wrong("an object")
		}
		given = map[string]any{subAttributeValue: v}
	}
	parts := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		sub := a.Sub(name)
		if sub == nil || sub.Mutability == ReadOnly {
			continue
		}
		value, err := sub.value(given[name])
		if err != nil {
			return nil, invalid(InvalidValue, "%s: %s", a.Name, err)
		}
		if value != nil {
			parts[sub.Name] = value
		}
	}
	if len(parts) == 0 {
		return nil, nil //nolint:nilnil // no value is a value here
	}
	return parts, nil
}

// scalar returns a string or a boolean.
func (a *Attribute) scalar(v any) (any, error) {
	s, isString := v.(string)
	switch {
	case a.Type == TypeBoolean:
		return a.boolean(v)
	case !isString:
		return nil, a.wrong("a string")
	case a.Type == TypeDateTime:
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return nil, a.wrong("a time such as 2026-11-30T10:00:00Z")
		}
	}
	return s, nil
}

// boolean takes "True" and "False", which Entra ID sends, as well.
func (a *Attribute) boolean(v any) (any, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		if b, err := strconv.ParseBool(strings.ToLower(v)); err == nil && len(v) > 1 {
			return b, nil
		}
	}
	return nil, a.wrong("true or false")
}

func (a *Attribute) wrong(format string, args ...any) *Error {
	return invalid(InvalidValue, a.Name+" must be "+format, args...)
}

// distinct returns a list without elements that come again. It changes the list.
func (a *Attribute) distinct(list []any) []any {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(v any) bool {
		key := a.key(v)
		known := seen[key]
		seen[key] = true
		return known
	})
}

// key returns what tells an element of a list from the others.
func (a *Attribute) key(v any) string {
	if parts, ok := v.(map[string]any); ok && a.byValue {
		if s, ok := parts[subAttributeValue].(string); ok {
			return s
		}
	}
	key, _ := json.Marshal(v)
	return string(key)
}
