// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// changedFields returns the sorted paths of the fields in which two specs differ. Maps are compared field by field, lists as
// a whole. If a spec cannot be marshaled to JSON, all of it counts as changed.
func changedFields(before, after any) []string {
	before, after, same := withoutSame(before, after)
	if same {
		return nil
	}
	b, errBefore := fieldsOf(before)
	a, errAfter := fieldsOf(after)
	if errBefore != nil || errAfter != nil {
		return []string{"spec"}
	}
	inB, errBefore := decodedWhereOther(b, a)
	inA, errAfter := decodedWhereOther(a, b)
	if errBefore != nil || errAfter != nil {
		return []string{"spec"}
	}
	paths := differences("spec", inB, inA)
	slices.Sort(paths)
	return paths
}

// withoutSame returns two specs without the fields that are the same in both, and whether that is all of them. Most of what a change leaves
// as it is need not be encoded then to be compared, such as a workspace's thousands of members. Specs of different types are returned as
// they are.
func withoutSame(before, after any) (otherBefore, otherAfter any, same bool) {
	b, a := reflect.ValueOf(before), reflect.ValueOf(after)
	if !b.IsValid() || !a.IsValid() || b.Type() != a.Type() || b.Kind() != reflect.Struct {
		return before, after, reflect.DeepEqual(before, after)
	}
	inB, inA, same := reflect.New(b.Type()).Elem(), reflect.New(a.Type()).Elem(), true
	for n := range b.NumField() {
		if reflect.DeepEqual(b.Field(n).Interface(), a.Field(n).Interface()) {
			continue
		}
		inB.Field(n).Set(b.Field(n))
		inA.Field(n).Set(a.Field(n))
		same = false
	}
	return inB.Interface(), inA.Interface(), same
}

// fieldsOf returns the fields of a spec, each in JSON.
func fieldsOf(spec any) (map[string]json.RawMessage, error) {
	raw, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	return fields, json.Unmarshal(raw, &fields)
}

// decodedWhereOther decodes the fields that are written otherwise in another spec, or not there. Most of what a change leaves as it is need
// not be decoded, such as a workspace's thousands of members.
func decodedWhereOther(fields, others map[string]json.RawMessage) (map[string]any, error) {
	decoded := map[string]any{}
	for name, raw := range fields {
		if bytes.Equal(raw, others[name]) {
			continue
		}
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return nil, err
		}
		decoded[name] = value
	}
	return decoded, nil
}

func differences(path string, before, after map[string]any) []string {
	var paths []string
	names := maps.Clone(before)
	if names == nil {
		names = map[string]any{}
	}
	maps.Copy(names, after)
	for name := range names {
		b, a := before[name], after[name]
		if reflect.DeepEqual(b, a) {
			continue
		}
		inB, isMapB := b.(map[string]any)
		inA, isMapA := a.(map[string]any)
		if (isMapB || b == nil) && (isMapA || a == nil) {
			paths = append(paths, differences(path+"."+name, inB, inA)...)
		} else {
			paths = append(paths, path+"."+name)
		}
	}
	return paths
}

// specOf returns the spec of one of Usher's kinds.
func specOf(object any) any {
	switch o := object.(type) {
	case *v1alpha1.Organization:
		spec := o.Spec
		if spec.DeletionProtection == "" { // the API's default, which an organization without a spec does not get
			spec.DeletionProtection = v1alpha1.SwitchDisabled
		}
		return spec
	case *v1alpha1.OrgUser:
		return o.Spec
	case *v1alpha1.Invitation:
		return o.Spec
	case *v1alpha1.Workspace:
		return o.Spec
	case *v1alpha1.OrgGroup:
		return o.Spec
	default:
		return nil
	}
}
