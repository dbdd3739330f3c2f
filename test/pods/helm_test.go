// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/helm"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// helmValues are the values of a release on this cluster. The chart's own NetworkPolicies hold.
const helmValues = `image:
  repository: %s
  tag: %s
configuration:
%s
`

var _ = Describe("A release of the Helm chart", func() {
	It("OPS-1 OPS-6 plays the story of the README, is upgraded, and leaves what was to be retained", long, func(ctx context.Context) {
		values := valuesOf(configuration(ctx))
		typed := helmSession(ctx, values)
		before := empty(ctx)

		By("installing it and creating an organization, as docs/install.md begins")
		env.forgetMails()
		typed.all(ctx, section("install.md", "# Installing")[:3])
		linkTo("ana", "/i/")
		settle(ctx)
		playStory(ctx)

		By("upgrading it to changed values")
		access := granted(ctx)
		typed.write(strings.Replace(values, "from: usher@", "from: reception@", 1)+"portal:\n  replicas: 1\n", "values.yaml")
		typed.run(ctx, "helm upgrade usher config/chart -n usher-system --values values.yaml --wait")
		settle(ctx)
		Expect(usherPods(ctx, "portal")).To(HaveLen(1))
		Expect(usherPods(ctx, "controller-manager")).To(HaveLen(2))
		Expect(granted(ctx)).To(Equal(access))
		invite(ctx, "later", "lola")
		Expect(env.mails()).To(ContainElement(And(HaveField("From.Address", "reception@usher.example"),
			WithTransform(func(m mailbox.Message) bool { return m.SentTo("lola@acme.example") }, BeTrue()))))
		expectNothingTwice()

		By("uninstalling it")
		mails := mailed()
		uninstallRelease, deleteRest, _ := strings.Cut(section("uninstall.md", "### Installed with Helm")[0], "\n")
		typed.run(ctx, uninstallRelease)
		expectKept(ctx, before)
		Expect(granted(ctx)).To(Equal(access))
		expectAccess(ctx, "yes")

		By("installing it again, over what the former release has kept")
		typed.run(ctx, section("install.md", "# Installing")[0]+" --wait --take-ownership")
		settled(ctx)
		Expect(caughtUp(ctx, "again")[:len(mails)]).To(Equal(mails))
		Expect(granted(ctx)).To(ContainElements(access))

		By("removing everything")
		organizations := section("uninstall.md", "## The organizations")
		typed.all(ctx, organizations[:2])
		typed.run(ctx, uninstallRelease)
		typed.run(ctx, deleteRest)
		kept := append(withDefaults("acme-sales"), withDefaults("acme-support")...)
		expectLeft(ctx, before, append(kept, grantable, "ConfigMap/acme-support/runbook")...)
		expectAccess(ctx, "no")
		typed.run(ctx, organizations[2])
		expectLeft(ctx, before, grantable)
	})
})

// helmSession returns a session in a checkout with Helm and a file of values.
func helmSession(ctx context.Context, values string) session {
	GinkgoHelper()
	program, err := helm.Build(ctx)
	Expect(err).NotTo(HaveOccurred())
	typed := newSession()
	typed.link(program.Program(), "bin", "helm")
	typed.link(filepath.Join(env.root, "config"), "config")
	typed.write(values, "values.yaml")
	return typed
}

// valuesOf returns values with a configuration.
func valuesOf(configuration string) string {
	GinkgoHelper()
	_, fields, found := strings.Cut(configuration, "kind: UsherConfiguration\n")
	Expect(found).To(BeTrue())
	repository, tag, _ := strings.Cut(env.image, ":")
	return fmt.Sprintf(helmValues, repository, tag, indent(fields, "  "))
}

// expectKept expects that an uninstalled release has left the kinds with all that people have declared and Usher has granted, and of
// Usher itself only what is in its namespace and no manifest has.
func expectKept(ctx context.Context, before []string) {
	GinkgoHelper()
	Eventually(ctx, func() []string {
		var left []string
		for _, object := range without(inventory(ctx), before) {
			// The budgets have their Secret once something was counted.
			if !strings.Contains(object, "/acme") && !strings.HasSuffix(object, "/usher-send-budgets") {
				left = append(left, object)
			}
		}
		return left
	}).WithPolling(lookInterval).Should(ConsistOf(
		"CustomResourceDefinition//invitations.accounts.usher.dev", "CustomResourceDefinition//organizations.accounts.usher.dev",
		"CustomResourceDefinition//orgusers.accounts.usher.dev", "CustomResourceDefinition//workspaces.accounts.usher.dev",
		"CustomResourceDefinition//orggroups.accounts.usher.dev",
		"APIService//v1alpha1.accounts.usher.dev", grantable,
		"Namespace//usher-system", "ServiceAccount/usher-system/default", "ConfigMap/usher-system/kube-root-ca.crt",
		"Secret/usher-system/usher-link-keys", "Secret/usher-system/usher-webhook-certificate",
		"Secret/usher-system/usher-portal-certificate", "Lease/usher-system/usher-controller-manager",
	))
	Expect(inventory(ctx)).To(ContainElements("Organization/acme/acme", "OrgUser/acme/ana", "OrgGroup/acme/helpdesk", "Workspace/acme/support",
		"Invitation/acme/support-team", "Namespace//acme-support", "ConfigMap/acme-support/runbook"))
}

// expectAccess expects the API server to say whether the invited person of the story has access.
func expectAccess(ctx context.Context, answer string) {
	GinkgoHelper()
	Eventually(ctx, func() string {
		out, _ := env.tryKubectl(ctx, "auth", "can-i", "get", "configmaps", "-n", "acme-support", "--as", "nora@acme.example")
		return strings.TrimSpace(out)
	}).Should(Equal(answer))
}
