// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chart_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
)

const (
	release   = "any"
	namespace = "other"
	account   = "usher-controller-manager"
)

// ours selects the objects of an installation.
var ours = client.MatchingLabels{"app.kubernetes.io/part-of": "usher"}

// The operator runs in this process, with the configuration that the chart has made. The API server reaches it by the Service that the
// chart has made, so the certificate has to be for that name; the Service leads to this machine.
var _ = Describe("An installation by Helm under another name, in another namespace", Ordered, func() {
	var usher *operator.Operator

	BeforeAll(func(ctx context.Context) {
		output, err := hlm.Run(ctx, append([]string{"install", release, chart, "-n", namespace, "--create-namespace"}, values()...)...)
		Expect(err).NotTo(HaveOccurred())
		GinkgoWriter.Println(output)
		Expect(output).To(ContainSubstring("kubectl -n other rollout status deployment/usher-controller-manager"))
		leadHere(ctx)
		usher, err = operator.StartWith(ctx, accountConfig(ctx, namespace), rendered(ctx, namespace))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(usher.Stop()).To(Succeed()) })
	})

	It("OPS-1 has webhooks that the API server reaches and trusts, and that refuse", func(ctx context.Context) {
		Expect(env.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "acme"}})).To(Succeed())
		wrong := builders.Organization("beta").Obj()
		wrong.Namespace = "acme"
		Expect(env.Client.Create(ctx, wrong)).To(MatchError(ContainSubstring("beta")))
		Expect(env.Client.Create(ctx, builders.Organization("acme").Obj())).To(Succeed())
		err := env.As("ops@platform.example").Create(ctx, builders.OrgUser("acme", "eve").Obj())
		Expect(err).To(MatchError(apierrors.IsForbidden, "IsForbidden"))
	})

	It("OPS-1 gives access: its own policies let the operator bind and label, and only the operator", func(ctx context.Context) {
		ana := builders.OrgUser("acme", "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Workspace("sales", v1alpha1.WorkspaceAdmin).Obj()
		Expect(env.Client.Create(ctx, ana)).To(Succeed())
		Expect(env.Client.Create(ctx, builders.Workspace("acme", "sales").DeletedWithNamespace().Obj())).To(Succeed())
		var given rbacv1.RoleBindingList
		Eventually(func(g Gomega, ctx context.Context) {
			g.Expect(env.Client.List(ctx, &given, client.InNamespace("acme-sales"))).To(Succeed())
			g.Expect(given.Items).To(ContainElement(HaveField("RoleRef.Name", "admin")))
		}).WithContext(ctx).Should(Succeed())

		By("changing it as an administrator of the workspace")
		given.Items[0].Labels["more"] = "access"
		Expect(env.As(string(ana.Spec.Email)).Update(ctx, &given.Items[0])).To(MatchError(ContainSubstring("belong to Usher")))

		By("binding in a namespace that is no workspace's, with the operator's token")
		theirs, err := client.New(accountConfig(ctx, namespace), client.Options{Scheme: env.Scheme})
		Expect(err).NotTo(HaveOccurred())
		Expect(theirs.Create(ctx, binding("kube-system"))).To(MatchError(ContainSubstring("the operator binds ClusterRoles other than")))

		By("calling an account of the same name in the usual namespace the operator, which it is not here")
		impostor := env.As("system:serviceaccount:usher-system:" + account)
		Expect(impostor.Create(ctx, binding("acme-sales"))).To(MatchError(apierrors.IsForbidden, "IsForbidden"))
	})

	It("OPS-1 refuses a second installation by Helm, and says where the first is", func(ctx context.Context) {
		for _, in := range []string{"elsewhere", namespace} {
			output, err := hlm.Run(ctx, append([]string{"install", "second", chart, "-n", in, "--create-namespace"}, values()...)...)
			Expect(err).To(MatchError(ContainSubstring("the namespace other has Usher already, as release any, and a cluster can have one")), output)
		}
		Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: "elsewhere", Name: account}, &corev1.ServiceAccount{})).
			To(MatchError(apierrors.IsNotFound, "IsNotFound"))
	})

	It("OPS-1 keeps an operator that kubectl has installed from running, and recovers what those manifests replaced", func(ctx context.Context) {
		By("applying the manifests for usher-system, as kubectl does unless it is told to take care")
		_, _, err := env.Kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", "../../config/default/install.yaml")
		Expect(err).NotTo(HaveOccurred())
		options := rendered(ctx, "usher-system")
		_, err = setup.NewManager(ctx, accountConfig(ctx, "usher-system"), options)
		Expect(err).To(MatchError(And(ContainSubstring("the namespace other has Usher already"),
			ContainSubstring("delete the namespace usher-system and nothing else, then repeat the installation in other"))))

		By("doing what it says")
		_, _, err = env.Kubectl(ctx, "delete", "namespace", "usher-system")
		Expect(err).NotTo(HaveOccurred())
		_, err = hlm.Run(ctx, append([]string{"upgrade", release, chart, "-n", namespace, "--force-conflicts"}, values()...)...)
		Expect(err).NotTo(HaveOccurred())
		leadHere(ctx)
		Eventually(func(ctx context.Context) error {
			return env.Client.Create(ctx, builders.OrgUser("acme", "mia").Existing().Workspace("sales", v1alpha1.WorkspaceView).Obj())
		}).WithContext(ctx).Should(Succeed())
		Eventually(func(g Gomega, ctx context.Context) {
			var given rbacv1.RoleBindingList
			g.Expect(env.Client.List(ctx, &given, client.InNamespace("acme-sales"))).To(Succeed())
			g.Expect(given.Items).To(ContainElement(HaveField("RoleRef.Name", "view")))
		}).WithContext(ctx).Should(Succeed())
	})

	It("OPS-1 is upgraded and rolled back: each brings its configuration along, in the one ConfigMap", func(ctx context.Context) {
		former := configuration(ctx, namespace)
		changed := append([]string{"upgrade", release, chart, "-n", namespace, "--set", "configuration.mail.rate=7"}, values()...)
		_, err := hlm.Run(ctx, changed...)
		Expect(err).NotTo(HaveOccurred())
		Expect(configuration(ctx, namespace)).To(ContainSubstring("rate: 7"))
		_, err = hlm.Run(ctx, "rollback", release, "-n", namespace)
		Expect(err).NotTo(HaveOccurred())
		Expect(configuration(ctx, namespace)).To(Equal(former))
		var all corev1.ConfigMapList
		Expect(env.Client.List(ctx, &all, client.InNamespace(namespace), ours)).To(Succeed())
		Expect(all.Items).To(HaveLen(1))
	})

	It("OPS-1 fits into Helm's record of a release, which is at most 1 MiB", func(ctx context.Context) {
		var records corev1.SecretList
		Expect(env.Client.List(ctx, &records, client.InNamespace(namespace), client.MatchingLabels{"owner": "helm"})).To(Succeed())
		Expect(records.Items).NotTo(BeEmpty())
		size := len(records.Items[0].Data["release"])
		GinkgoWriter.Println("bytes of the record:", size)
		Expect(size).To(BeNumerically("<", 1<<19), "half of what fits")
	})

	It("OPS-6 leaves the kinds and all organizations when it is uninstalled, and nothing else in the cluster", func(ctx context.Context) {
		Expect(usher.Stop()).To(Succeed()) // as its pods do
		_, err := hlm.Run(ctx, "uninstall", release, "-n", namespace)
		Expect(err).NotTo(HaveOccurred())
		left, _, err := env.Kubectl(ctx, "get", "-o", "name", "-l", "app.kubernetes.io/part-of=usher",
			"crd,clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings,"+
				"validatingwebhookconfigurations,mutatingwebhookconfigurations")
		Expect(err).NotTo(HaveOccurred())
		Expect(left).To(Equal("customresourcedefinition.apiextensions.k8s.io/invitations.accounts.usher.dev\n" +
			"customresourcedefinition.apiextensions.k8s.io/organizations.accounts.usher.dev\n" +
			"customresourcedefinition.apiextensions.k8s.io/orggroups.accounts.usher.dev\n" +
			"customresourcedefinition.apiextensions.k8s.io/orgusers.accounts.usher.dev\n" +
			"customresourcedefinition.apiextensions.k8s.io/workspaces.accounts.usher.dev\n"))
		Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: "acme", Name: "acme"}, &v1alpha1.Organization{})).To(Succeed())
	})

	It("OPS-6 takes the kinds that an uninstalled release has left into a release of any name and namespace", func(ctx context.Context) {
		_, err := hlm.Run(ctx, append([]string{"install", "new", chart, "-n", "new", "--create-namespace", "--take-ownership"}, values()...)...)
		Expect(err).NotTo(HaveOccurred())
		_, err = hlm.Run(ctx, "uninstall", "new", "-n", "new")
		Expect(err).NotTo(HaveOccurred())
	})

	It("OPS-4 goes back by kubectl without a conflict, by applying the former manifest", func(ctx context.Context) {
		former, err := os.ReadFile("../../config/default/install.yaml")
		Expect(err).NotTo(HaveOccurred())
		next := strings.NewReplacer("image: usher:latest", "image: usher:next", "smtp.mail.example:587", "smtp.mail.example:465").Replace(string(former))
		for _, manifest := range []string{string(former), next, string(former)} {
			_, _, err := env.KubectlInput(ctx, manifest, "apply", "--server-side", "-f", "-")
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(configuration(ctx, "usher-system")).To(ContainSubstring("smtp.mail.example:587"))
		image, _, err := env.Kubectl(ctx, "get", "deployment", account, "-n", "usher-system", "-o", "jsonpath={..image}")
		Expect(err).NotTo(HaveOccurred())
		Expect(image).To(Equal("usher:latest"))
	})

	It("OPS-1 takes an installation by kubectl into a release", func(ctx context.Context) {
		_, err := hlm.Run(ctx, "install", "usher", chart, "-n", "usher-system", "--take-ownership", "--force-conflicts",
			"-f", "config/chart/ci/minimal-values.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(configuration(ctx, "usher-system")).To(ContainSubstring("https://usher.acme.example"))
	})
})

