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

// Nothing of a cluster that was emptied can be told from another cluster: Usher is installed anew there, with keys of its own.
var _ = Describe("An organization that is brought to another cluster by the commands of docs/backup.md", func() {
	var (
		access, mails []string
		typed         session
	)

	BeforeEach(func(ctx context.Context) {
		deleteOrganizations(ctx)
		DeferCleanup(func(ctx context.Context) {
			installToday(ctx) // whatever has failed
			deleteOrganizations(ctx)
		})
		typed = newSession()
		createAcme(ctx)
		invite(ctx, "team", "luis", "nora", "eva")
		register(ctx, "luis")
		confirm(ctx, "luis")
		register(ctx, "nora")
		ask(ctx, "clara", "Passed on before")
		passOn(ctx, "clara", "Passed on before")
		ask(ctx, "carla", "Asked before")
		settled(ctx)
		access, mails = granted(ctx), mailed()
	})

	// expectAsBefore expects access, links and mails to be those of the cluster that is lost or left.
	expectAsBefore := func(ctx context.Context) {
		GinkgoHelper()
		settled(ctx)
		Eventually(ctx, func() []string { return granted(ctx) }).Should(Equal(access))
		Eventually(ctx, func() int { return open(ctx, linkTo("eva", "/i/")) }).Should(Equal(http.StatusOK), "a link to an invitation")
		confirm(ctx, "nora")
		register(ctx, "eva")
		confirm(ctx, "eva")
		Expect(caughtUp(ctx, "afterwards")[:len(mails)]).To(Equal(mails))
		passOn(ctx, "carla", "Asked before")
		Expect(inQueue()).To(ConsistOf("Passed on before", "Asked before"))
		expectNothingTwice()
	}

	It("OPS-5 is restored after the loss of everything: links lead to their invitations, and nobody is mailed", long, func(ctx context.Context) {
		scripts := section("backup.md", "## With kubectl")
		backUp, restore := scripts[0], scripts[1]
		typed.run(ctx, backUp)
		uninstall(ctx)
		installToday(ctx)
		typed.run(ctx, restore)
		expectAsBefore(ctx)
	})

	It("OPS-5 is moved: links lead to their invitations, and nobody is mailed", long, func(ctx context.Context) {
		scripts := section("backup.md", "## Moving to another cluster")
		backUp, restore, resume, leave := scripts[0], scripts[1], scripts[2], scripts[3]
		typed.run(ctx, backUp)
		typed.run(ctx, leave) // the page has it last, for there it is another cluster
		uninstall(ctx)
		installToday(ctx)
		typed.run(ctx, restore)
		Expect(mailed()).To(Equal(mails), "nobody is mailed while the organization is paused")
		typed.run(ctx, resume)
		expectAsBefore(ctx)
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
