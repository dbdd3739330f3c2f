// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"context"
	"encoding/base64"
	"os"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func decoded(encoding string, content []byte) string {
	GinkgoHelper()
	Expect(encoding).To(Equal("base64"))
	plain, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(content), "\r\n", ""))
	Expect(err).NotTo(HaveOccurred())
	return string(plain)
}

var _ = Describe("A welcomed person's kubectl", Ordered, func() {
	var (
		nora *person
		org  string
	)
	BeforeAll(func(ctx context.Context) {
		org = env.Namespace(ctx, "acme")
		nora = newPerson(ctx, "nora@"+org+".example")
		for _, o := range []client.Object{
			builders.Organization(org).Obj(),
			builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
			builders.Workspace(org, "support").Obj(), builders.Workspace(org, "sales").Obj(),
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
	read := []string{"get", "configmap", "runbook", "-o", "jsonpath={.data.phone}"}

	It("SIG-3 GTA-9 NOV-1 works at once with the kubeconfig of the welcome, as whom RBAC names", func(ctx context.Context) {
		confirmation := nora.accept(ctx)

		By("getting the same kubeconfig by mail and on the page")
		welcome := nora.mailTo(ctx, "Welcome")
		name, attached := attachment(welcome)
		Expect(name).To(Equal("kubeconfig-" + org + "-test.yaml"))
		Expect(welcome.Text).To(And(ContainSubstring("export KUBECONFIG=~/Downloads/"+name), ContainSubstring("kubectl usher login")))
		page, _ := download(ctx, confirmation+"/done")
		Expect(page).To(And(ContainSubstring("/kubeconfig\" download=\""+name+`"`), ContainSubstring("kubectl usher login")))
		downloaded, header := download(ctx, confirmation+"/kubeconfig")
		Expect(header.Get("Content-Disposition")).To(Equal("attachment; filename=" + name))
		Expect(header.Get("Cache-Control")).To(Equal("no-store"))
		Expect(downloaded).To(Equal(attached))
		other, _ := download(ctx, confirmation+"/kubeconfig?login=oidc-login")
		Expect(other).To(And(ContainSubstring("get-token"), Not(ContainSubstring("- usher"))))
		Expect(os.WriteFile(nora.config, []byte(downloaded), 0o600)).To(Succeed())

		By("reading a ConfigMap of her workspace, which is the namespace of the kubeconfig")
		s := nora.kubectl(read...)
		Expect(nora.logIn(ctx, s)).To(ContainSubstring("You are logged in"))
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		Expect(string(s.Out.Contents())).To(Equal("112"))

		By("being the one whom RBAC names, with the prefix, and nobody without it")
		s = nora.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		Expect(string(s.Out.Contents())).To(Equal(prefix + nora.email))
		Expect(s.Err.Contents()).To(BeEmpty(), "nobody logs in twice")
		bindings := &rbacv1.RoleBindingList{}
		Expect(env.Client.List(ctx, bindings, client.InNamespace(org+"-support"))).To(Succeed())
		var subjects []string
		for _, b := range bindings.Items {
			for _, subject := range b.Subjects {
				Expect(subject.Kind).To(Equal(rbacv1.UserKind))
				subjects = append(subjects, subject.Name)
			}
		}
		Expect(subjects).To(And(ContainElement(prefix+nora.email), Not(ContainElement(nora.email))))
		s = nora.kubectl("usher", "whoami", "-n", org)
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		Expect(s.Out).To(gbytes.Say("User name: +" + prefix + nora.email))
		Expect(s.Out).To(gbytes.Say("You are: +Member"))

		By("having nothing elsewhere")
		s = nora.kubectl("get", "configmaps", "-n", org+"-sales")
		Eventually(s).WithContext(ctx).Should(gexec.Exit(1))
		Expect(s.Err).To(gbytes.Say(`User "` + prefix + nora.email + `" cannot list resource`))

		By("keeping the login where only she reads it")
		Expect(nora.logins()).To(HaveLen(1))
		info, err := os.Stat(nora.logins()[0])
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o600)))
	})

	It("SIG-3 refreshes the login without a word, once for all commands at the same time", func(ctx context.Context) {
		before, err := os.ReadFile(nora.logins()[0])
		Expect(err).NotTo(HaveOccurred())
		nora.changeLogin("expiry", "2020-01-01T00:00:00Z")
		var all []*gexec.Session
		for range 4 {
			all = append(all, nora.kubectl(read...))
		}
		for _, s := range all {
			Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
			Expect(string(s.Out.Contents())).To(Equal("112"))
			Expect(string(s.Err.Contents())).NotTo(ContainSubstring("https://"), "nobody is asked to log in")
		}
		after, err := os.ReadFile(nora.logins()[0])
		Expect(err).NotTo(HaveOccurred())
		Expect(after).NotTo(Equal(before))
	})

	It("SIG-4 logs in again when the provider does not renew the login", func(ctx context.Context) {
		nora.changeLogin("expiry", "2020-01-01T00:00:00Z")
		nora.changeLogin("refreshToken", "forgotten")
		s := nora.kubectl(read...)
		nora.logIn(ctx, s)
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		Expect(string(s.Err.Contents())).To(HavePrefix("Your login has ended.\n"))
	})

	It("SIG-4 is logged out by a command, and asks one of several commands to log in", func(ctx context.Context) {
		s := nora.kubectl("usher", "logout")
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		Expect(string(s.Out.Contents())).To(Equal(nora.email + " is logged out of this computer.\n"))
		Expect(nora.logins()).To(BeEmpty())
		s = nora.kubectl("usher", "logout", "--context", org+"@test")
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		Expect(string(s.Out.Contents())).To(Equal("Nobody was logged in.\n"))
		first := nora.kubectl(read...)
		asked(ctx, first)
		second := nora.kubectl(read...)
		Eventually(second.Err).WithContext(ctx).Should(gbytes.Say("Waiting for another kubectl that is logging in"))
		nora.logIn(ctx, first)
		for _, s := range []*gexec.Session{first, second} {
			Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
			Expect(string(s.Out.Contents())).To(Equal("112"))
		}
		Expect(string(second.Err.Contents())).NotTo(ContainSubstring("https://"))
	})

	It("SIG-3 logs in by another device where there is no browser, and when asked to", func(ctx context.Context) {
		nora.browser = ""
		Eventually(nora.kubectl("usher", "logout")).WithContext(ctx).Should(gexec.Exit(0))
		for _, args := range [][]string{read, {"usher", "login", "--device", "--again"}} {
			s := nora.kubectl(args...)
			page, err := provider.Browser().Approve(ctx, asked(ctx, s), nora.email, password)
			Expect(err).NotTo(HaveOccurred())
			Expect(page.Status).To(Equal(200))
			Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
			Expect(s.Err).To(gbytes.Say(`It must show the code [A-Z]{4}-[A-Z]{4}`))
		}
		s := nora.kubectl("usher", "login")
		Eventually(s).WithContext(ctx).Should(gexec.Exit(0))
		Expect(string(s.Out.Contents())).To(MatchRegexp(`^You are logged in as %s\. The token is valid until .*\n$`, nora.email))
	})

	It("SIG-3 does not act for whoever else is logged in in the browser", func(ctx context.Context) {
		nora.browser = "true"
		marc := newPerson(ctx, "marc@"+org+".example")
		Eventually(nora.kubectl("usher", "logout")).WithContext(ctx).Should(gexec.Exit(0))
		s := nora.kubectl(read...)
		page, err := provider.Browser().SignIn(ctx, asked(ctx, s), marc.email, password)
		Expect(err).NotTo(HaveOccurred())
		Expect(page.Body).To(ContainSubstring("You are not logged in"))
		Eventually(s).WithContext(ctx).Should(gexec.Exit(1))
		Expect(s.Err).To(gbytes.Say("you have logged in as " + marc.email + ", and this kubeconfig is for " + nora.email))
		Expect(nora.logins()).To(BeEmpty())
	})

	It("SIG-3 says what to do without such a kubeconfig", func(ctx context.Context) {
		s := nora.kubectl("usher", "login", "--kubeconfig", strings.TrimPrefix(env.KubectlEnv()[1], "KUBECONFIG="))
		Eventually(s).WithContext(ctx).Should(gexec.Exit(1))
		Expect(s.Err).To(gbytes.Say("error: the user of the current context does not log in with this command: use the kubeconfig that you were given"))
	})
})
