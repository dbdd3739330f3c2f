// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// All samples belong to the organization "acme", so the specs run in turn.
var _ = Describe("The samples", Ordered, func() {
	AfterEach(func(ctx context.Context) {
		_, _, err := env.Kubectl(ctx, "delete", "namespace", "acme", "acme-support", "acme-sales", "--wait=true")
		Expect(err).NotTo(HaveOccurred())
	})

	DescribeTable("become Ready when all documents are applied at once", func(ctx context.Context, arrange func([]string)) {
		create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "acme"}})
		documents := samples()
		arrange(documents)
		out, errors, err := env.KubectlInput(ctx, strings.Join(documents, "\n---\n"), "apply", "-f", "-")
		Expect(err).NotTo(HaveOccurred(), "%s%s", out, errors)

		out, errors, err = env.Kubectl(ctx, "wait", "--for=condition=Ready", "org,ou,og,inv,ws", "--all", "-n", "acme", "--timeout=60s")
		Expect(err).NotTo(HaveOccurred(), "%s%s", out, errors)

		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "acme"}}
		Eventually(get(ctx, o)).Should(And(
			HaveField("Status.Administrators", ConsistOf("ana")),
			HaveField("Status.Users.Total", HaveValue(BeEquivalentTo(8))),
			HaveField("Status.Users.Active", HaveValue(BeEquivalentTo(5))),
			HaveField("Status.Users.Limited", HaveValue(BeEquivalentTo(1))),
			HaveField("Status.Users.Pending", HaveValue(BeEquivalentTo(3))),
			HaveField("Status.Workspaces", HaveValue(BeEquivalentTo(2))),
			HaveField("Status.Groups", ConsistOf(HaveField("Users", HaveValue(BeEquivalentTo(1))))),
			HaveField("Status.Modules", ConsistOf(HaveField("Holders", ConsistOf("marta")))),
			HaveField("Status.Contacts", ConsistOf(HaveField("Assignee", "ana@acme.example")))))
		Expect(o).To(KeepKstatus())

		message, _ := mailTo(ctx, "luis.gomez@acme.example", "/i/")
		Expect(message.Subject).To(HavePrefix("Invitación del usuario "))
		Eventually(can(ctx, "ana@acme.example", "delete", "pods", "acme-sales")).Should(BeTrue(), "ORG-2")
		Eventually(can(ctx, "marta@acme.example", "create", "configmaps", "acme-support")).Should(BeTrue(), "LMI-9")
		Expect(can(ctx, "marta@acme.example", "get", "configmaps", "acme-sales")(Default)).To(BeFalse())
		Eventually(bindingsIn).WithArguments(ctx, "acme-support").Should(ConsistOf(
			"usher-ana-admin", "usher-marta-edit", "usher-marta:remote-support"), "GTA-10")
	},
		Entry("in the order of the files", func([]string) {}),
		Entry("in reverse order", func(d []string) { slices.Reverse(d) }),
	)

	It("change nothing when they are applied twice", func(ctx context.Context) {
		folder := filepath.Join(root(), "config", "samples")
		_, _, err := env.Kubectl(ctx, "apply", "-f", folder)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = env.Kubectl(ctx, "wait", "--for=condition=Ready", "org,ou,og,inv,ws", "--all", "-n", "acme", "--timeout=60s")
		Expect(err).NotTo(HaveOccurred())
		out, _, err := env.Kubectl(ctx, "diff", "-f", folder)
		Expect(err).NotTo(HaveOccurred(), "there is no drift: %s", out)
	})
})

// samples returns the documents of the samples folder, in the order of the files, without the namespace.
func samples() []string {
	GinkgoHelper()
	files, err := filepath.Glob(filepath.Join(root(), "config", "samples", "*.yaml"))
	Expect(err).NotTo(HaveOccurred())
	var documents []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		Expect(err).NotTo(HaveOccurred())
		for document := range strings.SplitSeq(string(content), "\n---\n") {
			if !strings.Contains(document, "kind: Namespace") {
				documents = append(documents, document)
			}
		}
	}
	Expect(len(documents)).To(BeNumerically(">", 5))
	return documents
}

func root() string {
	GinkgoHelper()
	dir, err := testenv.RepoRoot()
	Expect(err).NotTo(HaveOccurred())
	return dir
}
