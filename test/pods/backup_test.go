// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"net/http"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var _ = Describe("An organization that is moved by the commands of docs/backup.md", func() {
	It("OPS-5 is in another cluster as it was: links lead to their invitations, and nobody is mailed", long, func(ctx context.Context) {
		uninstall(ctx)
		installToday(ctx)
		DeferCleanup(func(ctx context.Context) {
			uninstall(ctx)
			installToday(ctx)
		})
		createAcme(ctx)
		invite(ctx, "team", "luis", "nora", "eva")
		register(ctx, "luis")
		confirm(ctx, "luis")
		register(ctx, "nora")
		settled(ctx)
		access, mails := granted(ctx), mailed()

		typed, scripts := newSession(), section("backup.md", "## Moving to another cluster")
		typed.run(ctx, scripts[0])
		uninstall(ctx) // what follows cannot tell this from another cluster
		installToday(ctx)
		for _, script := range scripts[1:] {
			typed.run(ctx, script)
		}
		settled(ctx)
		Eventually(ctx, func() []string { return granted(ctx) }).Should(Equal(access))
		Expect(open(ctx, linkTo("eva", "/i/"))).To(Equal(http.StatusOK))
		confirm(ctx, "nora")
		Expect(caughtUp(ctx, "after-the-move")[:len(mails)]).To(Equal(mails))
	})
})

// granted describes each RoleBinding that Usher has made.
func granted(ctx context.Context) []string {
	GinkgoHelper()
	var list rbacv1.RoleBindingList
	Expect(env.admin.List(ctx, &list, client.MatchingLabels{"app.kubernetes.io/managed-by": "usher"})).To(Succeed())
	var all []string
	for _, b := range list.Items {
		for _, s := range b.Subjects {
			all = append(all, b.Namespace+": "+b.RoleRef.Name+" for "+s.Name)
		}
	}
	slices.Sort(all)
	return all
}

// settled waits until everything of acme's is in force.
func settled(ctx context.Context) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		for _, kind := range []string{"org", "ou", "inv", "ws"} {
			out, err := env.tryKubectl(ctx, "wait", "-n", acme, kind, "--all", "--for=condition=Ready", "--timeout=1s")
			g.Expect(err).NotTo(HaveOccurred(), out)
		}
	}).Should(Succeed())
}
