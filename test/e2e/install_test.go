// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/operator"
)

// bundle holds those parts of an overlay of config/default with some components that refer to one another.
type bundle struct {
	text       string
	deployment appsv1.Deployment
	services   map[string]corev1.Service
	budget     policyv1.PodDisruptionBudget
	networks   []networkingv1.NetworkPolicy
	accounts   []string
	subjects   []rbacv1.Subject
	webhooks   []admissionv1.WebhookClientConfig
}

var _ = Describe("The installation", func() {
	DescribeTable("is accepted by the API server, including its pods, and its parts are consistent,", func(ctx context.Context, components ...string) {
		b := render(ctx, components...)
		_, warnings, err := env.KubectlInput(ctx, b.text, "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-")
		Expect(err).NotTo(HaveOccurred())
		Expect(warnings).To(BeEmpty())
		b.runsRestricted(ctx)
		b.isConsistent()
	},
		Entry("without components"),
		Entry("with audit events", "audit-events"),
		Entry("with a phone gateway", "gateway"),
		Entry("with a mail intake", "intake"),
		Entry("with a mail server that requires a password", "smtp-auth"),
		Entry("with all components", "audit-events", "gateway", "intake", "smtp-auth"),
	)

	It("is tested with every component", func() {
		folders, err := filepath.Glob(filepath.Join(root(), "config", "components", "*"))
		Expect(err).NotTo(HaveOccurred())
		Expect(folders).To(HaveLen(4), "add an entry for the new component")
	})
})

// render builds an overlay as documented in docs/install.md.
func render(ctx context.Context, components ...string) *bundle {
	GinkgoHelper()
	dir := GinkgoT().TempDir()
	relative := func(parts ...string) string {
		path, err := filepath.Rel(dir, filepath.Join(append([]string{root(), "config"}, parts...)...))
		Expect(err).NotTo(HaveOccurred())
		return path
	}
	overlay := fmt.Sprintf("resources: [%s]\ncomponents:\n", relative("default"))
	for _, component := range components {
		overlay += fmt.Sprintf("- %s\n", relative("components", component))
	}
	Expect(os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(overlay), 0o600)).To(Succeed())
	text, _, err := env.Kubectl(ctx, "kustomize", dir)
	Expect(err).NotTo(HaveOccurred())
	b := &bundle{text: text, services: map[string]corev1.Service{}}
	for document := range strings.SplitSeq(text, "\n---\n") {
		b.add(document)
	}
	return b
}

func (b *bundle) add(document string) {
	GinkgoHelper()
	read := func(into any) { Expect(yaml.Unmarshal([]byte(document), into)).To(Succeed()) }
	var kind metav1.TypeMeta
	read(&kind)
	switch kind.Kind {
	case "Deployment":
		read(&b.deployment)
	case "Service":
		var s corev1.Service
		read(&s)
		b.services[s.Name] = s
	case "PodDisruptionBudget":
		read(&b.budget)
	case "NetworkPolicy":
		var n networkingv1.NetworkPolicy
		read(&n)
		b.networks = append(b.networks, n)
	case "ServiceAccount":
		var a corev1.ServiceAccount
		read(&a)
		b.accounts = append(b.accounts, a.Name)
	case "RoleBinding", "ClusterRoleBinding":
		var binding rbacv1.RoleBinding
		read(&binding)
		b.subjects = append(b.subjects, binding.Subjects...)
	case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
		// Both kinds have the inspected fields in the same place.
		var configuration admissionv1.ValidatingWebhookConfiguration
		read(&configuration)
		for _, w := range configuration.Webhooks {
			b.webhooks = append(b.webhooks, w.ClientConfig)
		}
	}
}