// values returns flags by which Helm renders a configuration for an operator on this machine.
func values() []string {
	GinkgoHelper()
	address := func() string {
		a, err := ports.Address()
		Expect(err).NotTo(HaveOccurred())
		return a
	}
	portal := address()
	return []string{
		"--set", "configuration.webhooks.host=" + env.WebhookHost,
		"--set", "configuration.webhooks.port=" + strconv.Itoa(env.WebhookPort),
		"--set", "configuration.health.bindAddress=" + address(),
		"--set", "configuration.portal.bindAddress=" + portal,
		"--set", "configuration.portal.url=http://" + portal,
		"--set-string", "configuration.metrics.bindAddress=0",
		"--set", "configuration.mail.from=usher@usher.example",
		"--set", "configuration.mail.smtp.address=" + box.Addr(),
		"--set", "configuration.mail.smtp.tls=None",
	}
}

// leadHere makes the Service of the webhooks lead to this machine.
func leadHere(ctx context.Context) {
	GinkgoHelper()
	_, _, err := env.Kubectl(ctx, "patch", "service", "usher-webhook-service", "-n", namespace, "--type=merge",
		"-p", `{"spec":{"type":"ExternalName","externalName":"`+env.WebhookHost+`","clusterIP":null,"clusterIPs":null}}`)
	Expect(err).NotTo(HaveOccurred())
	var validating admissionv1.ValidatingWebhookConfigurationList
	Expect(env.Client.List(ctx, &validating, ours)).To(Succeed())
	for i := range validating.Items {
		for w := range validating.Items[i].Webhooks {
			validating.Items[i].Webhooks[w].ClientConfig.Service.Port = new(int32(env.WebhookPort))
		}
		Expect(env.Client.Update(ctx, &validating.Items[i])).To(Succeed())
	}
	var mutating admissionv1.MutatingWebhookConfigurationList
	Expect(env.Client.List(ctx, &mutating, ours)).To(Succeed())
	for i := range mutating.Items {
		for w := range mutating.Items[i].Webhooks {
			mutating.Items[i].Webhooks[w].ClientConfig.Service.Port = new(int32(env.WebhookPort))
		}
		Expect(env.Client.Update(ctx, &mutating.Items[i])).To(Succeed())
	}
}

// configuration returns the file that a release has in a namespace.
func configuration(ctx context.Context, in string) string {
	GinkgoHelper()
	var c corev1.ConfigMap
	Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: in, Name: "usher-configuration"}, &c)).To(Succeed())
	return c.Data["usher.yaml"]
}

// rendered returns the options of an operator in a namespace, as its pods read them.
func rendered(ctx context.Context, in string) setup.Options {
	GinkgoHelper()
	path := filepath.Join(GinkgoT().TempDir(), "usher.yaml")
	Expect(os.WriteFile(path, []byte(configuration(ctx, in)), 0o600)).To(Succeed())
	options, err := setup.LoadOptions(path)
	Expect(err).NotTo(HaveOccurred())
	options.Namespace, options.SkipNameValidation = in, true
	return options
}
