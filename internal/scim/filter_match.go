// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"slices"
	"strings"
	"time"

	parser "github.com/scim2/filter-parser/v2"
	"golang.org/x/text/cases"
)

// Fold returns a string without the differences of case, for attributes that are not case-exact.
func Fold(s string) string { return cases.Fold().String(s) }

func (n both) matches(values map[string]any) bool {
	return n.left.matches(values) && n.right.matches(values)
}

func (n either) matches(values map[string]any) bool {
	return n.left.matches(values) || n.right.matches(values)
}
func (n negation) matches(values map[string]any) bool { return !n.inner.matches(values) }

func (n elements) matches(values map[string]any) bool {
	for _, element := range valuesOf(values, n.target) {
		if parts, ok := element.(map[string]any); ok && n.inner.matches(parts) {
			return true
		}
	}
	return false
}

// matches reports whether any value of the attribute compares as required. An attribute without a value has the value null.
func (n comparison) matches(values map[string]any) bool {
	found := valuesOf(values, n.target)
	if n.operator == parser.PR {
		return slices.ContainsFunc(found, present)
	}
	found = slices.DeleteFunc(found, func(v any) bool { return v == nil })
	if len(found) == 0 {
		return (n.value == nil) == (n.operator == parser.EQ) && (n.operator == parser.EQ || n.operator == parser.NE)
	}
	return slices.ContainsFunc(found, n.compare)
}

func (n comparison) compare(v any) bool {
	if n.value == nil {
		return n.operator == parser.NE
	}
	have, ok := v.(string)
	want, is := n.value.(string)
	if !ok || !is {
		return (v == n.value) == (n.operator == parser.EQ)
	}
	a := n.target.leaf()
	if a.Type == TypeDateTime {
		return ordered(n.operator, compareTimes(have, want))
	}
	if !a.CaseExact {
		have, want = Fold(have), Fold(want)
	}
	switch n.operator {
	case parser.CO:
		return strings.Contains(have, want)
	case parser.SW:
		return strings.HasPrefix(have, want)
	case parser.EW:
		return strings.HasSuffix(have, want)
	default:
		return ordered(n.operator, strings.Compare(have, want))
	}
}

func ordered(operator parser.CompareOperator, order int) bool {
	switch operator {
	case parser.EQ:
		return order == 0
	case parser.NE:
		return order != 0
	case parser.GT:
		return order > 0
	case parser.GE:
		return order >= 0
	case parser.LT:
		return order < 0
	default:
		return order <= 0
	}
}

// compareTimes compares two times. Both have been checked: one by the schema, one with the filter.
func compareTimes(a, b string) int {
	left, _ := time.Parse(time.RFC3339, a)
	right, _ := time.Parse(time.RFC3339, b)
	return left.Compare(right)
}

// valuesOf returns the values of an attribute, those of a list one by one.
func valuesOf(values map[string]any, t target) []any {
	if t.schema != "" {
		values, _ = values[t.schema].(map[string]any)
	}
	value, ok := values[t.attribute.Name]
	if !ok {
		return nil
	}
	list := asList(value)
	if t.sub == nil {
		return slices.Clone(list)
	}
	var found []any
	for _, element := range list {
		if parts, ok := element.(map[string]any); ok {
			found = append(found, asList(parts[t.sub.Name])...)
		}
	}
	return found
}

// asList returns a list as it is, and another value as a list of one.
func asList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// present reports whether a value is neither null nor empty.
func present(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case map[string]any:
		for _, part := range v {
			if present(part) {
				return true
			}
		}
		return false
	default:
		return true
	}
}
