// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"encoding/json"
	"strings"

	parser "github.com/scim2/filter-parser/v2"
)

// Filter selects resources, or the elements of a list.
type Filter struct {
	root node
}

// node is a part of a filter. Values are those of a resource, or of an element of a list.
type node interface {
	matches(values map[string]any) bool
}

type (
	both       struct{ left, right node }
	either     struct{ left, right node }
	negation   struct{ inner node }
	comparison struct {
		target   target
		operator parser.CompareOperator
		// value is a string, a bool, a json.Number or nil.
		value any
	}
	// elements matches a list that has an element which the inner node matches.
	elements struct {
		target target
		inner  node
	}
)

// ParseFilter parses the filter of a request. It refuses attributes that there are not, and comparisons that make no sense.
func (rt *ResourceType) ParseFilter(text string) (*Filter, error) {
	root, err := parseFilter(rt, text)
	if err != nil {
		return nil, err
	}
	return &Filter{root}, nil
}

// Matches reports whether a filter selects a resource.
func (f *Filter) Matches(r Resource) bool { return f.root.matches(r) }

// Equal returns the string that an attribute must be equal to for the filter to match, so that an index can find the few resources that
// are worth looking at.
func (f *Filter) Equal(attribute string) (string, bool) { return equalIn(f.root, attribute) }

// Names reports whether a filter depends on an attribute, so that others need not be looked up.
func (f *Filter) Names(attribute string) bool { return namedIn(f.root, attribute) }

func namedIn(n node, attribute string) bool {
	switch n := n.(type) {
	case both:
		return namedIn(n.left, attribute) || namedIn(n.right, attribute)
	case either:
		return namedIn(n.left, attribute) || namedIn(n.right, attribute)
	case negation:
		return namedIn(n.inner, attribute)
	case comparison:
		return n.target.schema == "" && n.target.attribute.Name == attribute
	case elements:
		return n.target.schema == "" && n.target.attribute.Name == attribute
	}
	return true
}

func equalIn(n node, attribute string) (string, bool) {
	switch n := n.(type) {
	case both:
		if value, ok := equalIn(n.left, attribute); ok {
			return value, true
		}
		return equalIn(n.right, attribute)
	case comparison:
		value, ok := n.value.(string)
		if ok && n.operator == parser.EQ && n.target.String() == attribute {
			return value, true
		}
	}
	return "", false
}

func parseFilter(s scope, text string) (node, error) {
	e, ok := extract(text, true)
	if !ok {
		return nil, badFilter(text)
	}
	expression, err := parser.ParseFilterNumber([]byte(e.outer))
	if err != nil {
		return nil, badFilter(text)
	}
	return filterBuilder{s, e, text}.node(expression)
}

func badFilter(text string) *Error {
	const shown = 200
	if len(text) > shown {
		text = strings.ToValidUTF8(text[:shown], "") + "…"
	}
	return invalid(InvalidFilter, "filter %q cannot be parsed: write it as in RFC 7644, section 3.4.2.2, in at most %d bytes",
		text, maxFilterLength)
}

// filterBuilder turns what the parser returns into nodes.
type filterBuilder struct {
	scope scope
	extracted
	text string
}

func (b filterBuilder) node(expression parser.Expression) (node, error) {
	switch x := expression.(type) {
	case *parser.LogicalExpression:
		return b.logical(x)
	case *parser.NotExpression:
		inner, err := b.node(x.Expression)
		if err != nil {
			return nil, err
		}
		return negation{inner}, nil
	case *parser.AttributeExpression:
		return b.comparison(x)
	case *parser.ValuePath:
		return b.elements(x)
	default:
		return nil, badFilter(b.text)
	}
}

func (b filterBuilder) logical(x *parser.LogicalExpression) (node, error) {
	left, err := b.node(x.Left)
	if err != nil {
		return nil, err
	}
	right, err := b.node(x.Right)
	if err != nil {
		return nil, err
	}
	if x.Operator == parser.AND {
		return both{left, right}, nil
	}
	return either{left, right}, nil
}

