// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chart_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	config "github.com/usher-operator/usher/api/config/v1alpha1"
	"github.com/usher-operator/usher/internal/setup"
)

var _ = Describe("A change of the chart's configuration", func() {
	const base = "config/chart/ci/minimal-values.yaml"

	It("OPS-1 replaces no pod when it takes effect while the operator runs, whichever field it is", func(ctx context.Context) {
		changed := map[string]any{}
		for _, key := range setup.LiveKeys() {
			path := strings.Split("configuration."+key, ".")
			Expect(unstructured.SetNestedField(changed, otherThanDefault(key), path...)).To(Succeed())
		}
		text, err := yaml.Marshal(changed)
		Expect(err).NotTo(HaveOccurred())
		file := filepath.Join(GinkgoT().TempDir(), "values.yaml")
		Expect(os.WriteFile(file, text, 0o600)).To(Succeed())
		for _, apart := range []string{"true", "false"} {
			before := manifests(ctx, "-f", base, "--set", "portal.apart="+apart)
			after := manifests(ctx, "-f", base, "-f", file, "--set", "portal.apart="+apart)
			Expect(documents(after, "ConfigMap")).NotTo(Equal(documents(before, "ConfigMap")))
			Expect(documents(after, "Deployment")).To(Equal(documents(before, "Deployment")))
		}
	})

	DescribeTable("OPS-1 replaces the pods when it takes effect after a restart:", func(ctx context.Context, change string) {
		before, after := manifests(ctx, "-f", base), manifests(ctx, "-f", base, "--set", change)
		Expect(checksums(before)).To(HaveLen(2))
		Expect(checksums(after)).To(HaveLen(2))
		for name, sum := range checksums(before) {
			Expect(checksums(after)).To(HaveKeyWithValue(name, Not(Equal(sum))))
		}
	},
		Entry("of a field at the top", "configuration.drainDelay=4s"),
		Entry("of a field beside one that is live", "configuration.mail.settleDelay=4s"),
		Entry("of a field in a part of a part beside those that are live", "configuration.intake.limits.messageBytes=1000000"),
		Entry("of a list", "configuration.webhooks.dnsNames={a.example}"),
		Entry("of a Secret that the chart puts into the configuration", "secrets.audit=audit"),
	)
})

// otherThanDefault returns a value for a field of the configuration that is not its default.
func otherThanDefault(key string) any {
	GinkgoHelper()
	text, err := json.Marshal(config.Default())
	Expect(err).NotTo(HaveOccurred())
	var defaults map[string]any
	Expect(json.Unmarshal(text, &defaults)).To(Succeed())
	value, found, err := unstructured.NestedFieldNoCopy(defaults, strings.Split(key, ".")...)
	Expect(err).NotTo(HaveOccurred())
	Expect(found).To(BeTrue(), key)
	switch value := value.(type) {
	case float64:
		return value + 1
	case string:
		if strings.HasSuffix(key, "nterval") {
			return "7m"
		}
		return "https://" + key + ".example"
	default: // a list, which is empty by default
		return []any{"x"}
	}
}

// manifests returns what Helm renders from the chart with flags.
func manifests(ctx context.Context, flags ...string) string {
	GinkgoHelper()
	text, err := hlm.Run(ctx, append([]string{"template", "any", chart, "-n", "any"}, flags...)...)
	Expect(err).NotTo(HaveOccurred())
	return text
}

// documents returns the manifests of a kind.
func documents(manifests, kind string) []string {
	var all []string
	for document := range strings.SplitSeq(manifests, "\n---\n") {
		if strings.Contains(document, "\nkind: "+kind+"\n") {
			all = append(all, document)
		}
	}
	return all
}

// checksums returns the checksums of the configuration in the Deployments' pods, by the names of the Deployments.
func checksums(manifests string) map[string]string {
	GinkgoHelper()
	sums := map[string]string{}
	for _, document := range documents(manifests, "Deployment") {
		var d appsv1.Deployment
		Expect(yaml.Unmarshal([]byte(document), &d)).To(Succeed())
		sums[d.Name] = d.Spec.Template.Annotations["config.usher.dev/checksum"]
	}
	return sums
}
