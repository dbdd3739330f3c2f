// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// statusSchema returns the schema of a kind's status, as the API server has it.
func statusSchema(ctx context.Context, o client.Object) apiextensionsv1.JSONSchemaProps {
	GinkgoHelper()
	kind, err := env.Client.GroupVersionKindFor(o)
	Expect(err).NotTo(HaveOccurred())
	mapping, err := env.Client.RESTMapper().RESTMapping(kind.GroupKind(), kind.Version)
	Expect(err).NotTo(HaveOccurred())
	var found unstructured.Unstructured
	found.SetGroupVersionKind(apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"))
	Expect(env.Client.Get(ctx, client.ObjectKey{Name: mapping.Resource.Resource + "." + kind.Group}, &found)).To(Succeed())
	var crd apiextensionsv1.CustomResourceDefinition
	Expect(runtime.DefaultUnstructuredConverter.FromUnstructured(found.Object, &crd)).To(Succeed())
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["status"]
}

// sample returns a valid value of a field, in JSON.
func sample(field *apiextensionsv1.JSONSchemaProps) string {
	switch field.Type {
	case "object":
		properties := map[string]json.RawMessage{}
		for _, name := range field.Required {
			property := field.Properties[name]
			properties[name] = json.RawMessage(sample(&property))
		}
		for name, property := range field.Properties { // an empty object may be the same as none
			if len(properties) > 0 {
				break
			}
			properties[name] = json.RawMessage(sample(&property))
		}
		out, err := json.Marshal(properties)
		Expect(err).NotTo(HaveOccurred())
		return string(out)
	case "array":
		return "[" + sample(field.Items.Schema) + "]"
	case "integer":
		return "77"
	case "boolean":
		return "true"
	}
	if len(field.Enum) > 0 {
		return string(field.Enum[len(field.Enum)-1].Raw)
	}
	if field.Format == "date-time" {
		return `"2020-01-01T00:00:00Z"`
	}
	for _, rule := range field.XValidations {
		if strings.Contains(rule.Message, "email address") {
			return `"mallory@elsewhere.example"`
		}
	}
	return `"mallory"`
}
