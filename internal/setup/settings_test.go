// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"encoding/json"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

var _ = Describe("A ConfigMap of settings in the cache", func() {
	published := func() *corev1.ConfigMap {
		return &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: "acme-support", Name: v1alpha1.SettingsConfigMap, UID: "1", ResourceVersion: "2",
				Labels: map[string]string{
					v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue, v1alpha1.LabelOrganization: strings.Repeat("a", 63),
					v1alpha1.LabelWorkspace: "support",
				},
				Annotations: map[string]string{v1alpha1.AnnotationOriginPrefix + "language": "Organization"},
			},
			Data: map[string]string{"language": "es", "sessionRecording": "Disabled"},
		}
	}
	kept := func(c *corev1.ConfigMap) *corev1.ConfigMap {
		GinkgoHelper()
		trimmed, err := transform(roomy(), &retained{}, trimSettings)(c)
		Expect(err).NotTo(HaveOccurred())
		return trimmed.(*corev1.ConfigMap) //nolint:forcetypeassert // the spec fails either way
	}

	It("GTA-14 is kept as Usher has written it", func() {
		Expect(kept(published())).To(Equal(published()))
	})

	It("takes little memory, whatever somebody writes into it, and still differs from what Usher has written", func() {
		c := published()
		c.BinaryData = map[string][]byte{}
		for n := range 1000 {
			key := fmt.Sprintf("ballast-%d", n)
			c.Data[key], c.BinaryData["b"+key] = strings.Repeat("x", 500), make([]byte, 500)
			c.Labels["a.example/"+key], c.Annotations["accounts.usher.dev/"+key] = "x", strings.Repeat("x", 250)
		}
		c.Data["language"] = strings.Repeat("es", 1000)
		full, err := json.Marshal(c)
		Expect(err).NotTo(HaveOccurred())
		Expect(len(full)).To(BeNumerically(">", 1<<20))
		trimmed := kept(c)
		rest, err := json.Marshal(trimmed)
		Expect(err).NotTo(HaveOccurred())
		Expect(len(rest)).To(BeNumerically("<", 16<<10))
		Expect(trimmed.Data).NotTo(Equal(published().Data))
		Expect(trimmed.BinaryData).NotTo(BeEmpty())
		Expect(trimmed.UID).To(Equal(published().UID))
	})

	It("is trimmed where the cache reads it, also beside mail templates", func() {
		for _, templates := range []string{"", "usher-mail-templates"} {
			for object, by := range cacheOptions(&Options{Namespace: "usher-system", MailTemplates: templates}, roomy(), &retained{}).ByObject {
				if _, is := object.(*corev1.ConfigMap); !is {
					continue
				}
				transform := by.Transform
				if everywhere, is := by.Namespaces[metav1.NamespaceAll]; is {
					transform = everywhere.Transform
					Expect(by.Namespaces["usher-system"].Transform).To(BeNil(), "templates are needed whole")
				}
				c := published()
				c.Data["ballast"] = strings.Repeat("x", 1000)
				trimmed, err := transform(c)
				Expect(err).NotTo(HaveOccurred())
				Expect(trimmed).To(HaveField("Data", HaveKeyWithValue("ballast", HaveLen(maxSetting))))
			}
		}
	})
})
