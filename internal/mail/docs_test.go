// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"os"
	"reflect"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"
)

var _ = Describe("docs/operations.md", func() {
	var section string

	BeforeEach(func() {
		manual, err := os.ReadFile("../../docs/operations.md")
		Expect(err).NotTo(HaveOccurred())
		section = regexp.MustCompile(`(?s)\n## Mail templates\n.*?\n## `).FindString(string(manual))
		Expect(section).NotTo(BeEmpty())
	})

	It("names every field that templates can use", func() {
		for _, of := range []reflect.Type{reflect.TypeFor[view](), reflect.TypeFor[detail](), reflect.TypeFor[shellCommand]()} {
			for field := range of.Fields() {
				Expect(section).To(ContainSubstring("`." + field.Name + "`"))
			}
		}
	})

	It("shows a valid ConfigMap", func() {
		var configMap struct {
			Data map[string]string `json:"data"`
		}
		block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(section)
		Expect(block).To(HaveLen(2))
		Expect(yaml.Unmarshal([]byte(block[1]), &configMap)).To(Succeed())
		Expect(configMap.Data).To(HaveLen(2))
		_, err := Customize(configMap.Data)
		Expect(err).NotTo(HaveOccurred())
	})
})
