// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// changedFields returns the sorted paths of the fields in which two specs differ. Maps are compared field by field, lists as
// a whole. If a spec cannot be marshaled to JSON, all of it counts as changed.
func changedFields(before, after any) []string {
	b, errBefore := asMap(before)
	a, errAfter := asMap(after)
	if errBefore != nil || errAfter != nil {
		return []string{"spec"}
	}
	paths := differences("spec", b, a)
	slices.Sort(paths)
	return paths
}

func asMap(spec any) (map[string]any, error) {
	raw, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	return fields, json.Unmarshal(raw, &fields)
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
