// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// shape is a refusal by the API itself, and the fields that it is about.
type shape struct {
	text   string
	fields []string
}

// shapes finds the messages of the validations in the CRDs.
func shapes(root string) ([]shape, error) {
	files, err := filepath.Glob(filepath.Join(root, "config/crd/bases/*.yaml"))
	if err != nil {
		return nil, err
	}
	fields := map[string][]string{}
	for _, file := range files {
		var crd map[string]any
		if err := decode(file, &crd); err != nil {
			return nil, err
		}
		spec, _ := crd["spec"].(map[string]any)
		names, _ := spec["names"].(map[string]any)
		versions, _ := spec["versions"].([]any)
		for _, version := range versions {
			v, _ := version.(map[string]any)
			schema, _ := v["schema"].(map[string]any)
			walk(fmt.Sprint(names["kind"]), schema["openAPIV3Schema"], fields)
		}
	}
	var found []shape
	for text, where := range fields {
		slices.Sort(where)
		found = append(found, shape{text, slices.Compact(where)})
	}
	slices.SortFunc(found, func(a, b shape) int { return strings.Compare(a.fields[0]+a.text, b.fields[0]+b.text) })
	return found, nil
}

// walk gathers the messages of a schema's validations by text.
func walk(path string, schema any, into map[string][]string) {
	s, ok := schema.(map[string]any)
	if !ok {
		return
	}
	rules, _ := s["x-kubernetes-validations"].([]any)
	for _, r := range rules {
		rule, _ := r.(map[string]any)
		if text, ok := rule["message"].(string); ok {
			into[text] = append(into[text], path)
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for name, child := range properties {
		if !strings.Contains(path, ".") && name == "status" {
			continue // Usher's own
		}
		walk(path+"."+name, child, into)
	}
	walk(path+"[]", s["items"], into)
	walk(path+"[]", s["additionalProperties"], into)
}

// policies finds the messages of the ValidatingAdmissionPolicies, by the policy's name.
func policies(root string) ([]shape, error) {
	files, err := filepath.Glob(filepath.Join(root, "config/rbac/*_policy.yaml"))
	if err != nil {
		return nil, err
	}
	var found []shape
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, document := range strings.Split(string(content), "\n---") {
			var policy struct {
				Kind     string
				Metadata struct{ Name string }
				Spec     struct {
					Validations []struct{ Message, MessageExpression string }
				}
			}
			if err := yaml.Unmarshal([]byte(document), &policy); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if policy.Kind != "ValidatingAdmissionPolicy" {
				continue
			}
			for _, v := range policy.Spec.Validations {
				if v.Message != "" {
					found = append(found, shape{v.Message, []string{policy.Metadata.Name}})
				}
			}
		}
	}
	return found, nil
}

func decode(file string, into any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
