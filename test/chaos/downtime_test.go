// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("While the operator is down", func() {
	var org, space string
	var sam *v1alpha1.OrgUser

	BeforeEach(func(ctx context.Context) {
		usher.start(ctx)
		DeferCleanup(func(ctx context.Context) {
			usher.kill()
			usher.releaseLease(ctx)
		})
		org = env.Namespace(ctx, "chaos")
		space = org + "-support"
		sam = builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceView).Obj()
		for _, o := range []client.Object{
			builders.Organization(org).Obj(),
			builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
			builders.Workspace(org, "support").Obj(),
			sam,
		} {
			Expect(env.Client.Create(ctx, o)).To(Succeed())
		}
		// Each of the two users has a binding in both namespaces, created independently of the others.
		Eventually(ctx, func(g Gomega) { g.Expect(bindings(ctx, g, org, space)).To(HaveLen(4)) }).Should(Succeed())
		Eventually(ctx, refetch(sam)).Should(BeReady())
	})

	It("requests are refused with a message that names the webhook, and accepted after the restart", func(ctx context.Context) {
		manifest := `{"apiVersion": "accounts.usher.dev/v1alpha1", "kind": "Invitation",
			"metadata": {"name": "late", "namespace": "` + org + `"},
			"spec": {"emails": ["late@` + org + `.example"], "role": "Member"}}`
		usher.kill()
		_, _, err := env.KubectlInput(ctx, manifest, "apply", "-f", "-")
		Expect(err).To(MatchError(And(ContainSubstring("failed calling webhook"), ContainSubstring("accounts.usher.dev"),
			ContainSubstring("connection refused"))))
		late := builders.Invitation(org, "late").Obj()
		Expect(apierrors.IsNotFound(env.Client.Get(ctx, client.ObjectKeyFromObject(late), late))).To(BeTrue())

		usher.releaseLease(ctx)
		usher.start(ctx)
		_, _, err = env.KubectlInput(ctx, manifest, "apply", "-f", "-")
		Expect(err).NotTo(HaveOccurred())
		Eventually(ctx, refetch(late)).Should(And(BeReady(), KeepKstatus()))
	})

	It("RoleBindings that somebody deletes or changes are restored after the restart", func(ctx context.Context) {
		usher.kill()
		before := bindings(ctx, Default, org, space)
		var list rbacv1.RoleBindingList
		Expect(env.Client.List(ctx, &list, client.InNamespace(space))).To(Succeed())
		for _, b := range list.Items {
			b.Subjects[0].Name = "mallory@elsewhere.example"
			Expect(env.Client.Update(ctx, &b)).To(Succeed())
		}
		Expect(env.Client.DeleteAllOf(ctx, &rbacv1.RoleBinding{}, client.InNamespace(org))).To(Succeed())
		usher.releaseLease(ctx)
		usher.start(ctx)
		Eventually(ctx, func(g Gomega) { g.Expect(bindings(ctx, g, org, space)).To(ConsistOf(before)) }).Should(Succeed())
	})

	// Bindings are deleted at the same time, so the first may be the last.
	DescribeTable("a user who is being deleted keeps the finalizer, and is removed with all access after the restart",
		func(ctx context.Context, k killPoint, left types.GomegaMatcher, successor func(context.Context)) {
			usher.killAt(k)
			Expect(env.Client.Delete(ctx, sam.DeepCopy())).To(Succeed())
			usher.awaitKilled()
			Expect(refetch(sam)(ctx)).To(And(HaveField("Finalizers", ContainElement(v1alpha1.Finalizer)),
				HaveField("DeletionTimestamp", Not(BeNil()))))
			Expect(bindingsOf(ctx, sam)).To(WithTransform(func(b []rbacv1.RoleBinding) int { return len(b) }, left))

			successor(ctx)
			usher.launch(killPoint{})
			Eventually(ctx, func() bool {
				return apierrors.IsNotFound(env.Client.Get(ctx, client.ObjectKeyFromObject(sam), sam.DeepCopy()))
			}).Should(BeTrue())
			Expect(bindingsOf(ctx, sam)).To(BeEmpty())
		},
		Entry("killed before the first binding is deleted",
			killPoint{at: beforeWrite, nth: 1, about: "DELETE .*/rolebindings/"}, BeNumerically(">=", 1), releaseLease),
		Entry("killed after the first binding was deleted",
			killPoint{at: afterWrite, nth: 1, about: "DELETE .*/rolebindings/"}, BeNumerically("<=", 1), releaseLease),
		Entry("killed after all bindings were deleted, before the finalizer is removed",
			killPoint{at: beforeWrite, nth: 1, about: "PATCH .*/orgusers/sam$"}, BeZero(), releaseLease),
		Entry("killed without releasing the lease, which the successor waits for",
			killPoint{at: beforeWrite, nth: 2, about: "DELETE .*/rolebindings/"}, BeNumerically(">=", 1), func(context.Context) {}),
	)
})

func releaseLease(ctx context.Context) {
	GinkgoHelper()
	usher.releaseLease(ctx)
}

// refetch returns a function that reads an object again.
func refetch[T client.Object](o T) func(context.Context) (T, error) {
	return func(ctx context.Context) (T, error) { return o, env.Client.Get(ctx, client.ObjectKeyFromObject(o), o) }
}

func bindingsOf(ctx context.Context, u *v1alpha1.OrgUser) []rbacv1.RoleBinding {
	GinkgoHelper()
	var list rbacv1.RoleBindingList
	Expect(env.Client.List(ctx, &list, client.MatchingLabels{
		v1alpha1.LabelOrganization: u.Namespace, v1alpha1.LabelUser: u.Name,
	})).To(Succeed())
	return list.Items
}
