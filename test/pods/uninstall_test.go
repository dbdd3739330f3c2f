// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// What a removal leaves of the samples: the ClusterRole of a module and the namespaces of the workspaces, which say whose they were.
var retained = []string{"ClusterRole//remote-support", "Namespace//acme-sales", "Namespace//acme-support"}

const (
	// acme is the organization of the samples. Its queues may be at acme.example.
	acme = "acme"

	removing      = "## Removing it"
	removingFirst = "### If the operator was removed first"
)

var _ = Describe("A removal by the commands of docs/install.md", Ordered, func() {
	var typed session

	BeforeEach(func(ctx context.Context) {
		typed = newSession()
		uninstall(ctx)
		installToday(ctx)
		env.kubectl(ctx, "apply", "-f", filepath.Join(env.root, "config", "samples"))
		env.kubectl(ctx, "wait", "-n", acme, "org,ou,inv,ws", "--all", "--for=condition=Ready", "--timeout=120s")
		Expect(env.admin.Create(ctx, workOfAPerson())).To(Succeed())
		DeferCleanup(uninstall)
	})
	AfterAll(installToday)

	// expectRetained expects that nothing is left but what was to be retained, and the work of people in it.
	expectRetained := func(ctx context.Context, others ...string) {
		GinkgoHelper()
		Eventually(ctx, func() []string { return traces(ctx) }).WithPolling(time.Second).Should(ConsistOf(append(others, retained...)))
		Expect(env.admin.Get(ctx, client.ObjectKeyFromObject(workOfAPerson()), &corev1.ConfigMap{})).To(Succeed())
		env.kubectl(ctx, "delete", "namespace", "acme-sales", "acme-support")
		env.kubectl(ctx, "delete", "clusterrole", "remote-support")
	}

	It("OPS-6 leaves nothing but what was to be retained", long, func(ctx context.Context) {
		commands := section("install.md", removing)
		Expect(commands[0]).To(Equal("kubectl delete namespace acme"))
		typed.run(ctx, commands[0])
		typed.run(ctx, "kubectl delete -k deploy")
		expectRetained(ctx)
	})

	It("OPS-6 leaves nothing but that if the operator went first and is installed again", long, func(ctx context.Context) {
		typed.run(ctx, "kubectl delete -k deploy --wait=false")
		Eventually(ctx, func(g Gomega) { g.Expect(namespace(ctx, g, usherNamespace)).To(BeEmpty()) }).Should(Succeed())
		Expect(env.kubectl(ctx, "get", "ou", "-n", acme)).To(ContainSubstring("ana"), "the objects wait for the operator")

		typed.run(ctx, "kubectl apply --server-side -k deploy")
		typed.run(ctx, "kubectl wait --for=delete crd -l app.kubernetes.io/part-of=usher --timeout=120s")
		typed.run(ctx, "kubectl delete -k deploy --ignore-not-found")
		typed.run(ctx, "kubectl delete namespace acme")
		expectRetained(ctx)
	})

	It("OPS-6 leaves nothing but that if the operator cannot be installed again and its webhooks are unreachable", long, func(ctx context.Context) {
		env.kubectl(ctx, "scale", "deployment", "-n", usherNamespace, "--all", "--replicas=0")
		settle(ctx)
		typed.run(ctx, "kubectl delete crd -l app.kubernetes.io/part-of=usher --wait=false")
		commands := section("install.md", removingFirst)
		for i, command := range commands {
			if i == 0 {
				typed.run(ctx, command)
				continue
			}
			// The API server takes a moment to notice that the webhooks are gone.
			Eventually(ctx, func() error { return typed.try(ctx, command) }).WithPolling(time.Second).Should(Succeed())
		}
		typed.run(ctx, "kubectl wait --for=delete crd -l app.kubernetes.io/part-of=usher --timeout=60s")
		typed.run(ctx, "kubectl delete -k deploy --ignore-not-found")
		typed.run(ctx, "kubectl delete namespace acme")
		expectRetained(ctx)
	})
})

// workOfAPerson is what somebody has put into the namespace of a workspace.
func workOfAPerson() *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "acme-support", Name: "work"}}
}

// uninstall removes everything: the organizations, then Usher.
func uninstall(ctx context.Context) {
	GinkgoHelper()
	crew = nil
	var organizations v1alpha1.OrganizationList
	if err := env.admin.List(ctx, &organizations); err == nil { // without Usher, there are none
		for _, o := range organizations.Items {
			env.kubectl(ctx, "delete", "namespace", o.Namespace)
		}
	}
	env.kubectl(ctx, "delete", "namespace", "-l", v1alpha1.LabelOrganization)
	env.kubectl(ctx, "delete", "--ignore-not-found", "-k", filepath.Join(env.dir, "overlay"))
	Eventually(ctx, func(g Gomega) { g.Expect(namespace(ctx, g, usherNamespace)).To(BeEmpty()) }).Should(Succeed())
}

// namespace returns a namespace, or nothing if it does not exist.
func namespace(ctx context.Context, g Gomega, name string) []corev1.Namespace {
	var namespaces corev1.NamespaceList
	g.Expect(env.admin.List(ctx, &namespaces, client.MatchingFields{"metadata.name": name})).To(Succeed())
	return namespaces.Items
}
