// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/dex"
	"github.com/usher-operator/usher/internal/testing/operator"
)

var _ = Describe("A password in a browser", func() {
	// portalWithAccounts runs another portal, which hands passwords to Dex, and returns its URL.
	portalWithAccounts := func(ctx context.Context) string {
		GinkgoHelper()
		provider, err := dex.Start(ctx, GinkgoT().TempDir(), dex.Options{})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(provider.Stop()).To(Succeed()) })
		options, err := operator.Options(env, box)
		Expect(err).NotTo(HaveOccurred())
		options.Components, options.IntakeAddress = []setup.Component{setup.ComponentPortal}, ""
		options.QuestionsNamespace, options.SkipNameValidation = operator.QuestionsNamespace, true
		options.Accounts = identity.Options{
			Address: provider.GRPCAddress, MinLength: 12,
			TLS: identity.TLS{CertFile: provider.CertFile, KeyFile: provider.KeyFile, CAFile: provider.CAFile},
		}
		portal, err := operator.StartWith(ctx, env.PortalConfig(), options)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(portal.Stop()).To(Succeed()) })
		return portal.PortalURL
	}
	// plan gives the person of a story an account that has no password, as the controllers do where there are accounts.
	plan := func(ctx context.Context, s story) *v1alpha1.OrgUser {
		GinkgoHelper()
		user := &v1alpha1.OrgUser{}
		Eventually(ctx, func(g Gomega) {
			recipients := read(ctx, s.inv)(g).Status.Recipients
			g.Expect(recipients).NotTo(BeEmpty())
			user.Namespace, user.Name = s.org, recipients[0].User
			read(ctx, user)(g)
			g.Expect(user.Status.State).To(Equal(v1alpha1.UserPending))
			before := user.DeepCopy()
			user.Status.Account = &v1alpha1.AccountStatus{State: v1alpha1.AccountPlanned, ID: s.org, Email: s.luis, Since: metav1.Now()}
			g.Expect(env.Client.Status().Patch(ctx, user, client.MergeFrom(before))).To(Succeed())
		}).Should(Succeed())
		return user
	}

	It("SIG-2 is chosen on pages that are accessible, can be shown and hidden, and need no script", func(ctx SpecContext) {
		portal := portalWithAccounts(ctx)
		story := invite(ctx, "es")
		luis := plan(ctx, story)
		t := openTab(ctx, phone)
		t.visit(story.link(ctx, "/i/"))
		t.follow("button[value=accept]")
		confirm := strings.Replace(story.link(ctx, "/c/"), usher.PortalURL, portal, 1)

		plain := openTab(ctx, phone)
		plain.withoutScripts()
		plain.visit(confirm)
		Expect(eval[bool](plain, `document.querySelector("button.reveal").hidden`)).To(BeTrue())
		plain.fill("#password", "corta")
		Expect(plain.follow("main form button[type=submit]")).To(Equal(http.StatusUnprocessableEntity))

		t.visit(confirm)
		Expect(t.text("label[for=password]")).To(Equal("Contraseña nueva"))
		t.examine("password-es")
		t.fill("#password", "luis.gil.1234")
		t.clickAt("button.reveal")
		Expect(t.attribute("#password", "type")).To(Equal("text"))
		Expect(t.text("button.reveal")).To(Equal("Ocultar contraseña"))
		Expect(t.follow("main form button[type=submit]")).To(Equal(http.StatusUnprocessableEntity))
		Expect(t.text("#password-error")).To(ContainSubstring("fácil de adivinar"))
		Expect(t.attribute("#password", "aria-invalid")).To(Equal("true"))
		Expect(eval[string](t, "password.value")).To(BeEmpty(), "no page repeats a password")
		t.examine("password-error-es")
		t.fill("#password", "albaricoque-Verona-timbal-9")
		Expect(t.follow("main form button[type=submit]")).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Te damos la bienvenida a Acme S.A."))
		Expect(read(ctx, luis)(Default).Status.Account.State).To(Equal(v1alpha1.AccountReady))

		By("asking for a link to choose another one")
		t.visit(portal + "/password?lang=en")
		t.examine("password-forgot-en")
		t.fill("#email", story.luis)
		Expect(t.follow("main form button[type=submit]")).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Check your mail"))
		t.examine("password-sent-en")
		Eventually(ctx, func(g Gomega) *metav1.Time { return read(ctx, luis)(g).Status.Account.RequestTime }).ShouldNot(BeNil())
	})
})
