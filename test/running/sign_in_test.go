// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package running

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	config "github.com/usher-operator/usher/api/config/v1alpha1"
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/dex"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/provider"
)

// person is somebody with a browser, which follows redirects to the provider and back.
type person struct{ http *http.Client }

func newPerson(op *provider.Provider) person {
	GinkgoHelper()
	jar, err := cookiejar.New(nil)
	Expect(err).NotTo(HaveOccurred())
	browser := *op.Server.Client()
	browser.Jar = jar
	return person{&browser}
}

// visit opens a page, or sends a form to it, and returns what the browser shows in the end.
func (p person) visit(ctx context.Context, link string, form url.Values) (int, string) {
	GinkgoHelper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, link, strings.NewReader(form.Encode()))
	Expect(err).NotTo(HaveOccurred())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := p.http.Do(r)
	Expect(err).NotTo(HaveOccurred())
	body, err := io.ReadAll(answer.Body)
	Expect(err).NotTo(HaveOccurred())
	Expect(answer.Body.Close()).To(Succeed())
	return answer.StatusCode, string(body)
}

var _ = Describe("A person who signs in", Ordered, func() {
	var (
		op    *provider.Provider
		usher *operator.Operator
	)

	BeforeAll(func(ctx context.Context) {
		var err error
		op, err = provider.New()
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(op.Close)
		ca := filepath.Join(GinkgoT().TempDir(), "ca.pem")
		Expect(os.WriteFile(ca, op.CA(), 0o600)).To(Succeed())
		_, usher = startConfigured(ctx, func(f *config.UsherConfiguration) {
			f.SignIn.IssuerURL, f.SignIn.ClientID, f.SignIn.CAFile, f.SignIn.DisplayName = op.Issuer(), "usher", ca, "Platform ID"
			f.SignIn.OrganizationIssuers, f.SignIn.PrivateNetworks = []string{"127.0.0.1"}, []string{"127.0.0.0/8"}
		})
	})

	It("SIG-1 accepts without a second mail, or without waiting for it, with the platform's provider or the organization's own, as the invited one only", func(ctx context.Context) {
		org := organization(ctx)
		accepted := func(name, clientID, title, ownPage string, registersBefore bool) {
			GinkgoHelper()
			address := name + "@" + org + ".example"
			invitation := builders.Invitation(org, name, address).Obj()
			Expect(env.Client.Create(ctx, invitation)).To(Succeed())
			link := linkTo(ctx, usher, address, "/i/")

			Eventually(func() string {
				_, page := newPerson(op).visit(ctx, link, nil)
				return page
			}).Should(ContainSubstring("Continue with " + title))

			By("signing in as somebody else, which is refused with words")
			op.Claims["email"], op.Claims["name"] = "eva@"+org+".example", "Ada Lima"
			who := newPerson(op)
			status, page := who.visit(ctx, link+"/sign-in", nil)
			Expect(status).To(Equal(http.StatusForbidden))
			Expect(page).To(ContainSubstring("You have signed in with another address"))

			state, button, offer := v1alpha1.RecipientInvited, "accept", "no second mail follows"
			if registersBefore {
				By("registering without signing in, and waiting for the second mail")
				_, page = who.visit(ctx, link, url.Values{"action": {"accept"}, "displayName": {"Ada Lima"}, "language": {"en"}})
				Expect(page).To(And(ContainSubstring("Check your mail"), ContainSubstring("Continue with "+title)))
				state, button, offer = v1alpha1.RecipientRegistered, "complete", "Complete registration"
			}

			By("signing in as the invited one, which changes nothing yet")
			op.Claims["email"] = strings.ToUpper(name) + "@" + org + ".example"
			status, page = who.visit(ctx, link+"/sign-in", nil)
			Expect(status).To(Equal(http.StatusOK))
			Expect(page).To(ContainSubstring(offer))
			Expect(strings.Contains(page, `value="Ada Lima"`)).To(Equal(!registersBefore))
			Expect(op.LastAuthorization()["client_id"]).To(HaveExactElements(clientID))
			Expect(read(ctx, invitation)(Default).Status.Recipients).To(HaveExactElements(HaveField("State", state)))

			By("accepting")
			_, page = who.visit(ctx, link, url.Values{"action": {button}, "displayName": {"Ada Lima"}, "language": {"en"}})
			Expect(page).To(And(ContainSubstring("Welcome to"), ContainSubstring(`href="`+ownPage+`"`)))
			Eventually(read(ctx, invitation)).Should(HaveField("Status.Recipients", HaveExactElements(And(
				HaveField("State", v1alpha1.RecipientActive), HaveField("Registration.DisplayName", BeEquivalentTo("Ada Lima"))))))
			welcome := mailTo(ctx, address, func(m mailbox.Message) bool { return strings.Contains(m.Subject, "Welcome") })
			Expect(welcome.Links()).To(ContainElement(usher.PortalURL + ownPage))
			if !registersBefore {
				Expect(mailsTo(address)).To(HaveLen(2), "the invitation and the welcome")
			}
		}
		accepted("ada", "usher", "Platform ID", "/account", false)

		By("giving the organization a provider of its own, at a host that the platform allows")
		o := &v1alpha1.Organization{}
		Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: org, Name: org}, o)).To(Succeed())
		own := func(issuer string) error {
			changed := o.DeepCopy()
			changed.Spec.SignIn = &v1alpha1.OrganizationSignIn{IssuerURL: issuer, ClientID: "own", DisplayName: "Acme ID"}
			return env.Client.Patch(ctx, changed, client.MergeFrom(o))
		}
		Expect(own("https://10.0.0.1/")).To(BeRefused(http.StatusUnprocessableEntity, "is not at a host where organization"))
		Expect(own(op.Issuer())).To(Succeed())
		accepted("luis", "own", "Acme ID", "/account?organization="+org, true)
	})

	It("SIG-5 sees their own page, corrects their details, chooses an organization, and is shut out at once", func(ctx context.Context) {
		org, other := organization(ctx), organization(ctx)
		address := "ana@" + org + ".example"
		second := builders.OrgUser(other, "ana2").Existing().With(func(u *v1alpha1.OrgUser) {
			u.Spec.Email = v1alpha1.EmailAddress(address)
		}).Workspace("support", v1alpha1.WorkspaceView).Obj()
		ana := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "ana"}}
		op.Claims["email"] = address
		page := usher.PortalURL + "/account"

		By("signing in, which a stranger does in vain")
		who := newPerson(op)
		_, text := who.visit(ctx, page, nil)
		Expect(text).To(And(ContainSubstring("Continue with Platform ID"), Not(ContainSubstring(org))))
		_, text = who.visit(ctx, page+"/sign-in", nil)
		Expect(text).To(And(ContainSubstring("Your account with"), ContainSubstring(address)))
		op.Claims["email"] = "mallory@" + org + ".example"
		status, text := newPerson(op).visit(ctx, page+"/sign-in", nil)
		Expect(status).To(Equal(http.StatusForbidden))
		Expect(text).To(ContainSubstring("There is no account for you here"))
		op.Claims["email"] = address

		By("correcting the details, which come into force")
		own := page + "/o/" + org
		status, text = who.visit(ctx, own, url.Values{"displayName": {""}, "language": {"en"}})
		Expect(status).To(Equal(http.StatusUnprocessableEntity))
		Expect(text).To(ContainSubstring("displayName-error"))
		_, text = who.visit(ctx, own, url.Values{"displayName": {"Ana Ruiz"}, "phone": {"+34 600 000 001"}, "language": {"en"}})
		Expect(text).To(And(ContainSubstring("Your details are saved"), ContainSubstring("Ana Ruiz")))
		Eventually(read(ctx, ana)).Should(And(HaveField("Status.DisplayName", "Ana Ruiz"),
			HaveField("Status.Registration.Phone", BeEquivalentTo("+34600000001"))))
		Expect(ana.Spec.DisplayName).To(BeEmpty(), "the spec stays as it is")

		By("asking to leave, which is put to an administrator, as nobody is the contact, and removes nobody")
		bea := builders.OrgUser(org, "bea").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
		Expect(env.Client.Create(ctx, bea)).To(Succeed())
		Eventually(read(ctx, bea)).Should(BeReady())
		_, text = who.visit(ctx, own+"/leave?lang=en", url.Values{"action": {"ask"}})
		Expect(text).To(ContainSubstring("You asked to leave on"))
		asked := func(m mailbox.Message) bool { return strings.Contains(m.Subject, "asks to leave") }
		Expect(mailTo(ctx, "bea@"+org+".example", asked).Subject).To(ContainSubstring("Ana Ruiz asks to leave"))
		Eventually(read(ctx, ana)).Should(HaveField("Status.LeaveRequestTime", Not(BeNil())))
		_, text = who.visit(ctx, own+"/leave?lang=en", url.Values{"action": {"withdraw"}})
		Expect(text).To(ContainSubstring("Ask to leave"))
		Eventually(read(ctx, ana)).Should(And(HaveField("Status.LeaveRequestTime", BeNil()), HaveField("Status.State", v1alpha1.UserActive)))

		By("choosing between organizations, with why the access is there")
		Expect(env.Client.Create(ctx, second)).To(Succeed())
		Eventually(read(ctx, second)).Should(BeReady())
		Eventually(func() string {
			_, text := who.visit(ctx, page, nil)
			return text
		}).Should(And(ContainSubstring("Choose an organization"), ContainSubstring("/account/o/"+other)))
		_, text = who.visit(ctx, page+"/o/"+other, nil)
		Expect(text).To(And(ContainSubstring("given to you"), ContainSubstring("support")))

		By("signing out everywhere, which ends the session of another browser too")
		elsewhere := newPerson(op)
		_, text = elsewhere.visit(ctx, page+"/sign-in", nil)
		Expect(text).To(ContainSubstring("Choose an organization"))
		_, text = who.visit(ctx, page+"/sign-out", url.Values{"action": {"everywhere"}})
		Expect(text).To(ContainSubstring("Continue with Platform ID"))
		status, text = elsewhere.visit(ctx, own, nil)
		Expect(status).To(Equal(http.StatusForbidden))
		Expect(text).NotTo(ContainSubstring("Ana Ruiz"))

		By("being suspended, which the next request shows")
		third := newPerson(op)
		Eventually(func() string { // a session of the second in which the others ended is one of them
			_, text := third.visit(ctx, page+"/sign-in", nil)
			return text
		}).Should(ContainSubstring("Choose an organization"))
		Expect(env.Client.Patch(ctx, ana, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"suspend":true}}`)))).To(Succeed())
		Eventually(read(ctx, ana)).Should(HaveField("Status.State", v1alpha1.UserSuspended))
		status, _ = third.visit(ctx, own, nil)
		Expect(status).To(Equal(http.StatusForbidden))
	})
})

var _ = It("SIG-1 LMI-13 A person who signs in on Dex's own pages accepts, and sees their own page with the same account", func(ctx context.Context) {
	var server *dex.Server
	_, usher := startConfigured(ctx, func(f *config.UsherConfiguration) {
		dir := GinkgoT().TempDir()
		var err error
		server, err = dex.Start(ctx, dir, dex.Options{RedirectURIs: []string{f.Portal.URL + "/sign-in/callback"}})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(server.Stop)
		secret := filepath.Join(dir, "client-secret")
		Expect(os.WriteFile(secret, []byte(server.ClientSecret), 0o600)).To(Succeed())
		f.SignIn.IssuerURL, f.SignIn.ClientID, f.SignIn.ClientSecretFile = server.Issuer, dex.PortalClientID, secret
		f.SignIn.CAFile, f.SignIn.DisplayName = server.CAFile, "Dex"
	})
	org := organization(ctx)
	address, password := "nora@"+org+".example", rand.Text()
	Expect(server.AddPerson(ctx, address, password)).To(Succeed())
	invitation := builders.Invitation(org, "nora", address).Workspace("support", v1alpha1.WorkspaceEdit).Obj()
	Expect(env.Client.Create(ctx, invitation)).To(Succeed())
	link := linkTo(ctx, usher, address, "/i/")

	browser := server.Browser()
	_, err := browser.SignIn(ctx, link+"/sign-in", address, "guessed")
	Expect(err).To(MatchError(dex.ErrRefused))
	page, err := browser.SignIn(ctx, link+"/sign-in", address, password)
	Expect(err).NotTo(HaveOccurred())
	Expect(page.URL.String()).To(Equal(link))
	Expect(page.Body).To(ContainSubstring("no second mail follows"))
	page, err = browser.Submit(ctx, page, url.Values{"action": {"accept"}, "displayName": {"Nora Vidal"}, "language": {"en"}})
	Expect(err).NotTo(HaveOccurred())
	Expect(page.Body).To(ContainSubstring("Welcome to"))
	Eventually(read(ctx, invitation)).Should(HaveField("Status.Recipients", HaveExactElements(HaveField("State", v1alpha1.RecipientActive))))

	Eventually(func(g Gomega) {
		own, err := server.Browser().SignIn(ctx, usher.PortalURL+"/account/sign-in", address, password)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(own.URL.Path).To(Equal("/account/o/" + org))
		g.Expect(own.Body).To(And(ContainSubstring("Nora Vidal"), ContainSubstring("given to you")))
	}).Should(Succeed())
})
