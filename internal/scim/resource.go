// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// Resource is a user or a group. The keys are names of attributes as the schema spells them, and URNs of extensions; the values are
// strings, booleans, objects with the names of sub-attributes, and lists of objects. What has no value is absent.
type Resource map[string]any

// Text returns the string at a path such as userName, name.givenName, or URN:department. It is empty if there is none.
func (rt *ResourceType) Text(r Resource, path string) string {
	t, ok := rt.resolve(path)
	if !ok {
		return ""
	}
	for _, v := range valuesOf(r, t) {
		if s, ok := v.(string); ok {
			return s
		}
	}
	return ""
}

// Active reports whether a person has an account. An account that does not say is active.
func (r Resource) Active() bool { return r[attributeActive] != false }

// Version returns the weak ETag that a resource says it has, or else the one of its content.
func (r Resource) Version() string {
	if meta, ok := r[attributeMeta].(map[string]any); ok {
		if version, ok := meta["version"].(string); ok && version != "" {
			return version
		}
	}
	return ETag(r)
}

// Clone returns a deep copy.
func (r Resource) Clone() Resource {
	copied, _ := clone(map[string]any(r)).(map[string]any)
	return copied
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		copied := make(map[string]any, len(v))
		for key, value := range v {
			copied[key] = clone(value)
		}
		return copied
	case []any:
		copied := make([]any, len(v))
		for n, value := range v {
			copied[n] = clone(value)
		}
		return copied
	default:
		return v
	}
}

// Decode reads the body of a POST. Attributes that the schema does not know, and those that clients cannot set, are left out.
func (rt *ResourceType) Decode(body []byte) (Resource, error) {
	given, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	if err := rt.checkSchemas(given); err != nil {
		return nil, err
	}
	r := Resource{}
	if err := (change{rt, r}).all(opAdd, "", given); err != nil {
		return nil, err
	}
	return r, rt.finish(r)
}

// Replace reads the body of a PUT and returns the resource that it leaves behind. What the body does not mention is removed, except for
// what identifies the resource, and whether it is active: a directory that leaves out active does not mean to let a suspended person in.
func (rt *ResourceType) Replace(before Resource, body []byte) (Resource, error) {
	r, err := rt.Decode(body)
	if err != nil {
		return nil, err
	}
	for _, kept := range []string{attributeExternalID, attributeActive} {
		if _, given := r[kept]; !given && before[kept] != nil {
			r[kept] = clone(before[kept])
		}
	}
	for name, v := range before {
		if t, ok := rt.resolve(name); ok && t.attribute.Mutability == ReadOnly && name != attributeSchemas {
			r[name] = clone(v)
		}
	}
	return r, nil
}

// checkSchemas refuses a body that says that it is something else.
func (rt *ResourceType) checkSchemas(given map[string]any) error {
	named, ok := schemasIn(given)
	if !ok {
		return invalid(InvalidSyntax, "schemas must be a list of URNs")
	}
	for _, urn := range named {
		if strings.EqualFold(urn, rt.Schema.ID) {
			return nil
		}
	}
	if len(named) == 0 {
		return nil
	}
	return invalid(InvalidValue, "schemas must contain %s at %s", rt.Schema.ID, rt.Endpoint)
}

// schemasIn returns the URNs that a message names.
func schemasIn(given map[string]any) ([]string, bool) {
	var named []string
	for key, v := range given {
		if !strings.EqualFold(key, attributeSchemas) || v == nil {
			continue
		}
		list, ok := v.([]any)
		if !ok {
			return nil, false
		}
		for _, element := range list {
			urn, ok := element.(string)
			if !ok {
				return nil, false
			}
			named = append(named, urn)
		}
	}
	return named, true
}

// finish checks what the schema requires of a resource as a whole, and sets the schemas that it has.
func (rt *ResourceType) finish(r Resource) error {
	schemas := []any{rt.Schema.ID}
	for _, extension := range rt.Extensions {
		if _, has := r[extension.ID]; has {
			schemas = append(schemas, extension.ID)
		}
	}
	r[attributeSchemas] = schemas
	for n := range rt.Schema.Attributes {
		a := &rt.Schema.Attributes[n]
		if s, _ := r[a.Name].(string); a.Required && strings.TrimSpace(s) == "" {
			return invalid(InvalidValue, "%s is required: map an attribute to it in the directory", a.Name)
		}
		if primaries(r[a.Name]) > 1 {
			return invalid(InvalidValue, "%s has several primary values: at most one can be", a.Name)
		}
	}
	return nil
}

// decodeObject reads a body that has to be one JSON object.
func decodeObject(body []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, invalid(InvalidSyntax, "the body is not JSON: %s", err)
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, invalid(InvalidSyntax, "the body must be a JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid(InvalidSyntax, "the body has something after its JSON object")
	}
	return object, nil
}
