// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"strings"
)

// target is the attribute, or the sub-attribute, that a path names.
type target struct {
	// schema is the URN of the extension that has the attribute. It is empty if the resource itself has it.
	schema    string
	attribute *Attribute
	// sub is nil if the attribute as a whole is named.
	sub *Attribute
}

// leaf returns the definition of what is named.
func (t target) leaf() *Attribute {
	if t.sub != nil {
		return t.sub
	}
	return t.attribute
}

// String returns the path in the schema's own spelling.
func (t target) String() string {
	s := t.attribute.Name
	if t.sub != nil {
		s += "." + t.sub.Name
	}
	if t.schema != "" {
		s = t.schema + ":" + s
	}
	return s
}

// scope resolves the paths that can be used in one place: in a resource, or in the brackets of a value filter.
type scope interface {
	// resolve returns what a path without brackets names.
	resolve(path string) (target, bool)
}

// resolve returns the attribute of a path such as userName, name.givenName or URN:manager.value, in any case.
func (rt *ResourceType) resolve(path string) (target, bool) {
	if rest, ok := cutURN(path, rt.Schema.ID); ok {
		return resolveIn("", rt.Schema.Attributes, rest)
	}
	for _, extension := range rt.Extensions {
		if rest, ok := cutURN(path, extension.ID); ok {
			return resolveIn(extension.ID, extension.Attributes, rest)
		}
	}
	if t, ok := resolveIn("", rt.Schema.Attributes, path); ok {
		return t, true
	}
	return resolveIn("", common, path)
}

// extension returns the extension whose URN is given, in any case, or nil.
func (rt *ResourceType) extension(urn string) *Schema {
	for _, extension := range rt.Extensions {
		if strings.EqualFold(extension.ID, urn) {
			return extension
		}
	}
	return nil
}

// resolve returns the sub-attribute of a name.
func (a *Attribute) resolve(path string) (target, bool) {
	sub := a.Sub(path)
	return target{attribute: sub}, sub != nil
}

// cutURN returns what follows a schema's URN and a colon.
func cutURN(path, urn string) (string, bool) {
	if len(path) <= len(urn) || path[len(urn)] != ':' || !strings.EqualFold(path[:len(urn)], urn) {
		return "", false
	}
	return path[len(urn)+1:], true
}

func resolveIn(schema string, attributes []Attribute, path string) (target, bool) {
	name, subName, dotted := strings.Cut(path, ".")
	t := target{schema: schema, attribute: find(attributes, name)}
	if t.attribute == nil || !dotted {
		return t, t.attribute != nil
	}
	t.sub = t.attribute.Sub(subName)
	return t, t.sub != nil
}