// runsRestricted checks that the operator's namespace, which enforces the Pod Security Standard "restricted", accepts the pod.
func (b *bundle) runsRestricted(ctx context.Context) {
	GinkgoHelper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, GenerateName: "usher-", Labels: b.deployment.Spec.Template.Labels},
		Spec:       *b.deployment.Spec.Template.Spec.DeepCopy(),
	}
	Expect(env.Client.Create(ctx, pod.DeepCopy(), client.DryRunAll)).To(Succeed())
	pod.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = new(true)
	Expect(env.Client.Create(ctx, pod, client.DryRunAll)).To(MatchError(ContainSubstring(`violates PodSecurity "restricted:latest"`)))
}

// isConsistent checks what the API server does not check: names, ports, selectors and volumes.
func (b *bundle) isConsistent() {
	GinkgoHelper()
	template := b.deployment.Spec.Template
	container := template.Spec.Containers[0]
	ports := make([]string, 0, len(container.Ports))
	for _, port := range container.Ports {
		ports = append(ports, port.Name)
	}
	Expect(b.budget.Spec.Selector.MatchLabels).To(Equal(b.deployment.Spec.Selector.MatchLabels))
	Expect(b.services).NotTo(BeEmpty())
	for name, service := range b.services {
		Expect(service.Spec.Selector).To(Equal(b.deployment.Spec.Selector.MatchLabels), name)
		for _, port := range service.Spec.Ports {
			Expect(ports).To(ContainElement(port.TargetPort.StrVal), name)
		}
	}
	Expect(b.webhooks).To(HaveLen(6))
	options := setup.Options{Namespace: operator.Namespace}
	for _, webhook := range b.webhooks {
		Expect(webhook.Service.Namespace).To(Equal(operator.Namespace))
		Expect(b.services).To(HaveKey(webhook.Service.Name))
		Expect(b.services[webhook.Service.Name].Spec.Ports).To(ConsistOf(HaveField("Port", ptr.Deref(webhook.Service.Port, 443))))
		Expect(options.DNSNames()).To(ContainElement(webhook.Service.Name + "." + operator.Namespace + ".svc"))
	}
	Expect(b.accounts).To(ConsistOf(template.Spec.ServiceAccountName))
	for _, subject := range b.subjects {
		Expect(subject).To(And(HaveField("Name", template.Spec.ServiceAccountName), HaveField("Namespace", operator.Namespace)))
	}
	b.opensAllPorts(ports)
	b.mountsWhatItReads(container)

	Expect(container.Lifecycle.PreStop.Sleep.Seconds).To(BeNumerically(">", 0), "it answers until it no longer receives requests")
}

// opensAllPorts checks that the NetworkPolicies name all ports, because they close those that they do not name.
func (b *bundle) opensAllPorts(ports []string) {
	GinkgoHelper()
	var open []string
	for _, network := range b.networks {
		Expect(network.Spec.PodSelector.MatchLabels).To(Equal(b.deployment.Spec.Selector.MatchLabels))
		for _, rule := range network.Spec.Ingress {
			for _, port := range rule.Ports {
				open = append(open, ptr.Deref(port.Port, intstr.IntOrString{}).StrVal)
			}
		}
	}
	Expect(open).To(ConsistOf(ports))
}

// mountsWhatItReads checks that each path in an argument is on a volume, because the image's file system is read-only.
func (b *bundle) mountsWhatItReads(container corev1.Container) {
	GinkgoHelper()
	volumes := make([]string, 0, len(b.deployment.Spec.Template.Spec.Volumes))
	for _, volume := range b.deployment.Spec.Template.Spec.Volumes {
		volumes = append(volumes, volume.Name)
	}
	mounts := make([]string, 0, len(container.VolumeMounts))
	for _, mount := range container.VolumeMounts {
		Expect(volumes).To(ContainElement(mount.Name))
		mounts = append(mounts, mount.MountPath)
	}
	Expect(mounts).To(HaveLen(len(volumes)))
	for _, arg := range container.Args {
		if _, path, is := strings.Cut(arg, "=/"); is {
			Expect(slices.ContainsFunc(mounts, func(mount string) bool {
				return "/"+path == mount || strings.HasPrefix("/"+path, mount+"/")
			})).To(BeTrue(), arg)
		}
	}
}
