// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/login"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/kubeconfig"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/signin"
	"github.com/usher-operator/usher/internal/testing/dex"
)

var _ = Describe("A person with an account at Dex, in a browser", Ordered, func() {
	const password = "albaricoque-Verona-timbal-9"
	var (
		provider *dex.Server
		kubectl  login.Client
	)

	BeforeAll(func(ctx context.Context) {
		Expect(shared.StopOperator()).To(Succeed())
		DeferCleanup(func(ctx context.Context) {
			Expect(shared.StopOperator()).To(Succeed())
			usher = shared.StartOperator(ctx)
		})
		usher = shared.StartOperator(ctx, func(o *setup.Options) {
			dir := GinkgoT().TempDir()
			var err error
			provider, err = dex.Start(ctx, dir, dex.Options{RedirectURIs: []string{o.PortalURL + "/sign-in/callback"}})
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(func() { Expect(provider.Stop()).To(Succeed()) })
			secret := filepath.Join(dir, "client-secret")
			Expect(os.WriteFile(secret, []byte(provider.ClientSecret), 0o600)).To(Succeed())
			o.Accounts = identity.Options{
				Address: provider.GRPCAddress, MinLength: 12, HashCost: 10,
				TLS: identity.TLS{CertFile: provider.CertFile, KeyFile: provider.KeyFile, CAFile: provider.CAFile},
			}
			o.SignIn = signin.Provider{
				IssuerURL: provider.Issuer, ClientID: dex.PortalClientID, ClientSecretFile: secret, CAFile: provider.CAFile, DisplayName: "Acme ID",
			}
			kubectl = login.Client{
				IssuerURL: provider.Issuer, ID: dex.KubectlClientID, Scopes: []string{"openid", "email", "offline_access"}, Claim: "email",
				CAData: provider.CA(),
			}
			o.Cluster = kubeconfig.Cluster{
				Name: "production", Server: env.Config.Host, CAData: env.Config.CAData,
				Login: kubeconfig.Login{IssuerURL: provider.Issuer, ClientID: kubectl.ID, Claim: "email", Scopes: kubectl.Scopes, CAData: provider.CA()},
			}
		})
	})

	// openTabFor opens a tab that trusts Dex's certificate, and takes no offence at what Dex's own pages do.
	openTabFor := func(ctx context.Context, s screen) *tab {
		GinkgoHelper()
		t := openTab(ctx, s)
		issuer, err := url.Parse(provider.Issuer)
		Expect(err).NotTo(HaveOccurred())
		t.foreign = issuer.Host
		call(t, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true})
		return t
	}
	// atDex fills in the form of Dex, and keeps a picture of it.
	atDex := func(t *tab, name, email string) {
		GinkgoHelper()
		t.fill("#login", email)
		t.fill("#password", password)
		t.screenshot(name)
		Expect(t.follow("#submit-login")).To(Equal(http.StatusOK))
	}

	DescribeTable("SIG-1 SIG-2 SIG-3 SIG-5 goes from the mail to kubectl and their own page, on pages that are accessible and fit the screen",
		func(ctx SpecContext, language string, s screen, waiting, welcome, own string) {
			story := invite(ctx, language)
			t := openTabFor(ctx, s)
			t.speak(language)
			name := func(page string) string { return "story-" + language + "-" + page }
			mail := func(path, page string) string {
				GinkgoHelper()
				message, link := story.mail(ctx, path, 1)
				do(t, chromedp.Navigate("data:text/html;charset=utf-8;base64,"+base64.StdEncoding.EncodeToString([]byte(message.HTML))))
				t.examine(name(page), landmarks...)
				return link
			}

			invitation := mail("/i/", "1-mail")
			Expect(t.visit(invitation)).To(Equal(http.StatusOK))
			t.examine(name("2-invitation"))
			Expect(t.follow("button[value=accept]")).To(Equal(http.StatusOK))
			Expect(t.text("main")).To(And(ContainSubstring(waiting), ContainSubstring("Acme ID")))
			t.examine(name("3-check-your-mail"))
			Expect(t.visit(story.link(ctx, "/c/"))).To(Equal(http.StatusOK))
			t.fill("#password", password)
			t.examine(name("4-password"))
			Expect(t.follow("main form button[type=submit]")).To(Equal(http.StatusOK))
			Expect(t.text("h1")).To(Equal(welcome))
			Expect(t.text("main")).To(ContainSubstring("kubectl usher login"))
			t.examine(name("5-welcome"))
			mail("/account", "6-welcome-mail")

			By("logging in with kubectl")
			address, token := make(chan string, 1), make(chan login.Token, 1)
			kubectl.Email = story.luis
			tool := login.Tool{Store: login.Store{Dir: GinkgoT().TempDir()}, Messages: io.Discard, Now: time.Now, Browse: func(a string) error {
				address <- a
				return nil
			}}
			go func() {
				defer GinkgoRecover()
				got, err := tool.Token(ctx, kubectl)
				Expect(err).NotTo(HaveOccurred())
				token <- got
			}()
			var page string
			Eventually(ctx, address).Should(Receive(&page))
			Expect(t.visit(page)).To(Equal(http.StatusOK))
			atDex(t, name("7-dex"), story.luis)
			Expect(t.text("h1")).To(Equal("You are logged in"))
			t.examine(name("8-logged-in"))
			Eventually(ctx, token).Should(Receive(HaveField("User", story.luis)))

			By("opening their own page")
			Expect(t.visit(usher.PortalURL + "/account")).To(Equal(http.StatusOK))
			t.examine(name("9-account"))
			Expect(t.follow("main .actions .button")).To(Equal(http.StatusOK))
			atDex(t, name("10-dex"), story.luis)
			Expect(t.text("h1")).To(Equal(own))
			t.examine(name("11-own-page"))
		},
		Entry("in Spanish on a phone", "es", handset, "Revisa tu correo", "Te damos la bienvenida a Acme S.A.", "Tu cuenta en Acme S.A."),
		Entry("in English on a desktop", "en", desktop, "Check your mail", "Welcome to Acme S.A.", "Your account with Acme S.A."),
	)

	It("SIG-2 is chosen on pages that are accessible, can be shown and hidden, and need no script", func(ctx SpecContext) {
		story := invite(ctx, "es")
		t := openTab(ctx, phone)
		t.visit(story.link(ctx, "/i/"))
		t.follow("button[value=accept]")
		confirm := story.link(ctx, "/c/")

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
		Eventually(ctx, func() string { return t.attribute("#password", "type") }).Should(Equal("text"))
		Expect(t.text("button.reveal")).To(Equal("Ocultar contraseña"))
		Expect(t.follow("main form button[type=submit]")).To(Equal(http.StatusUnprocessableEntity))
		Expect(t.text("#password-error")).To(ContainSubstring("fácil de adivinar"))
		Expect(t.attribute("#password", "aria-invalid")).To(Equal("true"))
		Expect(eval[string](t, "password.value")).To(BeEmpty(), "no page repeats a password")
		t.examine("password-error-es")
		t.fill("#password", password)
		Expect(t.follow("main form button[type=submit]")).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Te damos la bienvenida a Acme S.A."))
		luis := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: story.org, Name: read(ctx, story.inv)(Default).Status.Recipients[0].User}}
		Expect(read(ctx, luis)(Default).Status.Account.State).To(Equal(v1alpha1.AccountReady))

		By("asking for a link to choose another one")
		t.visit(usher.PortalURL + "/password?lang=en")
		t.examine("password-forgot-en")
		t.fill("#email", story.luis)
		Expect(t.follow("main form button[type=submit]")).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Check your mail"))
		t.examine("password-sent-en")
		story.link(ctx, "/p/")
	})
})
