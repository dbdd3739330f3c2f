// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/setup"
)

// fromSecret are the variables in arguments, which components read from Secrets.
var fromSecret = map[string]string{"GATEWAY_URL": "https://sms.acme.example/messages"}

var variable = regexp.MustCompile(`\$\(([A-Z_]+)\)`)

// deployments are those of config/default, with what runs in them.
var deployments = map[string]setup.Component{
	"usher-controller-manager": setup.ComponentControllers, "usher-portal": setup.ComponentPortal,
}

var _ = Describe("The Deployments' arguments", func() {
	BeforeEach(func() { GinkgoT().Setenv("POD_NAMESPACE", "usher-system") })

	It("are valid with the configuration that ships", func() {
		for name, component := range deployments {
			options, err := parsed(expand(deploymentArgs(name))...)
			Expect(err).NotTo(HaveOccurred())
			Expect(options.Validate()).To(Succeed())
			Expect(options.LeaderElection).To(BeTrue(), "there are two replicas")
			Expect(options.Components).To(ConsistOf(component))
			Expect(options.QuestionsNamespace).To(Equal("usher-system-questions"))
		}
	})

	It("are valid with every component at once", func() {
		args := deploymentArgs("usher-controller-manager")
		components := componentArgs()
		Expect(len(components)).To(BeNumerically(">=", 6))
		options, err := parsed(expand(append(args, components...))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(options.Validate()).To(Succeed())
		Expect(options.Mail.PasswordFile).NotTo(BeEmpty())
		Expect(options.AuditTokenFile).NotTo(BeEmpty())
		Expect(options.IntakeAddress).NotTo(BeEmpty())
		Expect(options.Gateway).NotTo(Equal(gateway.Options{}))
	})

	It("name a configuration that the Deployment mounts", func() {
		configuration := configuration()
		Expect(configuration.Data).To(HaveLen(1))
		file := slices.Collect(maps.Keys(configuration.Data))[0]
		for name := range deployments {
			pod := deployment(name).Spec.Template.Spec
			Expect(pod.Volumes).To(ConsistOf(HaveField("ConfigMap.Name", configuration.Name)))
			mounts := pod.Containers[0].VolumeMounts
			Expect(mounts).To(ConsistOf(HaveField("Name", pod.Volumes[0].Name)))
			Expect(pod.Containers[0].Args).To(ContainElement("--config=" + mounts[0].MountPath + "/" + file))
		}
	})
})

// deployment returns one of config/default.
func deployment(name string) *appsv1.Deployment {
	GinkgoHelper()
	var d appsv1.Deployment
	installed("Deployment", name, &d)
	Expect(d.Spec.Template.Spec.Containers).To(HaveLen(1))
	return &d
}

// configuration returns the ConfigMap of config/default.
func configuration() *corev1.ConfigMap {
	GinkgoHelper()
	var c corev1.ConfigMap
	installed("ConfigMap", "usher-configuration", &c)
	return &c
}

// installed reads an object in config/default.
func installed(kind, name string, into any) {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join("..", "config", "default", "install.yaml"))
	Expect(err).NotTo(HaveOccurred())
	found := 0
	for document := range strings.SplitSeq(string(content), "\n---\n") {
		if strings.Contains("\n"+document, "\nkind: "+kind+"\n") && strings.Contains(document, "\n  name: "+name+"\n") {
			found++
			Expect(yaml.Unmarshal([]byte(document), into)).To(Succeed())
		}
	}
	Expect(found).To(Equal(1), kind)
}

// deploymentArgs returns the arguments of a Deployment, with the configuration in a file.
func deploymentArgs(deploymentName string) []string {
	GinkgoHelper()
	var args []string
	for _, arg := range deployment(deploymentName).Spec.Template.Spec.Containers[0].Args {
		if path, is := strings.CutPrefix(arg, "--config="); is {
			name := filepath.Base(path)
			path = filepath.Join(GinkgoT().TempDir(), name)
			Expect(os.WriteFile(path, []byte(configuration().Data[name]), 0o600)).To(Succeed())
			arg = "--config=" + path
		}
		args = append(args, arg)
	}
	return args
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

// expand replaces variables in arguments as the kubelet does, but fails for unknown ones.
func expand(args []string) []string {
	GinkgoHelper()
	expanded := make([]string, 0, len(args))
	for _, arg := range args {
		expanded = append(expanded, variable.ReplaceAllStringFunc(arg, func(reference string) string {
			name := variable.FindStringSubmatch(reference)[1]
			Expect(fromSecret).To(HaveKey(name), "%s in %s", reference, arg)
			return fromSecret[name]
		}))
	}
	return expanded
}
