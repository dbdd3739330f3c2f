// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	config "github.com/usher-operator/usher/api/config/v1alpha1"
)

// schema is a JSON schema, or a part of one.
type schema = map[string]any

// required are the fields without which the operator does not start.
var required = map[string][]string{"": {"portal", "mail"}, "portal.": {"url"}, "mail.": {"from", "smtp"}, "mail.smtp.": {"address"}}

// writeSchema puts the schema of the configuration into that of the chart's values.
func writeSchema(path string, comments comments) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var values struct {
		Schema               string         `json:"$schema"`
		Type                 string         `json:"type"`
		AdditionalProperties bool           `json:"additionalProperties"`
		Required             []string       `json:"required"`
		Properties           map[string]any `json:"properties"`
		Definitions          map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal(content, &values); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	values.Properties["configuration"] = objectSchema(reflect.TypeFor[config.UsherConfiguration](), comments, "")
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(values); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

func objectSchema(part reflect.Type, comments comments, prefix string) schema {
	properties := schema{}
	for field := range part.Fields() {
		if field.Name == "TypeMeta" {
			continue
		}
		name := jsonName(field)
		property := fieldSchema(field.Type, comments, prefix+name+".")
		if field.Type.Kind() == reflect.String && slices.Contains(required[prefix], name) {
			property["minLength"] = 1
		}
		property["description"] = comments.of(part.Name() + "." + field.Name)
		properties[name] = property
	}
	object := schema{"type": "object", "additionalProperties": false, "properties": properties}
	if fields, some := required[prefix]; some {
		object["required"] = fields
	}
	return object
}

func fieldSchema(field reflect.Type, comments comments, path string) schema {
	switch {
	case field == reflect.TypeFor[metav1.Duration]():
		return schema{"type": "string", "pattern": "^([0-9.]+(ns|us|µs|ms|s|m|h))+$"}
	case field.Kind() == reflect.Struct:
		return objectSchema(field, comments, path)
	case field.Kind() == reflect.Slice:
		return schema{"type": "array", "items": schema{"type": "string"}}
	case field.Kind() == reflect.Bool:
		return schema{"type": "boolean"}
	case field.Kind() == reflect.Float64:
		return schema{"type": "number"}
	case field.Kind() == reflect.String:
		return schema{"type": "string"}
	default:
		return schema{"type": "integer"}
	}
}
