// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/kubeconfig"
	"github.com/usher-operator/usher/internal/testing/builders"
)

const past = "2020-01-01T00:00:00Z"

// visit opens a page, or sends a form to it, and returns what the browser shows in the end.
func visit(ctx context.Context, browser *http.Client, page string, form url.Values) (*url.URL, string) {
	GinkgoHelper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, page, strings.NewReader(form.Encode()))
	Expect(err).NotTo(HaveOccurred())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := browser.Do(r)
	Expect(err).NotTo(HaveOccurred())
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	Expect(err).NotTo(HaveOccurred())
	return answer.Request.URL, string(body)
}

var (
	hidden = regexp.MustCompile(`name="(\w+)" value="([^"]*)"`)
	action = regexp.MustCompile(`<form [^>]*action="([^"]*)"`)
)

// approve opens the address of the device flow, and confirms the code in it.
func approve(ctx context.Context, browser *http.Client, address string) string {
	GinkgoHelper()
	_, page := visit(ctx, browser, address, nil)
	for range 2 { // the code is sent by a script of the page, and then confirmed
		to := action.FindStringSubmatch(page)
		if to == nil {
			break
		}
		form := url.Values{}
		for _, field := range hidden.FindAllStringSubmatch(page, -1) {
			if field[1] != "abort" {
				form.Set(field[1], html.UnescapeString(field[2]))
			}
		}
		_, page = visit(ctx, browser, html.UnescapeString(to[1]), form)
	}
	return page
}

var _ = Describe("A person of a provider that is not Dex", Ordered, func() {
	var (
		nora    *person
		org     string
		browser *http.Client
	)
	BeforeAll(func(ctx context.Context) {
		org = env.Namespace(ctx, "acme")
		nora = &person{email: "nora@" + org + ".example", home: GinkgoT().TempDir(), browser: "true"}
		nora.config = nora.home + "/kubeconfig.yaml"
		browser = other.browser(nora.email)
		for _, o := range []client.Object{
			builders.Organization(org).Obj(),
			builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
			builders.Workspace(org, "support").Obj(),
			builders.OrgUser(org, "nora").Email(nora.email).Workspace("support", v1alpha1.WorkspaceView).Obj(),
		} {
			Expect(env.Client.Create(ctx, o)).To(Succeed())
		}
		Eventually(ctx, func() error {
			return env.Client.Create(ctx, &corev1.ConfigMap{
				ObjectMeta: metav1.ObjectMeta{Namespace: org + "-support", Name: "runbook"}, Data: map[string]string{"phone": "112"},
			})
		}).Should(Succeed())
	})
	// configure writes a kubeconfig as the welcome has it, for a shape of the provider.
	configure := func(name string) {
		GinkgoHelper()
		content, err := kubeconfig.Cluster{
			Name: "test", Server: env.Config.Host, CAData: env.Config.CAData,
			Login: kubeconfig.Login{
				IssuerURL: other.issuer(name), ClientID: "kubectl", Claim: "email", CAData: other.ca,
				Scopes: []string{"openid", "email", "groups", "offline_access"},
			},
		}.For(kubeconfig.Person{Username: prefix + nora.email, Email: nora.email, Organization: org, Workspaces: []string{org + "-support"}})
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(nora.config, content, 0o600)).To(Succeed())
	}
	read := []string{"get", "configmap", "runbook", "-o", "jsonpath={.data.phone}"}
	// logsIn has a command ask for a login, and returns the address to which it leads.
	logsIn := func(ctx context.Context, args ...string) (string, *gexec.Session) {
		GinkgoHelper()
		s := nora.kubectl(args...)
		where := asked(ctx, s)
		_, page := visit(ctx, browser, where, nil)
		Expect(page).To(ContainSubstring("You are logged in"))
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		return where, s
	}

	It("SIG-1 accepts by signing in, and has an own page", func(ctx context.Context) {
		var invitation string
		for _, link := range nora.mailTo(ctx, "/i/").Links() {
			if strings.Contains(link, "/i/") {
				invitation = link
			}
		}
		_, page := visit(ctx, browser, invitation, nil)
		Expect(page).To(ContainSubstring("Continue with Acme ID"))
		_, page = visit(ctx, browser, invitation+"/sign-in", nil)
		Expect(page).To(And(ContainSubstring("no second mail follows"), ContainSubstring(`value="Nora Vidal"`)))
		_, page = visit(ctx, browser, invitation, url.Values{"action": {"accept"}, "displayName": {"Nora Vidal"}, "language": {"en"}})
		Expect(page).To(ContainSubstring("Welcome to"))
		Eventually(ctx, func() string {
			_, page := visit(ctx, browser, usher.PortalURL+"/account/sign-in", nil)
			return page
		}).Should(ContainSubstring("Your account with"))
	})

	It("SIG-3 logs in with kubectl, as whom RBAC names, and is renewed from the second login on", func(ctx context.Context) {
		configure(slashed)
		where, s := logsIn(ctx, read...)
		Expect(string(s.Out.Contents())).To(Equal("112"))
		Expect(where).NotTo(ContainSubstring("prompt="))
		Expect(nora.kept("refreshToken")).To(BeEmpty(), "nobody was asked for consent to offline_access")
		s = nora.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username} {.status.userInfo.groups[0]}")
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		Expect(string(s.Out.Contents())).To(Equal(prefix + nora.email + " oidc:staff"))

		By("consenting, as the provider wants it, when the token has expired")
		nora.changeLogin("expiry", past)
		where, _ = logsIn(ctx, read...)
		Expect(where).To(ContainSubstring("prompt=consent"))

		By("being renewed without a word, each time with another refresh token")
		former := nora.kept("refreshToken")
		Expect(former).NotTo(BeEmpty())
		nora.changeLogin("expiry", past)
		s = nora.kubectl(read...)
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		Expect(s.Err.Contents()).To(BeEmpty())
		Expect(nora.kept("refreshToken")).NotTo(Equal(former))

		By("logging in again when a refresh token was used twice, which ends them all")
		nora.changeLogin("expiry", past)
		nora.changeLogin("refreshToken", former)
		_, s = logsIn(ctx, read...)
		Expect(s.Err).To(gbytes.Say("Your login has ended."))
	})

	It("SIG-3 logs in by another device, and out at the provider", func(ctx context.Context) {
		s := nora.kubectl("usher", "login", "--device", "--again")
		Expect(approve(ctx, browser, asked(ctx, s))).To(ContainSubstring("Sign-in Success"))
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		revoked := nora.kept("refreshToken")
		Expect(revoked).NotTo(BeEmpty())
		content, err := os.ReadFile(nora.logins()[0])
		Expect(err).NotTo(HaveOccurred())
		file := nora.logins()[0]
		s = nora.kubectl("usher", "logout")
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		Expect(s.Out).To(gbytes.Say(nora.email + " is logged out"))

		By("finding out that a copy of the login is of no use")
		Expect(os.WriteFile(file, content, 0o600)).To(Succeed())
		nora.changeLogin("expiry", past)
		_, s = logsIn(ctx, read...)
		Expect(s.Err).To(gbytes.Say("Your login has ended."))
	})

	It("SIG-3 is told what to do where the API server could not know them", func(ctx context.Context) {
		configure(userinfo)
		s := nora.kubectl(read...)
		_, page := visit(ctx, browser, asked(ctx, s), nil)
		Expect(page).To(ContainSubstring("You are not logged in"))
		Eventually(s).WithContext(ctx).Should(gexec.Exit(1))
		Expect(s.Err).To(gbytes.Say(`has no claim "email": .* have the provider put the claim into ID tokens`))
	})
})
