// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/yaml"

	"github.com/usher-operator/usher/internal/testing/testenv"
)

// decodeEach decodes the documents of a manifest one after the other, as if each were a T.
func decodeEach[T any](path ...string) []T {
	GinkgoHelper()
	root, err := testenv.RepoRoot()
	Expect(err).NotTo(HaveOccurred())
	manifest, err := os.ReadFile(filepath.Join(append([]string{root, "config"}, path...)...))
	Expect(err).NotTo(HaveOccurred())
	var all []T
	for document := range strings.SplitSeq(string(manifest), "\n---\n") {
		var o T
		Expect(yaml.Unmarshal([]byte(document), &o)).To(Succeed())
		all = append(all, o)
	}
	return all
}

var _ = Describe("check", func() {
	It("CLI-5 looks for each policy that the chart installs, and for its binding", func() {
		installed, bound := []string{}, []string{}
		for _, o := range decodeEach[admissionv1.ValidatingAdmissionPolicyBinding]("chart", "files", "rbac.yaml") {
			switch o.Kind {
			case "ValidatingAdmissionPolicy":
				installed = append(installed, o.Name)
			case "ValidatingAdmissionPolicyBinding":
				bound = append(bound, o.Spec.PolicyName)
			}
		}
		Expect(policiesOfUsher).To(ConsistOf(installed))
		Expect(policiesOfUsher).To(ConsistOf(bound))
	})

	It("CLI-5 looks for each webhook that the chart installs", func() {
		var installed []string
		for _, configuration := range decodeEach[admissionv1.MutatingWebhookConfiguration]("webhook", "manifests.yaml") {
			for _, webhook := range configuration.Webhooks {
				installed = append(installed, webhook.Name)
			}
		}
		Expect(webhooksOfUsher).To(ConsistOf(installed))
	})
})
