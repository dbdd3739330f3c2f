// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("kubectl replace", func() {
	It("WXP-5 keeps Usher's finalizer in every kind, and a deletion that follows still revokes everything", func(ctx context.Context) {
		org := organization(ctx, english)
		manifests := fmt.Sprintf(`
apiVersion: accounts.usher.dev/v1alpha1
kind: Organization
metadata: {name: %[1]s, namespace: %[1]s}
spec:
  profile: {displayName: Replaced}
  settings: {language: en}
---
apiVersion: accounts.usher.dev/v1alpha1
kind: Workspace
metadata: {name: support, namespace: %[1]s}
spec: {displayName: Support}
---
apiVersion: accounts.usher.dev/v1alpha1
kind: OrgUser
metadata: {name: kim, namespace: %[1]s}
spec: {email: kim@%[1]s.example, role: Member, onboarding: None, workspaces: [{name: support, access: View}]}
---
apiVersion: accounts.usher.dev/v1alpha1
kind: Invitation
metadata: {name: team, namespace: %[1]s}
spec: {emails: [luis@%[1]s.example], role: Member}
`, org)
		gitOps := []string{"--server-side", "--force-conflicts", "--field-manager=argocd-controller", "-f", "-"}
		apply := func(verb string) string {
			GinkgoHelper()
			shown, errors, err := env.KubectlInput(ctx, manifests, append([]string{verb}, gitOps...)...)
			Expect(err).NotTo(HaveOccurred(), errors)
			return shown
		}
		apply("apply")
		k, w, i := builders.OrgUser(org, "kim").Obj(), builders.Workspace(org, "support").Obj(), &v1alpha1.Invitation{}
		i.Namespace, i.Name = org, "team"
		o := builders.Organization(org).Obj()
		everything := []client.Object{o, k, w, i}
		awaitReady(ctx, k)
		awaitReady(ctx, w)
		for _, kept := range everything {
			Eventually(get(ctx, kept)).Should(HaveField("Finalizers", ContainElement(v1alpha1.Finalizer)))
		}

		By("applying the same manifests, which neither changes anything nor shows a difference")
		settle(ctx)
		var before []string
		for _, kept := range everything {
			before = append(before, get(ctx, kept)(Default).GetResourceVersion())
		}
		apply("apply")
		Expect(apply("diff")).To(BeEmpty())
		for n, kept := range everything {
			Expect(get(ctx, kept)(Default).GetResourceVersion()).To(Equal(before[n]))
		}

		for range 2 {
			replace(ctx, manifests)
			for _, kept := range everything {
				Expect(get(ctx, kept)(Default)).To(HaveField("Finalizers", ContainElement(v1alpha1.Finalizer)))
			}
		}

		By("replacing a user whom the Invitation created, with the manifest that Git would have, and with another label")
		Eventually(get(ctx, i)).Should(HaveField("Status.Recipients", ConsistOf(HaveField("User", Not(BeEmpty())))))
		luis := builders.OrgUser(org, get(ctx, i)(Default).Status.Recipients[0].User).Obj()
		warnings := replace(ctx, fmt.Sprintf(`
apiVersion: accounts.usher.dev/v1alpha1
kind: OrgUser
metadata: {name: %s, namespace: %s, labels: {team: blue}}
spec: {email: luis@%[2]s.example, role: Member, displayName: Luis}
`, luis.Name, org))
		Expect(warnings).To(ContainSubstring("metadata.labels[accounts.usher.dev/invitation] is left out and stays as it is: only Usher may remove it"))
		Expect(get(ctx, luis)(Default)).To(And(HaveField("Spec.DisplayName", BeEquivalentTo("Luis")),
			HaveField("Labels", And(HaveKeyWithValue("team", "blue"), HaveKeyWithValue(v1alpha1.LabelInvitation, "team")))))
		Expect(env.As("ana@"+org+".example").Patch(ctx, luis, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":{"accounts.usher.dev/invitation":"x"}}}`)))).
			To(BeRefused(403, "only Usher may change metadata.labels[accounts.usher.dev/invitation]"))

		By("removing the finalizer of a user who is being deleted")
		kim := "kim@" + org + ".example"
		Eventually(can(ctx, kim, "list", "pods", get(ctx, w)(Default).Status.Namespace)).WithTimeout(20 * time.Second).Should(BeTrue())
		edit(ctx, k, func(u *v1alpha1.OrgUser) { u.Finalizers = append(u.Finalizers, "others.example/hold") })
		Expect(env.Client.Delete(ctx, k)).To(Succeed())
		Expect(env.Client.Patch(ctx, k, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`)))).
			To(Or(Succeed(), BeRefused(403, "only Usher may change metadata.finalizers[accounts.usher.dev/finalizer]")))
		Eventually(can(ctx, kim, "list", "pods", get(ctx, w)(Default).Status.Namespace)).WithTimeout(20 * time.Second).Should(BeFalse())
	})
})

// replace calls kubectl replace and returns its warnings. kubectl reads the version of each object before it replaces it, so it may lose
// against a write of the operator; then it is called again.
func replace(ctx context.Context, manifests string) string {
	GinkgoHelper()
	var warnings string
	Eventually(func(g Gomega) {
		_, errors, err := env.KubectlInput(ctx, manifests, "replace", "-f", "-")
		if err != nil && !strings.Contains(errors, "the object has been modified") {
			StopTrying("kubectl replace: " + errors).Wrap(err).Now()
		}
		g.Expect(err).NotTo(HaveOccurred(), errors)
		warnings = errors
	}).Should(Succeed())
	return warnings
}
