// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A person's Kubernetes user name", func() {
	const admin = v1alpha1.RoleUserAdmin
	restart := func(ctx context.Context, names effective.Usernames) {
		GinkgoHelper()
		Expect(usher.Stop()).To(Succeed())
		usher = shared.StartOperator(ctx, func(o *setup.Options) { o.Usernames = names })
	}

	It("ORG-28 is the address in its normal form, in RBAC, for webhooks, inviters and field selectors", func(ctx context.Context) {
		org := organization(ctx)
		domain := "@España." + strings.ToUpper(org) + ".example"
		name := "nora.lopez@xn--espaa-rta." + org + ".example"
		nora := builders.OrgUser(org, "nora").Email("Nora.Lopez" + domain).Role(admin).Existing().Obj()
		create(ctx, nora, builders.Workspace(org, "support").Member("NORA.lopez@xn--espaa-rta."+org+".example", v1alpha1.WorkspaceEdit).Obj())
		Eventually(get(ctx, nora)).Should(And(BeReady(), HaveField("Status.Username", name), HaveField("Status.Email", name)))
		Eventually(can(ctx, name, "create", "configmaps", org+"-support")).Should(BeTrue())
		Expect(can(ctx, string(nora.Spec.Email), "list", "orgusers", org)(Default)).To(BeFalse())

		By("inviting with that name")
		i := builders.Invitation(org, "team", "kim@"+org+".example").Obj()
		Eventually(func() error { return env.As(name).Create(ctx, i.DeepCopy()) }).Should(Succeed())
		Expect(get(ctx, i)(Default).Spec.InvitedBy).To(BeEquivalentTo(name))
		spelled := builders.Invitation(org, "other", "kai@"+org+".example").Obj()
		Expect(env.As(string(nora.Spec.Email)).Create(ctx, spelled)).To(BeRefused(http.StatusForbidden, "cannot create resource"))

		By("finding the person, however the address is spelled")
		for _, selector := range []string{"status.email=" + name, "status.username=" + name} {
			out, _, err := env.KubectlAs(ctx, name, "get", "ou", "-n", org, "--field-selector", selector, "-o", "name")
			Expect(err).NotTo(HaveOccurred())
			Expect(out).To(Equal("orguser.accounts.usher.dev/nora\n"))
		}

		By("naming the person as the inviter by the address")
		byAddress := builders.Invitation(org, "by-address", "lea@"+org+".example").With(func(i *v1alpha1.Invitation) {
			i.Spec.InvitedBy = v1alpha1.Username(nora.Spec.Email)
		}).Obj()
		create(ctx, byAddress)
		Eventually(get(ctx, byAddress)).Should(HaveField("Status.InviterKind", v1alpha1.InviterPerson))
		mail, _ := mailTo(ctx, "lea@"+org+".example", "/i/")
		Expect(mail.Subject).To(ContainSubstring("Nora Lopez"))
	})

	It("ORG-28 stays the same through an upgrade and other flags, and follows spec.username", func(ctx context.Context) {
		DeferCleanup(func(ctx context.Context) { restart(ctx, effective.Usernames{}) })
		org := organization(ctx)
		old := "Old@" + org + ".example"
		u := builders.OrgUser(org, "old").Email(old).Role(admin).Existing().Obj()
		create(ctx, u)
		awaitReady(ctx, u)
		Expect(usher.Stop()).To(Succeed())
		u.Status.Username, u.Status.UsernameSource, u.Status.Email = old, "", "" // as an earlier version has left it
		Expect(pastWebhooks().Status().Update(ctx, u)).To(Succeed())

		usher = shared.StartOperator(ctx, func(o *setup.Options) {
			o.Usernames = effective.Usernames{Prefix: "oidc:", Form: effective.UsernameUnicode}
		})
		Eventually(get(ctx, u)).Should(HaveField("Status.UsernameSource", v1alpha1.UsernameFromAddress))
		Expect(u.Status.Username).To(Equal(old))
		Eventually(can(ctx, old, "list", "orgusers", org)).Should(BeTrue())
		ana := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "ana"}}
		edit(ctx, ana, func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Ana" })
		Eventually(get(ctx, ana)).Should(And(BeReady(), HaveField("Status.DisplayName", "Ana"),
			HaveField("Status.Username", "ana@"+org+".example")))

		added := builders.OrgUser(org, "new").Email("New@xn--espaa-rta." + org + ".example").Role(admin).Existing().Obj()
		create(ctx, added)
		Eventually(get(ctx, added)).Should(And(BeReady(), HaveField("Status.Username", "oidc:new@españa."+org+".example")))
		Eventually(can(ctx, added.Status.Username, "list", "orgusers", org)).Should(BeTrue())

		By("setting spec.username, and removing it")
		edit(ctx, u, func(u *v1alpha1.OrgUser) { u.Spec.Username = "Kim" })
		Eventually(get(ctx, u)).Should(And(BeReady(), HaveField("Status.Username", "Kim")))
		Eventually(can(ctx, old, "list", "orgusers", org)).Should(BeFalse())
		edit(ctx, u, func(u *v1alpha1.OrgUser) { u.Spec.Username = "" })
		Eventually(get(ctx, u)).Should(And(BeReady(), HaveField("Status.Username", "oidc:old@"+org+".example")))
	})
})
