// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chart_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

var _ = Describe("The chart's ServiceMonitors", func() {
	DescribeTable("OPS-3 read all metrics, and verify each certificate by its authority and its Service's name", func(ctx context.Context,
		flags []string, authorities map[string]string,
	) {
		text := manifests(ctx, append([]string{"-f", "config/chart/ci/minimal-values.yaml", "--set", "metrics.serviceMonitor.enabled=true"}, flags...)...)
		monitors := map[string]string{}
		for _, monitor := range objects(text, "ServiceMonitor") {
			service := selectedBy(monitor, text)
			endpoints, _, err := unstructured.NestedSlice(monitor, "spec", "endpoints")
			Expect(err).NotTo(HaveOccurred())
			Expect(endpoints).To(HaveLen(1))
			endpoint, _ := endpoints[0].(map[string]any)
			Expect(service.Spec.Ports).To(ContainElement(HaveField("Name", endpoint["port"])))
			Expect(endpoint).To(HaveKeyWithValue("scheme", "https"))
			tls, _, err := unstructured.NestedMap(endpoint, "tlsConfig")
			Expect(err).NotTo(HaveOccurred())
			Expect(tls).To(HaveLen(2), "there is no insecureSkipVerify")
			Expect(tls).To(HaveKeyWithValue("serverName", service.Name+".any.svc"))
			Expect(tls).To(HaveKeyWithValue("ca", HaveKeyWithValue("secret", HaveKeyWithValue("key", "ca.crt"))))
			monitors[service.Name], _, err = unstructured.NestedString(tls, "ca", "secret", "name")
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(monitors).To(Equal(authorities))
	},
		Entry("of the operator's own", nil, map[string]string{
			"usher-metrics": "usher-webhook-certificate", "usher-portal-metrics": "usher-portal-certificate",
		}),
		Entry("of cert-manager", []string{"--set", "certificates.certManager.enabled=true"}, map[string]string{
			"usher-metrics": "usher-webhook-tls", "usher-portal-metrics": "usher-portal-certificate",
		}),
		Entry("of the platform", []string{"--set", "certificates.secretName=ours,certificates.caBundle=-----BEGIN CERTIFICATE-----"},
			map[string]string{"usher-metrics": "ours", "usher-portal-metrics": "usher-portal-certificate"}),
		Entry("of the one process", []string{"--set", "portal.apart=false"}, map[string]string{"usher-metrics": "usher-webhook-certificate"}),
	)

	It("OPS-3 have cert-manager issue a certificate for each Service, and the portal's for no other name", func(ctx context.Context) {
		names := map[string][]string{}
		for _, certificate := range objects(manifests(ctx, "-f", "config/chart/ci/cert-manager-values.yaml"), "Certificate") {
			secret, _, err := unstructured.NestedString(certificate, "spec", "secretName")
			Expect(err).NotTo(HaveOccurred())
			names[secret], _, err = unstructured.NestedStringSlice(certificate, "spec", "dnsNames")
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(names).To(HaveKeyWithValue("usher-webhook-tls", ConsistOf("usher-webhook-service.any.svc", "usher-metrics.any.svc")))
		Expect(names).To(HaveKeyWithValue("usher-portal-certificate", ConsistOf("usher-portal-metrics.any.svc")))
	})
})

// objects returns the objects of a kind among manifests.
func objects(manifests, kind string) []map[string]any {
	GinkgoHelper()
	var all []map[string]any
	for _, document := range documents(manifests, kind) {
		var object map[string]any
		Expect(yaml.Unmarshal([]byte(document), &object)).To(Succeed())
		all = append(all, object)
	}
	return all
}

// selectedBy returns the one Service among manifests that a ServiceMonitor selects.
func selectedBy(monitor map[string]any, manifests string) corev1.Service {
	GinkgoHelper()
	selected, _, err := unstructured.NestedStringMap(monitor, "spec", "selector", "matchLabels")
	Expect(err).NotTo(HaveOccurred())
	var services []corev1.Service
	for _, document := range documents(manifests, "Service") {
		var s corev1.Service
		Expect(yaml.Unmarshal([]byte(document), &s)).To(Succeed())
		if labels.SelectorFromSet(selected).Matches(labels.Set(s.Labels)) {
			services = append(services, s)
		}
	}
	Expect(services).To(HaveLen(1))
	return services[0]
}
