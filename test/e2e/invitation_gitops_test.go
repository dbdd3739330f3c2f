// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A folder of YAML that is applied repeatedly", func() {
	It("WXP-5 changes nothing and sends nothing after everybody has accepted", func(ctx context.Context) {
		org := organization(ctx, english)
		luis, kim := "luis@"+org+".example", "kim@"+org+".example"
		folder := fmt.Sprintf(`
apiVersion: accounts.usher.dev/v1alpha1
kind: Workspace
metadata: {name: support, namespace: %[1]s}
spec: {displayName: Support}
---
apiVersion: accounts.usher.dev/v1alpha1
kind: Invitation
metadata: {name: team, namespace: %[1]s, annotations: {accounts.usher.dev/resend: "1"}}
spec:
  emails: ["Luis Gil <%[2]s>"]
  role: Member
  workspaces: [{name: support, access: Edit}]
---
apiVersion: accounts.usher.dev/v1alpha1
kind: OrgUser
metadata: {name: kim, namespace: %[1]s}
spec: {email: %[3]s, role: Member, workspaces: [{name: support, access: View}]}
`, org, luis, kim)
		apply := func() {
			GinkgoHelper()
			_, errors, err := env.KubectlInput(ctx, folder, "apply", "--server-side", "--field-manager=argocd-controller", "-f", "-")
			Expect(err).NotTo(HaveOccurred(), errors)
		}
		apply()
		accept(ctx, luis, "Luis")
		accept(ctx, kim, "Kim")
		i := &v1alpha1.Invitation{}
		i.Namespace, i.Name = org, "team"
		w := builders.Workspace(org, "support").Obj()
		k, l := builders.OrgUser(org, "kim").Obj(), userOf(ctx, org, luis)
		awaitReady(ctx, w)
		Eventually(get(ctx, i)).Should(And(BeReady(), stateOf(luis, v1alpha1.RecipientActive, 1)))
		for _, u := range []*v1alpha1.OrgUser{k, l} {
			Eventually(get(ctx, u)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserActive)))
			Eventually(func() []string { return idsOf(string(u.Spec.Email)) }).Should(HaveLen(3))
		}
		Expect(l.Status.DisplayName).To(Equal("Luis Gil"))
		settle(ctx)

		versions := func() []string {
			return []string{
				get(ctx, i)(Default).ResourceVersion, get(ctx, w)(Default).ResourceVersion,
				get(ctx, k)(Default).ResourceVersion, get(ctx, l)(Default).ResourceVersion,
			}
		}
		before, mails := versions(), mailIDs(org)
		for range 3 {
			apply()
		}
		settle(ctx)
		Expect(versions()).To(Equal(before))
		Expect(mailIDs(org)).To(Equal(mails))
	})
})
