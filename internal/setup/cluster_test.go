// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/kubeconfig"
	"github.com/usher-operator/usher/internal/testing/certificate"
)

var _ = Describe("Options of people's kubeconfigs", func() {
	var (
		o  Options
		ca []byte
	)
	BeforeEach(func() {
		shown, err := certificate.Loopback(GinkgoT().TempDir())
		Expect(err).NotTo(HaveOccurred())
		ca, err = os.ReadFile(shown.File)
		Expect(err).NotTo(HaveOccurred())
		o = options()
		o.ClusterCAFile = shown.File
		o.Cluster = kubeconfig.Cluster{
			Name: "prod", Server: "https://api.acme.example:6443",
			Login: kubeconfig.Login{
				IssuerURL: "https://login.acme.example", ClientID: "kubectl", Scopes: []string{"openid", "email"}, Claim: "email",
			},
		}
	})

	It("SIG-3 have the authorities in the file as it is now, unless they are given", func() {
		Expect(o.Validate()).To(Succeed())
		issued, err := o.issuer().Issue("nora@acme.example", "acme", nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(issued.Filename).To(Equal("kubeconfig-acme-prod.yaml"))
		Expect(o.kubeconfigs()).To(HaveField("CAData", ca))
		o.ClusterCAFile, o.Cluster.CAData = "does-not-exist", ca
		Expect(o.Validate()).To(Succeed())
		Expect(o.kubeconfigs()).To(HaveField("CAData", ca))
		o.ClusterCAFile, o.Cluster.CAData = "", nil
		Expect(o.Validate()).To(Succeed())
		Expect(o.kubeconfigs()).To(HaveField("CAData", BeEmpty()))
	})

	It("SIG-3 need nothing where people get none", func() {
		o.Cluster, o.ClusterCAFile = kubeconfig.Cluster{}, "does-not-exist"
		Expect(o.Validate()).To(Succeed())
		Expect(o.issuer().Issue("nora@acme.example", "acme", nil)).To(BeZero())
	})

	DescribeTable("SIG-3 are refused with the flag that fixes them", func(spoil func(*Options), message string) {
		spoil(&o)
		Expect(o.Validate()).To(MatchError(ContainSubstring(message)))
	},
		Entry("no server", func(o *Options) { o.Cluster.Server = "" }, `--cluster-server "" must be the https URL`),
		Entry("a server without TLS", func(o *Options) { o.Cluster.Server = "http://api.acme.example" }, "--cluster-server"),
		Entry("no issuer", func(o *Options) { o.Cluster.Login.IssuerURL = "" }, `--login-issuer-url "" must be the https URL`),
		Entry("an issuer with a query", func(o *Options) { o.Cluster.Login.IssuerURL += "?a=b" }, "--login-issuer-url"),
		Entry("a name that is a path", func(o *Options) { o.Cluster.Name = "../prod" }, `--cluster-name "../prod" must be up to 63 letters`),
		Entry("no client", func(o *Options) { o.Cluster.Login.ClientID = "" }, "--login-client-id is missing"),
		Entry("scopes without an ID token", func(o *Options) { o.Cluster.Login.Scopes = []string{"email"} }, "--login-scopes must contain openid"),
		Entry("no claim", func(o *Options) { o.Cluster.Login.Claim = "" }, "--login-claim is missing"),
		Entry("a port that is none", func(o *Options) { o.Cluster.Login.RedirectPort = 70000 }, "--login-redirect-port 70000 is no port"),
		Entry("authorities that are none", func(o *Options) { o.Cluster.CAData = []byte("x") }, "--cluster-ca-data has no certificate in PEM"),
		Entry("authorities of the provider that are none", func(o *Options) { o.Cluster.Login.CAData = []byte("x") }, "--login-ca-data has no"),
		Entry("a file that does not exist", func(o *Options) { o.ClusterCAFile = filepath.Join("does", "not", "exist") }, "--cluster-ca-file: cannot read"),
	)
})