func (b filterBuilder) elements(x *parser.ValuePath) (node, error) {
	t, ok := b.scope.resolve(x.AttributePath.String())
	if !ok || t.leaf().Type != TypeComplex {
		return nil, invalid(InvalidFilter, "filter %q: %q is not a list of values with parts", b.text, x.AttributePath.String())
	}
	inside, ok := b.inside(x.ValueFilter)
	if !ok {
		return nil, badFilter(b.text)
	}
	inner, err := parseFilter(t.leaf(), inside)
	if err != nil {
		return nil, err
	}
	return elements{t, inner}, nil
}

// inside returns the value filter for which the parser saw a placeholder.
func (e extracted) inside(expression parser.Expression) (string, bool) {
	x, ok := expression.(*parser.AttributeExpression)
	if !ok {
		return "", false
	}
	return e.valueFilter(x.AttributePath.AttributeName)
}

// partComparison returns the node of emails[…].value eq "…": an element that the value filter selects compares so.
func (b filterBuilder) partComparison(x *parser.AttributeExpression, inside, sub string) (node, error) {
	list := x.AttributePath
	list.SubAttribute = nil
	t, ok := b.scope.resolve(list.String())
	if !ok || t.leaf().Type != TypeComplex {
		return nil, badFilter(b.text)
	}
	selected, err := parseFilter(t.leaf(), inside)
	if err != nil {
		return nil, err
	}
	b.scope = t.leaf()
	compared, err := b.comparison(&parser.AttributeExpression{
		AttributePath: parser.AttributePath{AttributeName: sub}, Operator: x.Operator, CompareValue: x.CompareValue,
	})
	if err != nil {
		return nil, err
	}
	return elements{t, both{selected, compared}}, nil
}

func (b filterBuilder) comparison(x *parser.AttributeExpression) (node, error) {
	if inside, sub, ok := b.partFilter(x.AttributePath.SubAttributeName()); ok {
		return b.partComparison(x, inside, sub)
	}
	path := x.AttributePath.String()
	t, ok := b.scope.resolve(path)
	if !ok || t.leaf().Returned == ReturnedNever {
		return nil, invalid(InvalidFilter, "filter %q: there is no attribute %q to filter by", b.text, path)
	}
	c := comparison{target: t, operator: x.Operator, value: x.CompareValue}
	if c.operator == parser.PR {
		return c, nil
	}
	if t.leaf().Type == TypeComplex {
		// The attribute stands for its values: RFC 7644, section 3.4.2.2.
		value := t.leaf().Sub(subAttributeValue)
		if value == nil || t.sub != nil {
			return nil, invalid(InvalidFilter, "filter %q: name a part of %q to compare it", b.text, path)
		}
		c.target.sub = value
	}
	if number, ok := c.value.(string); ok {
		if c.value, ok = b.literal(number); !ok {
			return nil, badFilter(b.text)
		}
	}
	return b.checked(c)
}

// checked refuses comparisons whose operator or value does not fit the attribute, and brings values into its form.
func (b filterBuilder) checked(c comparison) (node, error) {
	a := c.target.leaf()
	refused := invalid(InvalidFilter, "filter %q: %s is a %s and cannot be compared by %q with this value",
		b.text, c.target, a.Type, c.operator)
	if c.value == nil {
		if c.operator != parser.EQ && c.operator != parser.NE {
			return nil, refused
		}
		return c, nil
	}
	switch c.operator {
	case parser.CO, parser.SW, parser.EW:
		if !a.textual() {
			return nil, refused
		}
	case parser.GT, parser.GE, parser.LT, parser.LE:
		if a.Type == TypeBoolean || a.Type == TypeBinary {
			return nil, refused
		}
	}
	if _, number := c.value.(json.Number); number {
		return nil, refused // nobody has numbers
	}
	value, err := a.scalar(c.value)
	if err != nil {
		return nil, refused
	}
	c.value = value
	return c, nil
}
