// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package kubeconfig_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/kubeconfig"
)

func TestKubeconfig(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Kubeconfig")
}

var _ = Describe("A kubeconfig", func() {
	var cluster kubeconfig.Cluster
	person := kubeconfig.Person{
		Username: "nora@acme.example", Email: "nora@acme.example", Organization: "acme", Workspaces: []string{"acme-support", "acme-sales"},
	}
	BeforeEach(func() {
		cluster = kubeconfig.Cluster{
			Name: "prod", Server: "https://api.acme.example:6443", CAData: []byte("PEM"),
			Login: kubeconfig.Login{
				IssuerURL: "https://login.acme.example", ClientID: "kubectl", Scopes: []string{"openid", "email", "offline_access"},
			},
		}
	})

	It("SIG-3 is one that kubectl reads, logs the person in, and starts in the first workspace", func() {
		written, err := cluster.For(person)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(written)).To(Equal(`apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: UEVN
    server: https://api.acme.example:6443
  name: prod
contexts:
- context:
    cluster: prod
    namespace: acme-support
    user: nora@acme.example@prod
  name: acme@prod
current-context: acme@prod
kind: Config
users:
- name: nora@acme.example@prod
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      args:
      - usher
      - login
      - --issuer-url=https://login.acme.example
      - --client-id=kubectl
      - --scopes=openid,email,offline_access
      - --email=nora@acme.example
      command: kubectl
      env: null
      installHint: 'kubectl usher is not installed. It is a plugin of kubectl: ask
        an administrator of your organization where to get it.'
      interactiveMode: Never
      provideClusterInfo: false
`))
		config, err := clientcmd.Load(written)
		Expect(err).NotTo(HaveOccurred())
		Expect(clientcmd.Validate(*config)).To(Succeed())
		Expect(cluster.Filename(person)).To(Equal("kubeconfig-acme-prod.yaml"))
	})

	It("SIG-3 says all that the login has to know, and only that", func() {
		cluster.Login.Claim, cluster.Login.RedirectPort, cluster.Login.CAData = "upn", 8000, []byte("CA")
		Expect(cluster.Login.Args("nora@acme.example")).To(Equal([]string{
			"usher", "login", "--issuer-url=https://login.acme.example", "--client-id=kubectl", "--scopes=openid,email,offline_access",
			"--claim=upn", "--redirect-port=8000", "--issuer-ca-data=Q0E=", "--email=nora@acme.example",
		}))
		cluster.Login.Claim = "email"
		Expect(cluster.Login.Args("nora@acme.example")).NotTo(ContainElement(ContainSubstring("--claim")))
	})

	It("SIG-3 has a form for those who use kubectl oidc-login", func() {
		cluster.Login.RedirectPort, cluster.Login.CAData = 8000, []byte("CA")
		written, err := cluster.ForOIDCLogin(person)
		Expect(err).NotTo(HaveOccurred())
		config, err := clientcmd.Load(written)
		Expect(err).NotTo(HaveOccurred())
		Expect(config.AuthInfos["nora@acme.example@prod"].Exec.Args).To(Equal([]string{
			"oidc-login", "get-token", "--oidc-issuer-url=https://login.acme.example", "--oidc-client-id=kubectl",
			"--oidc-extra-scope=email", "--oidc-extra-scope=offline_access", "--listen-address=127.0.0.1:8000",
			"--certificate-authority-data=Q0E=", "--oidc-auth-request-extra-params=login_hint=nora@acme.example",
		}))
	})

	It("SIG-3 starts in the organization for a person without a workspace, and trusts the computer's authorities if no others are named", func() {
		cluster.CAData = nil
		written, err := cluster.For(kubeconfig.Person{Username: "nora@acme.example", Organization: "acme"})
		Expect(err).NotTo(HaveOccurred())
		config, err := clientcmd.Load(written)
		Expect(err).NotTo(HaveOccurred())
		Expect(config.Contexts["acme@prod"].Namespace).To(Equal("acme"))
		Expect(config.Clusters["prod"].CertificateAuthorityData).To(BeEmpty())
	})

	It("SIG-3 has the address in the user name, and logs in whomever the provider names if there is none", func() {
		issuer := kubeconfig.Issuer{
			Cluster: func() (kubeconfig.Cluster, error) { return cluster, nil }, Usernames: effective.Usernames{Prefix: "sso:"},
		}
		for username, hint := range map[string]string{"sso:nora@acme.example": "--email=nora@acme.example", "sso:u-1234": "--scopes"} {
			issued, err := issuer.Issue(username, "acme", []string{"acme-support"})
			Expect(err).NotTo(HaveOccurred())
			config, err := clientcmd.Load(issued.Usher)
			Expect(err).NotTo(HaveOccurred())
			Expect(config.AuthInfos).To(HaveKey(username + "@prod"))
			args := config.AuthInfos[username+"@prod"].Exec.Args
			Expect(args[len(args)-1]).To(HavePrefix(hint))
			Expect(issued.OIDCLogin).To(ContainSubstring("oidc-login"))
			Expect(issued.Filename).To(Equal("kubeconfig-acme-prod.yaml"))
		}
		cluster.Server = ""
		Expect(issuer.Issue("nora@acme.example", "acme", nil)).To(BeZero())
		Expect(kubeconfig.Issuer{}.Issue("nora@acme.example", "acme", nil)).To(BeZero())
	})

	It("SIG-3 is not offered where the configuration does not say how to reach the cluster or how to log in", func() {
		Expect(cluster.Offered()).To(BeTrue())
		unreachable, anonymous := cluster, cluster
		unreachable.Server, anonymous.Login.IssuerURL = "", ""
		for _, c := range []kubeconfig.Cluster{unreachable, anonymous} {
			Expect(c.Offered()).To(BeFalse())
			_, err := c.For(person)
			Expect(err).To(MatchError(ContainSubstring("set cluster.server and cluster.login.issuerURL")))
		}
	})
})
