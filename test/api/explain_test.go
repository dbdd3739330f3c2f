// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// field is a field of an object, with the path by which kubectl explain finds it.
type field struct {
	path   string
	schema apiextensionsv1.JSONSchemaProps
}

// fieldsOf returns a schema's fields, and theirs.
func fieldsOf(path string, schema apiextensionsv1.JSONSchemaProps) []field {
	var found []field
	for name, property := range schema.Properties {
		within := path + "." + name
		found = append(found, field{within, property})
		found = append(found, fieldsOf(within, property)...)
		if property.Items != nil && property.Items.Schema != nil {
			found = append(found, fieldsOf(within, *property.Items.Schema)...)
		}
	}
	return found
}

// valuesOf returns the values that a field can have, or the entries of a list.
func valuesOf(schema apiextensionsv1.JSONSchemaProps) []string {
	list := schema.Enum
	if schema.Items != nil && schema.Items.Schema != nil {
		list = append(list, schema.Items.Schema.Enum...)
	}
	var values []string
	for _, value := range list {
		values = append(values, strings.Trim(string(value.Raw), `"`))
	}
	return values
}

var _ = Describe("What kubectl explain says of a field", func() {
	var fields []field

	BeforeEach(func() {
		files, err := filepath.Glob("../../config/crd/bases/*.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(files).To(HaveLen(5))
		fields = nil
		for _, file := range files {
			data, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			var crd apiextensionsv1.CustomResourceDefinition
			Expect(yaml.Unmarshal(data, &crd)).To(Succeed())
			fields = append(fields, fieldsOf(crd.Spec.Names.Singular, *crd.Spec.Versions[0].Schema.OpenAPIV3Schema)...)
		}
	})

	It("names each value that it can have, or the field that does", func() {
		for _, f := range fields {
			for _, value := range valuesOf(f.schema) {
				if strings.HasSuffix(value, "day") && strings.Contains(f.schema.Description, "Monday to Sunday") ||
					strings.Contains(f.schema.Description, "as spec.role explains it") {
					continue
				}
				Expect(f.schema.Description).To(ContainSubstring(value), f.path)
			}
		}
	})

	It("is about the field, in words for users", func() {
		number := regexp.MustCompile(`\b[A-Z]{3}-[0-9]+\b`)
		jargon := regexp.MustCompile(`(?i)\b(ledger|reconciler?s?|webhook|kstatus|enqueue\w*|hmac)\b`)
		for _, f := range fields {
			switch name := f.path[strings.LastIndex(f.path, ".")+1:]; name {
			case "metadata", "apiVersion", "kind":
				continue // Kubernetes' own
			default:
				Expect(f.schema.Description).NotTo(BeEmpty(), f.path)
			}
			Expect(f.schema.Description).NotTo(MatchRegexp(number.String()), f.path)
			if !strings.Contains(f.path, ".conditions.") {
				Expect(f.schema.Description).NotTo(MatchRegexp(jargon.String()), f.path)
			}
		}
	})

	It("leaves the wrapping to kubectl: a paragraph or an item of a list is one line", func() {
		broken := regexp.MustCompile(`[^\n]\n[ \t]*[^-\s]`)
		for _, f := range fields {
			Expect(f.schema.Description).NotTo(MatchRegexp(broken.String()), f.path)
		}
	})

	It("says what a field is that is unset, if it has a default", func() {
		for _, f := range fields {
			if f.schema.Default != nil {
				Expect(f.schema.Description).To(ContainSubstring("If unset, it is "+strings.Trim(string(f.schema.Default.Raw), `"`)), f.path)
			}
		}
	})
})
