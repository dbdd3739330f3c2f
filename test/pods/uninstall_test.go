// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"path/filepath"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// acme is the organization of the samples. Its queues may be at acme.example.
const acme = "acme"

var _ = Describe("A removal by the commands of docs/uninstall.md", Ordered, func() {
	const (
		organizations = "## The organizations"
		kustomized    = "### Installed with kustomize"
		first         = "## If Usher was removed first"
		firstForGood  = "### If it cannot be installed again"
	)
	var (
		typed  session
		before []string
	)

	BeforeEach(func(ctx context.Context) {
		typed = newSession()
		uninstall(ctx)
		before = inventory(ctx)
		installToday(ctx)
		prepareSamples(ctx)
	})
	AfterAll(func(ctx context.Context) {
		uninstall(ctx)
		installToday(ctx)
	})

	It("OPS-6 leaves nothing but what was to be retained", long, func(ctx context.Context) {
		commands := section("uninstall.md", organizations)
		deleteOrganization, list, deleteWorkspaces := commands[0], commands[1], commands[2]
		typed.run(ctx, deleteOrganization)
		Expect(typed.run(ctx, list)).To(Equal("No resources found\n"))
		typed.all(ctx, section("uninstall.md", kustomized))
		expectLeft(ctx, before, retained()...)
		expectWorkOfAPerson(ctx)
		typed.run(ctx, deleteWorkspaces)
		expectLeft(ctx, before, grantable)
	})

	It("OPS-6 leaves nothing but that if the operator went first and is installed again", long, func(ctx context.Context) {
		stop(ctx)
		typed.run(ctx, "kubectl delete -k deploy --wait=false")
		Expect(env.kubectl(ctx, "get", "org,ou,og,inv,ws", "-n", acme, "-o", "name")).To(And(
			ContainSubstring("organization"), ContainSubstring("orguser"), ContainSubstring("invitation"), ContainSubstring("workspace")),
			"the objects wait for the operator")

		typed.all(ctx, section("uninstall.md", first)[:1])
		typed.run(ctx, section("uninstall.md", organizations)[0])
		expectLeft(ctx, before, retained()...)
		expectWorkOfAPerson(ctx)
	})

	It("OPS-6 leaves nothing but that if the operator cannot be installed again and its webhooks are unreachable", long, func(ctx context.Context) {
		stop(ctx)
		typed.run(ctx, "kubectl delete crd -l app.kubernetes.io/part-of=usher --wait=false")
		for i, script := range section("uninstall.md", firstForGood) {
			if i == 0 {
				typed.run(ctx, script)
				continue
			}
			// The API server takes a moment to notice that the webhooks are gone; the page says to repeat the script.
			Eventually(ctx, func() error { return typed.try(ctx, script) }).WithPolling(lookInterval).Should(Succeed())
		}
		typed.run(ctx, "kubectl wait --for=delete crd -l app.kubernetes.io/part-of=usher --timeout=60s")
		typed.run(ctx, section("uninstall.md", kustomized)[0]+" --ignore-not-found")
		typed.run(ctx, section("uninstall.md", organizations)[0])
		expectLeft(ctx, before, retained()...)
		expectWorkOfAPerson(ctx)
	})
})

// grantable is the ClusterRole of the samples' module.
const grantable = "ClusterRole//remote-support"

// retained is what a removal leaves of the samples: the ClusterRole of a module, and the namespaces of the workspaces with what people
// have put there.
func retained() []string {
	return slices.Concat([]string{grantable, "ConfigMap/acme-support/work"}, withDefaults("acme-sales"), withDefaults("acme-support"))
}

// prepareSamples applies the samples, and puts something into a workspace as a person does.
func prepareSamples(ctx context.Context) {
	GinkgoHelper()
	env.kubectl(ctx, "apply", "-f", filepath.Join(env.root, "config", "samples"))
	env.kubectl(ctx, "wait", "-n", acme, "org,ou,og,inv,ws", "--all", "--for=condition=Ready", "--timeout=120s")
	Expect(env.admin.Create(ctx, workOfAPerson())).To(Succeed())
}

func expectWorkOfAPerson(ctx context.Context) {
	GinkgoHelper()
	Expect(env.admin.Get(ctx, client.ObjectKeyFromObject(workOfAPerson()), &corev1.ConfigMap{})).To(Succeed())
}

// stop scales all Deployments to nothing, and returns when no pod is left.
func stop(ctx context.Context) {
	GinkgoHelper()
	env.kubectl(ctx, "scale", "deployment", "-n", usherNamespace, "--all", "--replicas=0")
	settle(ctx)
}

// workOfAPerson is what somebody has put into the namespace of a workspace.
func workOfAPerson() *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "acme-support", Name: "work"}}
}

// uninstall removes everything: the organizations, then Usher.
func uninstall(ctx context.Context) {
	GinkgoHelper()
	deleteOrganizations(ctx)
	env.kubectl(ctx, "delete", "--ignore-not-found", "-k", filepath.Join(env.dir, "overlay"))
	Eventually(ctx, func(g Gomega) { g.Expect(namespace(ctx, g, usherNamespace)).To(BeEmpty()) }).Should(Succeed())
}

// deleteOrganizations deletes all organizations and what they leave.
func deleteOrganizations(ctx context.Context) {
	GinkgoHelper()
	crew = nil
	var organizations v1alpha1.OrganizationList
	if err := env.admin.List(ctx, &organizations); err == nil { // without Usher, there are none
		for _, o := range organizations.Items {
			env.kubectl(ctx, "delete", "namespace", o.Namespace)
		}
	}
	env.kubectl(ctx, "delete", "namespace", "-l", v1alpha1.LabelOrganization)
	env.kubectl(ctx, "delete", "clusterrole", "-l", v1alpha1.LabelGrantable)
}

// namespace returns a namespace, or nothing if it does not exist.
func namespace(ctx context.Context, g Gomega, name string) []corev1.Namespace {
	var namespaces corev1.NamespaceList
	g.Expect(env.admin.List(ctx, &namespaces, client.MatchingFields{"metadata.name": name})).To(Succeed())
	return namespaces.Items
}
