// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"maps"
	"slices"
	"strings"
)

// change carries out operations on a resource.
type change struct {
	rt       *ResourceType
	resource Resource
}

func (c change) apply(o operation) error {
	if o.path == "" || strings.EqualFold(o.path, c.rt.Schema.ID) {
		given, ok := o.value.(map[string]any)
		if !ok {
			return invalid(InvalidValue, "%s without a path needs an object as value", o.op)
		}
		return c.all(o.op, "", given)
	}
	p, err := c.rt.place(o.path)
	if err != nil {
		return err
	}
	if p.extension != nil {
		return c.applyExtension(p.extension, o)
	}
	if p.leaf().Mutability == ReadOnly || p.attribute.Mutability == ReadOnly || p.sub != nil && p.sub.Mutability == Immutable {
		return invalid(MutabilityErr, "%s cannot be changed: remove it from the directory's mapping", p.target)
	}
	if o.op == opRemove && p.sub == nil && p.attribute.Required { // RFC 7644, section 3.5.2.2
		return invalid(MutabilityErr, "%s is required and cannot be removed", p.target)
	}
	return c.at(p, o)
}

func (c change) applyExtension(extension *Schema, o operation) error {
	if o.op == opRemove {
		delete(c.resource, extension.ID)
		return nil
	}
	given, ok := o.value.(map[string]any)
	if !ok {
		return invalid(InvalidValue, "%s needs an object as value", extension.ID)
	}
	return c.all(o.op, extension.ID+":", given)
}

// all sets the attributes of an object. Keys may be paths, as Entra ID sends them. Those that the schema does not know are left out, as
// are those that clients cannot set: Okta sends a group's id along. Keys are taken in order, so name comes before name.givenName.
func (c change) all(o op, prefix string, given map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(given)) {
		p, err := c.rt.place(strings.TrimSpace(prefix + key))
		if err != nil {
			if e, ok := err.(*Error); ok && e.Type == InvalidPath { //nolint:errorlint // errors of this package are not wrapped
				continue
			}
			return err
		}
		switch {
		case p.extension != nil && given[key] == nil:
			if o == opReplace {
				delete(c.resource, p.extension.ID)
			}
		case p.extension != nil:
			if err := c.applyExtension(p.extension, operation{op: o, value: given[key]}); err != nil {
				return err
			}
		case p.leaf().Mutability == ReadOnly, p.attribute.Mutability == ReadOnly:
		default:
			if err := c.at(p, operation{op: o, value: given[key], valued: true}); err != nil {
				return err
			}
		}
	}
	return nil
}

// at changes one attribute, or a part of it.
func (c change) at(p place, o operation) error {
	if p.attribute.Mutability == WriteOnly {
		return nil // a password is not ours to keep
	}
	holder := c.holder(p.schema)
	var err error
	switch {
	case p.filter != nil:
		err = changeElements(holder, p, o)
	case p.sub != nil && p.attribute.MultiValued:
		err = changeElements(holder, p, o)
	case p.sub != nil:
		err = changePart(holder, p, o)
	default:
		err = changeWhole(holder, p.attribute, o)
	}
	if p.schema != "" && len(holder) == 0 {
		delete(c.resource, p.schema)
	}
	return err
}

// holder returns the object that has the attributes of an extension, or of the resource itself.
func (c change) holder(schema string) map[string]any {
	if schema == "" {
		return c.resource
	}
	holder, ok := c.resource[schema].(map[string]any)
	if !ok {
		holder = map[string]any{}
		c.resource[schema] = holder
	}
	return holder
}

// changeWhole changes an attribute as a whole.
func changeWhole(holder map[string]any, a *Attribute, o operation) error {
	if o.op == opRemove {
		if !a.MultiValued || o.value == nil {
			delete(holder, a.Name)
			return nil
		}
		return removeValues(holder, a, o.value)
	}
	value, err := a.value(o.value)
	if err != nil {
		return err
	}
	before, had := holder[a.Name]
	switch {
	case value == nil && o.op == opAdd && had:
	case value == nil:
		delete(holder, a.Name)
	case a.MultiValued && o.op == opAdd:
		holder[a.Name] = extend(a, asListOf(before), asList(value))
	case a.Type == TypeComplex && !a.MultiValued && had:
		holder[a.Name] = merge(before, value)
	default:
		holder[a.Name] = value
	}
	return nil
}

// asListOf returns a list, or an empty one for no value.
func asListOf(v any) []any {
	list, _ := v.([]any)
	return list
}

// merge sets parts of an object and keeps the others, except for the URL of another value than the new one.
func merge(before, value any) any {
	merged, ok := before.(map[string]any)
	parts, also := value.(map[string]any)
	if !ok || !also {
		return value
	}
	if value, given := parts[subAttributeValue]; given && value != merged[subAttributeValue] {
		delete(merged, subAttributeReference)
	}
	maps.Copy(merged, parts)
	return merged
}

// changePart changes a part of an attribute that has one value.
func changePart(holder map[string]any, p place, o operation) error {
	parts, _ := holder[p.attribute.Name].(map[string]any)
	if parts == nil {
		parts = map[string]any{}
	}
	if err := setPart(parts, p.sub, o); err != nil {
		return err
	}
	if len(parts) == 0 {
		delete(holder, p.attribute.Name)
		return nil
	}
	holder[p.attribute.Name] = parts
	return nil
}

func setPart(parts map[string]any, sub *Attribute, o operation) error {
	if o.op == opRemove {
		delete(parts, sub.Name)
		return nil
	}
	value, err := sub.value(o.value)
	if err != nil {
		return err
	}
	if value == nil {
		delete(parts, sub.Name)
		return nil
	}
	parts[sub.Name] = value
	return nil
}
