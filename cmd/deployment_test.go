// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/usher-operator/usher/internal/gateway"
)

// fromSecret are the variables in arguments that components read from Secrets instead of the settings.
var fromSecret = map[string]string{"GATEWAY_URL": "https://sms.acme.example/messages"}

var variable = regexp.MustCompile(`\$\(([A-Z_]+)\)`)

var _ = Describe("The Deployment's arguments", func() {
	BeforeEach(func() { GinkgoT().Setenv("POD_NAMESPACE", "usher-system") })

	It("are valid with the settings that ship", func() {
		options, err := parsed(expand(deploymentArgs(), settings())...)
		Expect(err).NotTo(HaveOccurred())
		Expect(options.Validate()).To(Succeed())
		Expect(options.LeaderElection).To(BeTrue(), "there are two replicas")
	})

	It("are valid with every component at once", func() {
		args := deploymentArgs()
		components := componentArgs()
		Expect(len(components)).To(BeNumerically(">=", 6))
		options, err := parsed(expand(append(args, components...), settings())...)
		Expect(err).NotTo(HaveOccurred())
		Expect(options.Validate()).To(Succeed())
		Expect(options.Mail.PasswordFile).NotTo(BeEmpty())
		Expect(options.AuditTokenFile).NotTo(BeEmpty())
		Expect(options.IntakeAddress).NotTo(BeEmpty())
		Expect(options.Gateway).NotTo(Equal(gateway.Options{}))
	})

	It("use every setting, and docs/install.md explains each", func() {
		args := strings.Join(deploymentArgs(), " ")
		doc, err := os.ReadFile(filepath.Join("..", "docs", "install.md"))
		Expect(err).NotTo(HaveOccurred())
		Expect(settings()).NotTo(BeEmpty())
		for name := range settings() {
			Expect(args).To(ContainSubstring("$(" + name + ")"))
			Expect(string(doc)).To(MatchRegexp("\\|.*`%s`.*\\|.*\\|", name))
		}
	})
})

// deploymentArgs returns the arguments in config/manager/deployment.yaml.
func deploymentArgs() []string {
	GinkgoHelper()
	var deployment appsv1.Deployment
	readYAML(filepath.Join("..", "config", "manager", "deployment.yaml"), &deployment)
	Expect(deployment.Spec.Template.Spec.Containers).To(HaveLen(1))
	return deployment.Spec.Template.Spec.Containers[0].Args
}

// componentArgs returns the arguments that the components add.
func componentArgs() []string {
	GinkgoHelper()
	patches, err := filepath.Glob(filepath.Join("..", "config", "components", "*", "patch.yaml"))
	Expect(err).NotTo(HaveOccurred())
	var args []string
	for _, patch := range patches {
		var operations []struct {
			Path  string `json:"path"`
			Value any    `json:"value"`
		}
		readYAML(patch, &operations)
		for _, operation := range operations {
			if strings.HasSuffix(operation.Path, "/args/-") {
				Expect(operation.Value).To(BeAssignableToTypeOf(""), patch)
				args = append(args, operation.Value.(string)) //nolint:forcetypeassert // just checked
			}
		}
	}
	return args
}

func readYAML(path string, into any) {
	GinkgoHelper()
	content, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())
	Expect(yaml.Unmarshal(content, into)).To(Succeed(), path)
}

// settings returns the settings of an installation, with the values that ship.
func settings() map[string]string {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join("..", "config", "manager", "settings.env"))
	Expect(err).NotTo(HaveOccurred())
	all := map[string]string{}
	for line := range strings.Lines(string(content)) {
		if name, value, set := strings.Cut(strings.TrimSpace(line), "="); set && !strings.HasPrefix(name, "#") {
			all[name] = value
		}
	}
	return all
}

// expand replaces variables in arguments as the kubelet does, but fails for unknown ones.
func expand(args []string, settings map[string]string) []string {
	GinkgoHelper()
	expanded := make([]string, 0, len(args))
	for _, arg := range args {
		expanded = append(expanded, variable.ReplaceAllStringFunc(arg, func(reference string) string {
			name := variable.FindStringSubmatch(reference)[1]
			if value, ok := fromSecret[name]; ok {
				return value
			}
			Expect(settings).To(HaveKey(name), "%s in %s", reference, arg)
			return settings[name]
		}))
	}
	return expanded
}
