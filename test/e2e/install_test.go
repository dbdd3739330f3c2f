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
	k8slabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/operator"
)

// bundle holds those parts of an overlay of config/default with some components that refer to one another.
type bundle struct {
	text        string
	deployments map[string]appsv1.Deployment
	services    map[string]corev1.Service
	budgets     map[string]policyv1.PodDisruptionBudget
	networks    []networkingv1.NetworkPolicy
	accounts    []string
	subjects    []rbacv1.Subject
	webhooks    []admissionv1.WebhookClientConfig
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

	DescribeTable("OPS-3 gives the mail server's password only to what sends mails:", func(ctx context.Context, portal bool, components ...string) {
		b := render(ctx, components...)
		b.isConsistent()
		sends := map[string]bool{}
		for name, deployment := range b.deployments {
			sends[name] = slices.ContainsFunc(deployment.Spec.Template.Spec.Volumes, func(v corev1.Volume) bool {
				return v.Secret != nil && v.Secret.SecretName == "usher-smtp"
			})
		}
		Expect(sends).To(Equal(map[string]bool{"usher-controller-manager": true, "usher-portal": portal}))
	},
		Entry("not to a portal without an intake", false, "smtp-auth"),
		Entry("to one with an intake", true, "intake", "smtp-auth"),
		Entry("to one with an intake, in the other order", true, "smtp-auth", "intake"),
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
	b := &bundle{
		text: text, services: map[string]corev1.Service{}, deployments: map[string]appsv1.Deployment{},
		budgets: map[string]policyv1.PodDisruptionBudget{},
	}
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
		var d appsv1.Deployment
		read(&d)
		b.deployments[d.Name] = d
	case "Service":
		var s corev1.Service
		read(&s)
		b.services[s.Name] = s
	case "PodDisruptionBudget":
		var p policyv1.PodDisruptionBudget
		read(&p)
		b.budgets[p.Name] = p
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

// runsRestricted checks that the operator's namespace, which enforces the Pod Security Standard "restricted", accepts the pods.
func (b *bundle) runsRestricted(ctx context.Context) {
	GinkgoHelper()
	for _, deployment := range b.deployments {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, GenerateName: "usher-", Labels: deployment.Spec.Template.Labels},
			Spec:       *deployment.Spec.Template.Spec.DeepCopy(),
		}
		Expect(env.Client.Create(ctx, pod.DeepCopy(), client.DryRunAll)).To(Succeed())
		pod.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = new(true)
		Expect(env.Client.Create(ctx, pod, client.DryRunAll)).To(MatchError(ContainSubstring(`violates PodSecurity "restricted:latest"`)))
	}
}

// isConsistent checks what the API server does not check: names, ports, selectors and volumes.
func (b *bundle) isConsistent() {
	GinkgoHelper()
	Expect(b.deployments).To(HaveLen(2))
	Expect(b.budgets).To(HaveLen(2))
	Expect(b.accounts).To(ConsistOf("usher-controller-manager", "usher-portal"))
	served := 0
	for name, deployment := range b.deployments {
		Expect(deployment.Spec.Template.Spec.ServiceAccountName).To(Equal(name))
		container, labels, ports := deployment.Spec.Template.Spec.Containers[0], deployment.Spec.Template.Labels, portsOf(&deployment)
		Expect(b.budgets[name].Spec.Selector.MatchLabels).To(Equal(deployment.Spec.Selector.MatchLabels))
		for name, service := range b.services {
			if !matches(service.Spec.Selector, labels) || !slices.Contains(ports, service.Spec.Ports[0].TargetPort.StrVal) {
				continue // it leads to the pods of either component that have its port
			}
			served++
			for _, port := range service.Spec.Ports {
				Expect(ports).To(ContainElement(port.TargetPort.StrVal), name)
			}
		}
		b.opensAllPorts(labels, ports)
		mountsWhatItReads(&deployment)
		Expect(container.Lifecycle.PreStop.Sleep.Seconds).To(BeNumerically(">", 0), "it answers until it no longer receives requests")
	}
	Expect(served).To(Equal(len(b.services)), "a Service selects no pods")
	Expect(b.webhooks).To(HaveLen(8))
	options := setup.Options{Namespace: operator.Namespace}
	for _, webhook := range b.webhooks {
		Expect(webhook.Service.Namespace).To(Equal(operator.Namespace))
		Expect(b.services).To(HaveKey(webhook.Service.Name))
		Expect(b.services[webhook.Service.Name].Spec.Ports).To(ConsistOf(HaveField("Port", ptr.Deref(webhook.Service.Port, 443))))
		Expect(options.DNSNames()).To(ContainElement(webhook.Service.Name + "." + operator.Namespace + ".svc"))
	}
	for _, subject := range b.subjects {
		Expect(subject).To(And(HaveField("Name", BeElementOf(b.accounts)), HaveField("Namespace", operator.Namespace)))
	}
}

// portsOf returns the names of the ports of a Deployment's pods.
func portsOf(deployment *appsv1.Deployment) []string {
	var ports []string
	for _, port := range deployment.Spec.Template.Spec.Containers[0].Ports {
		ports = append(ports, port.Name)
	}
	return ports
}

// matches reports whether a selector selects pods with labels.
func matches(selector, labels map[string]string) bool {
	return k8slabels.SelectorFromSet(selector).Matches(k8slabels.Set(labels))
}

// opensAllPorts checks that the NetworkPolicies of some pods name all their ports, because they close those that they do not name, and
// besides them only ports that pods of the other component have: a former version's may have them.
func (b *bundle) opensAllPorts(labels map[string]string, ports []string) {
	GinkgoHelper()
	var open, known []string
	for _, network := range b.networks {
		if !matches(network.Spec.PodSelector.MatchLabels, labels) {
			continue
		}
		for _, rule := range network.Spec.Ingress {
			for _, port := range rule.Ports {
				open = append(open, ptr.Deref(port.Port, intstr.IntOrString{}).StrVal)
			}
		}
	}
	for _, deployment := range b.deployments {
		known = append(known, portsOf(&deployment)...)
	}
	Expect(open).To(ContainElements(ports))
	Expect(known).To(ContainElements(open))
}

// mountsWhatItReads checks that each path in an argument is on a volume, because the image's file system is read-only.
func mountsWhatItReads(deployment *appsv1.Deployment) {
	GinkgoHelper()
	pod := deployment.Spec.Template.Spec
	container := pod.Containers[0]
	volumes := make([]string, 0, len(pod.Volumes))
	for _, volume := range pod.Volumes {
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
