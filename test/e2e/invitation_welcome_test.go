// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The welcome mail and page", func() {
	It("ORG-22 LMI-12 say what access the person has at that time, until the user is deleted", func(ctx context.Context) {
		org := organization(ctx, english)
		email := "luis@" + org + ".example"
		create(ctx, builders.Workspace(org, "support").Obj(), builders.Workspace(org, "sales").Obj())
		i := builders.Invitation(org, "team", email).Workspace("support", v1alpha1.WorkspaceView).Obj()
		invite(ctx, i)
		luis := userOf(ctx, org, email)
		edit(ctx, luis, func(u *v1alpha1.OrgUser) {
			u.Spec.Role, u.Spec.Username = v1alpha1.RoleTechnician, "luis.gil"
			u.Spec.Workspaces = []v1alpha1.WorkspaceGrant{{Name: "sales", Access: v1alpha1.WorkspaceEdit}}
		})
		Eventually(func(g Gomega) { g.Expect(get(ctx, luis)(g).Status.ObservedGeneration).To(Equal(luis.Generation)) }).Should(Succeed())
		link := newestLink(email, "/i/", 1)
		accept(ctx, email, "Luis Gil")
		Eventually(get(ctx, luis)).Should(HaveField("Status.State", v1alpha1.UserActive))

		told := And(ContainSubstring("Soporte técnico"), ContainSubstring("sales"), ContainSubstring("luis.gil"), Not(ContainSubstring("support")))
		Eventually(func() []string {
			texts := []string{}
			for _, m := range mailsTo(email) {
				texts = append(texts, m.Text)
			}
			return texts
		}).Should(ContainElement(And(ContainSubstring("Ya formas parte"), told, ContainSubstring("Espacios de nombres: "+org+"-sales"),
			ContainSubstring("kubectl get all -n "+org+"-sales"), ContainSubstring("kubectl get orgusers,invitations,workspaces -n "+org),
			ContainSubstring("pídelo a Ana (ana@"+org+".example)."))))
		status, body := fetch(ctx, http.DefaultClient, http.MethodGet, link+"/done", nil)
		Expect(status).To(Equal(http.StatusOK))
		Expect(body).To(told)

		By("removing the person")
		Expect(env.Client.Delete(ctx, luis)).To(Succeed())
		Eventually(gone(ctx, luis)).Should(Succeed())
		for _, path := range []string{link, link + "/done"} {
			Eventually(func() page { return look(ctx, path) }).Should(Equal(page{http.StatusGone, "Esta invitación ya no es válida"}))
		}
		Eventually(get(ctx, i)).Should(stateOf(email, v1alpha1.RecipientRevoked, 1), "the record stays")
	})
})
