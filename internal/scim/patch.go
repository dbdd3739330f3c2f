// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"strings"
)

// op is what an operation of a PATCH does.
type op string

const (
	opAdd     op = "add"
	opReplace op = "replace"
	opRemove  op = "remove"
)

// maxOperations bounds the operations of a PATCH. Each can have a list of values.
const maxOperations = 1000

// operation is one change of a PATCH.
type operation struct {
	op    op
	path  string
	value any
	// valued is true if there is a value, be it null.
	valued bool
}

// Patch is the body of a PATCH: changes that are all made, or none.
type Patch struct {
	operations []operation
}

// DecodePatch reads the body of a PATCH. Names and operations may be written in any case.
func DecodePatch(body []byte) (*Patch, error) {
	given, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	if err := checkPatchSchema(given); err != nil {
		return nil, err
	}
	v, _ := member(given, "Operations")
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, invalid(InvalidSyntax, "Operations must be a list of at least one operation")
	}
	if len(list) > maxOperations {
		return nil, invalid(TooMany, "Operations has %d operations: send at most %d at a time", len(list), maxOperations)
	}
	p := &Patch{}
	for n, element := range list {
		o, err := decodeOperation(element)
		if err != nil {
			return nil, inOperation(n, err)
		}
		p.operations = append(p.operations, o)
	}
	return p, nil
}

func checkPatchSchema(given map[string]any) error {
	named, ok := schemasIn(given)
	if !ok {
		return invalid(InvalidSyntax, "schemas must be a list of URNs")
	}
	for _, urn := range named {
		if strings.EqualFold(urn, patchMessage) {
			return nil
		}
	}
	if len(named) == 0 {
		return nil
	}
	return invalid(InvalidSyntax, "schemas must contain %s", patchMessage)
}

func decodeOperation(v any) (operation, error) {
	given, ok := v.(map[string]any)
	if !ok {
		return operation{}, invalid(InvalidSyntax, "it must be an object")
	}
	name, _ := member(given, "op")
	text, _ := name.(string)
	o := operation{op: op(strings.ToLower(text))}
	switch o.op {
	case opAdd, opReplace, opRemove:
	default:
		return o, invalid(InvalidSyntax, "op must be add, replace or remove")
	}
	if path, has := member(given, "path"); has && path != nil {
		if o.path, ok = path.(string); !ok {
			return o, invalid(InvalidPath, "path must be a string")
		}
		o.path = strings.TrimSpace(o.path)
	}
	o.value, o.valued = member(given, "value")
	switch {
	case o.op == opRemove && o.path == "":
		return o, invalid(NoTarget, "remove needs a path")
	case o.op != opRemove && !o.valued:
		return o, invalid(InvalidSyntax, "%s needs a value", o.op)
	}
	return o, nil
}

// member returns the member of an object whose name is given, in any case. Of several, it is the one that is spelled so.
func member(given map[string]any, name string) (any, bool) {
	if v, ok := given[name]; ok {
		return v, true
	}
	var found any
	var spelled string
	for key, v := range given {
		if strings.EqualFold(key, name) && (spelled == "" || key < spelled) {
			found, spelled = v, key
		}
	}
	return found, spelled != ""
}

// Patch returns the resource that a PATCH leaves behind. The one before stays as it is.
func (rt *ResourceType) Patch(before Resource, p *Patch) (Resource, error) {
	c := change{rt, before.Clone()}
	for n, o := range p.operations {
		if err := c.apply(o); err != nil {
			return nil, inOperation(n, err)
		}
	}
	return c.resource, rt.finish(c.resource)
}

// inOperation says which operation is at fault.
func inOperation(n int, err error) error {
	e, ok := err.(*Error) //nolint:errorlint // errors of this package are not wrapped
	if !ok {
		return err
	}
	return &Error{Status: e.Status, Type: e.Type, Detail: "operation " + ordinal(n) + ": " + e.Detail}
}
