// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"slices"
	"strings"
)

// Type is the type of an attribute's values.
type Type string

// The types of RFC 7643, section 2.3, that users and groups have.
const (
	TypeString    Type = "string"
	TypeBoolean   Type = "boolean"
	TypeDateTime  Type = "dateTime"
	TypeBinary    Type = "binary"
	TypeReference Type = "reference"
	TypeComplex   Type = "complex"
)

// Mutability says whether a client can set an attribute.
type Mutability string

// The mutabilities of RFC 7643, section 7.
const (
	ReadOnly  Mutability = "readOnly"
	ReadWrite Mutability = "readWrite"
	Immutable Mutability = "immutable"
	WriteOnly Mutability = "writeOnly"
)

// Returned says when an answer contains an attribute.
type Returned string

// When an answer contains an attribute: RFC 7643, section 7.
const (
	ReturnedAlways  Returned = "always"
	ReturnedNever   Returned = "never"
	ReturnedDefault Returned = "default"
)

// Uniqueness says whether two resources can have the same value.
type Uniqueness string

// The kinds of uniqueness of RFC 7643, section 7.
const (
	UniqueNone   Uniqueness = "none"
	UniqueServer Uniqueness = "server"
)

// Attribute is the definition of an attribute, as the document about schemas shows it.
type Attribute struct {
	Name            string      `json:"name"`
	Type            Type        `json:"type"`
	SubAttributes   []Attribute `json:"subAttributes,omitempty"`
	MultiValued     bool        `json:"multiValued"`
	Description     string      `json:"description"`
	Required        bool        `json:"required"`
	CanonicalValues []string    `json:"canonicalValues,omitempty"`
	CaseExact       bool        `json:"caseExact"`
	Mutability      Mutability  `json:"mutability"`
	Returned        Returned    `json:"returned"`
	Uniqueness      Uniqueness  `json:"uniqueness"`
	ReferenceTypes  []string    `json:"referenceTypes,omitempty"`

	// byValue is true if two elements of a multi-valued attribute are the same when their sub-attribute value is.
	byValue bool
}

// Sub returns the sub-attribute of a name, in any case, or nil.
func (a *Attribute) Sub(name string) *Attribute { return find(a.SubAttributes, name) }

func find(attributes []Attribute, name string) *Attribute {
	n := slices.IndexFunc(attributes, func(a Attribute) bool { return strings.EqualFold(a.Name, name) })
	if n < 0 {
		return nil
	}
	return &attributes[n]
}

// textual reports whether values are strings that can be searched for parts.
func (a *Attribute) textual() bool { return a.Type == TypeString || a.Type == TypeReference }

// option changes the definition of an attribute.
type option func(*Attribute)

func required(a *Attribute)  { a.Required = true }
func caseExact(a *Attribute) { a.CaseExact = true }
func readOnly(a *Attribute)  { a.Mutability = ReadOnly }
func immutable(a *Attribute) { a.Mutability = Immutable }
func unique(a *Attribute)    { a.Uniqueness = UniqueServer }
func always(a *Attribute)    { a.Returned = ReturnedAlways }
func byValue(a *Attribute)   { a.byValue = true }
func secret(a *Attribute)    { a.Mutability, a.Returned, a.CaseExact = WriteOnly, ReturnedNever, true }

func reference(types ...string) option {
	return func(a *Attribute) { a.Type, a.ReferenceTypes, a.CaseExact = TypeReference, types, true }
}

func typed(t Type) option { return func(a *Attribute) { a.Type = t } }

// text returns the definition of a single string that everybody may read and write, unless options say otherwise.
func text(name, description string, options ...option) Attribute {
	a := Attribute{
		Name: name, Type: TypeString, Description: description,
		Mutability: ReadWrite, Returned: ReturnedDefault, Uniqueness: UniqueNone,
	}
	for _, o := range options {
		o(&a)
	}
	return a
}

// complexOf returns the definition of a single value that has sub-attributes.
func complexOf(name, description string, sub []Attribute, options ...option) Attribute {
	a := text(name, description, append([]option{typed(TypeComplex)}, options...)...)
	a.SubAttributes = sub
	return a
}

// plural returns the definition of a list of values, each of which has a type and may be the primary one: RFC 7643, section 2.4.
func plural(name, description string, value Attribute, types ...string) Attribute {
	kind := text("type", "What the value is for.")
	kind.CanonicalValues = types
	a := complexOf(name, description, []Attribute{
		value,
		text("display", "The value as people read it."),
		kind,
		text("primary", "Whether this is the preferred value. At most one is.", typed(TypeBoolean)),
	})
	a.MultiValued = true
	return a
}
