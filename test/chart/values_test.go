// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chart_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/usher-operator/usher/internal/setup"
)

// variants are the files of values with which continuous integration renders the chart.
func variants() []string {
	files, err := filepath.Glob("../../config/chart/ci/*-values.yaml")
	if err != nil || len(files) == 0 {
		panic("config/chart/ci has no values")
	}
	return files
}

var _ = Describe("The chart's values", Ordered, ContinueOnFailure, func() {
	const in = "variants"

	BeforeAll(func(ctx context.Context) {
		installKinds(ctx)
		for _, name := range []string{in, in + "-questions"} { // a dry run creates none of its own
			Expect(env.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
				Name: name, Labels: map[string]string{"pod-security.kubernetes.io/warn": "restricted"},
			}})).To(Succeed())
		}
	})

	for _, file := range variants() {
		path := strings.TrimPrefix(file, "../../")
		It("OPS-1 render what the API server accepts, without a warning, and a configuration that the operator accepts: "+path,
			func(ctx context.Context) {
				_, err := hlm.Run(ctx, "lint", "--strict", chart, "-n", in, "-f", path)
				Expect(err).NotTo(HaveOccurred())
				text, err := hlm.Run(ctx, "template", "any", chart, "-n", in, "-f", path)
				Expect(err).NotTo(HaveOccurred())
				_, warnings, err := env.KubectlInput(ctx, text, "apply", "--server-side", "--dry-run=server", "--force-conflicts", "--validate=strict", "-f", "-")
				Expect(err).NotTo(HaveOccurred())
				Expect(warnings).To(BeEmpty())
				isAccepted(text)
			})
	}

	DescribeTable("OPS-1 that are wrong are refused, by name,", func(ctx context.Context, set, refusal string) {
		_, err := hlm.Run(ctx, "template", "any", chart, "-f", "config/chart/ci/minimal-values.yaml", "--set", set)
		Expect(err).To(MatchError(ContainSubstring(refusal)))
	},
		Entry("a value that does not exist", "replica=3", "additional properties 'replica' not allowed"),
		Entry("a field of the configuration that does not exist", "configuration.portal.urll=x", "at '/configuration/portal': additional properties 'urll'"),
		Entry("a number that is too small", "replicas=0", "at '/replicas': minimum"),
		Entry("a required field that is missing", "configuration.mail.smtp.address=", "at '/configuration/mail/smtp/address': minLength"),
		Entry("a duration without a unit", "configuration.drainDelay=3", "at '/configuration/drainDelay'"),
		Entry("a digest that is none", "image.digest=latest", "at '/image/digest'"),
		Entry("a Secret's certificate without its authority", "certificates.secretName=a", "certificates.caBundle is missing"),
		Entry("another namespace for questions than that of the roles", "configuration.questions.namespace=x", "configuration.questions.namespace: remove it"),
		Entry("a monitor of metrics that are off", "metrics.serviceMonitor.enabled=true,configuration.metrics.bindAddress=0",
			"configuration.metrics.bindAddress"),
	)

	It("OPS-1 that are missing are named, all at once", func(ctx context.Context) {
		_, err := hlm.Run(ctx, "template", "any", chart)
		Expect(err).To(MatchError(And(ContainSubstring("at '/configuration/portal/url'"), ContainSubstring("at '/configuration/mail/from'"),
			ContainSubstring("at '/configuration/mail/smtp/address'"))))
	})
})

// isAccepted decodes the configuration among manifests as the operator does.
func isAccepted(manifests string) {
	GinkgoHelper()
	maps := documents(manifests, "ConfigMap")
	Expect(maps).To(HaveLen(1))
	var c corev1.ConfigMap
	Expect(yaml.Unmarshal([]byte(maps[0]), &c)).To(Succeed())
	path := filepath.Join(GinkgoT().TempDir(), "usher.yaml")
	Expect(os.WriteFile(path, []byte(c.Data["usher.yaml"]), 0o600)).To(Succeed())
	options, err := setup.LoadOptions(path)
	Expect(err).NotTo(HaveOccurred())
	options.Namespace = "usher"
	Expect(options.Validate()).To(Succeed())
}
