// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"fmt"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/testing/corpus"
)

var index = regexp.MustCompile(`\[\d+\]`)

// The corpus is complete if every value that a user can write has a valid and an invalid example.
var _ = Describe("The corpus", func() {
	var valid, invalid map[string][]string // by kind, paths such as spec.workspaces[].name

	BeforeEach(func() {
		valid, invalid = map[string][]string{}, map[string][]string{}
		for _, entry := range load(corpus.Valid) {
			for _, object := range objectsOf(entry) {
				valid[object.GetKind()] = append(valid[object.GetKind()], paths(object.Object["spec"], "spec")...)
			}
		}
		for _, entry := range load(corpus.Invalid) {
			kind := objectsOf(entry)[0].GetKind()
			invalid[kind] = append(invalid[kind], index.ReplaceAllString(entry.Field, "[]"))
		}
	})

	DescribeTable("has a valid and an invalid value for every field", func(ctx SpecContext, kind, plural string) {
		fields := schemaPaths(specSchema(ctx, plural), "spec")
		Expect(fields).NotTo(BeEmpty())
		for _, field := range fields {
			Expect(valid[kind]).To(ContainElement(field), "no file in test/testdata/valid sets it in a %s", kind)
			Expect(invalid[kind]).To(ContainElement(field), "no file in test/testdata/invalid is about it in a %s", kind)
		}
	},
		Entry(nil, "Organization", "organizations"),
		Entry(nil, "OrgUser", "orgusers"),
		Entry(nil, "Invitation", "invitations"),
		Entry(nil, "Workspace", "workspaces"),
		Entry(nil, "OrgGroup", "orggroups"),
	)
})

func objectsOf(entry corpus.Entry) []*unstructured.Unstructured {
	if entry.Update != nil {
		return []*unstructured.Unstructured{entry.Update.Before, entry.Update.After}
	}
	return entry.Objects
}

// paths returns the paths of the scalar values in a value.
func paths(value any, path string) []string {
	var all []string
	switch value := value.(type) {
	case nil:
	case map[string]any:
		for name, part := range value {
			all = append(all, paths(part, path+"."+name)...)
		}
	case []any:
		for _, part := range value {
			all = append(all, paths(part, path+"[]")...)
		}
	default:
		all = append(all, path)
	}
	return all
}

// schemaPaths returns the paths of the scalar values that a schema has.
func schemaPaths(schema map[string]any, path string) []string {
	switch schema["type"] {
	case "object":
		var all []string
		properties, _, err := unstructured.NestedMap(schema, "properties")
		Expect(err).NotTo(HaveOccurred())
		for name, part := range properties {
			all = append(all, schemaPaths(part.(map[string]any), path+"."+name)...) //nolint:forcetypeassert // schemas are objects
		}
		return all
	case "array":
		items, _, err := unstructured.NestedMap(schema, "items")
		Expect(err).NotTo(HaveOccurred())
		return schemaPaths(items, path+"[]")
	default:
		return []string{path}
	}
}

// specSchema reads the schema of spec from the API server.
func specSchema(ctx context.Context, plural string) map[string]any {
	GinkgoHelper()
	crd := &unstructured.Unstructured{}
	crd.SetAPIVersion("apiextensions.k8s.io/v1")
	crd.SetKind("CustomResourceDefinition")
	name := fmt.Sprintf("%s.accounts.usher.dev", plural)
	Expect(env.Client.Get(ctx, client.ObjectKey{Name: name}, crd)).To(Succeed())
	versions, _, err := unstructured.NestedSlice(crd.Object, "spec", "versions")
	Expect(err).NotTo(HaveOccurred())
	version := versions[0].(map[string]any) //nolint:forcetypeassert // versions are objects
	schema, found, err := unstructured.NestedMap(version, "schema", "openAPIV3Schema", "properties", "spec")
	Expect(err).NotTo(HaveOccurred())
	Expect(found).To(BeTrue())
	return schema
}
