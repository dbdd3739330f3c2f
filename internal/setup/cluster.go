// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"crypto/x509"
	"flag"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	config "github.com/usher-operator/usher/api/config/v1alpha1"
	"github.com/usher-operator/usher/internal/kubeconfig"
)

// ClusterFlags adds the flags of people's kubeconfigs (SIG-3).
func ClusterFlags(flags *flag.FlagSet, o *Options) {
	c, login := &o.Cluster, &o.Cluster.Login
	pem := func(into *[]byte, name, usage string) {
		flags.Func(name, usage, func(s string) error {
			*into = []byte(s)
			return nil
		})
	}
	flags.StringVar(&c.Name, "cluster-name", c.Name, "name of the cluster in people's kubeconfigs")
	flags.StringVar(&c.Server, "cluster-server", c.Server, "URL at which people reach the API server; empty: people get no kubeconfig")
	flags.StringVar(&o.ClusterCAFile, "cluster-ca-file", o.ClusterCAFile,
		"file with the authorities of the API server's certificate; empty: those of people's computers")
	pem(&c.CAData, "cluster-ca-data", "those authorities themselves, in PEM, in place of the file")
	flags.StringVar(&login.IssuerURL, "login-issuer-url", login.IssuerURL,
		"OpenID provider with which people log in to the cluster; empty: people get no kubeconfig")
	flags.StringVar(&login.ClientID, "login-client-id", login.ClientID, "name by which that provider knows kubectl")
	flags.Func("login-scopes", "what kubectl asks that provider for, separated by commas", func(s string) error {
		login.Scopes = strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
		return nil
	})
	flags.StringVar(&login.Claim, "login-claim", login.Claim, "claim of that provider's tokens with the address")
	flags.IntVar(&login.RedirectPort, "login-redirect-port", login.RedirectPort,
		"port on people's computers to which the browser returns; 0: any")
	pem(&login.CAData, "login-ca-data", "authorities of that provider's certificate, in PEM; empty: those of people's computers")
}

// cluster returns what people's kubeconfigs say by the configuration.
func cluster(c *config.Cluster) kubeconfig.Cluster {
	return kubeconfig.Cluster{
		Name: c.Name, Server: c.Server, CAData: pemOf(c.CAData),
		Login: kubeconfig.Login{
			IssuerURL: c.Login.IssuerURL, ClientID: c.Login.ClientID, Scopes: c.Login.Scopes, Claim: c.Login.Claim,
			RedirectPort: c.Login.RedirectPort, CAData: pemOf(c.Login.CAData),
		},
	}
}

func pemOf(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

// kubeconfigs returns what people's kubeconfigs say, with the authorities in the file. The kubelet replaces it when they change.
func (o *Options) kubeconfigs() (kubeconfig.Cluster, error) {
	c := o.Cluster
	if !c.Offered() || len(c.CAData) > 0 || o.ClusterCAFile == "" {
		return c, nil
	}
	var err error
	if c.CAData, err = os.ReadFile(o.ClusterCAFile); err != nil {
		return c, fmt.Errorf("cannot read the authorities of the API server's certificate: %w", err)
	}
	return c, nil
}

// issuer returns who issues people's kubeconfigs.
func (o *Options) issuer() kubeconfig.Issuer {
	return kubeconfig.Issuer{Cluster: o.kubeconfigs, Usernames: o.Usernames}
}

// clusterNames are the names that kubectl takes for contexts without quotes, and that are part of a file's name.
var clusterNames = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)

// validateCluster returns what is wrong with people's kubeconfigs, if they get any.
func (o *Options) validateCluster() []error {
	c, login := o.Cluster, o.Cluster.Login
	if c.Server == "" && login.IssuerURL == "" {
		return nil
	}
	var wrong []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	require(isSecure(c.Server), "--cluster-server %q must be the https URL at which people reach the API server, such as "+
		"https://kubernetes.acme.example:6443", c.Server)
	require(isSecure(login.IssuerURL), "--login-issuer-url %q must be the https URL of the OpenID provider that the API server trusts, "+
		"such as https://login.acme.example", login.IssuerURL)
	require(clusterNames.MatchString(c.Name), "--cluster-name %q must be up to 63 letters, digits, hyphens, underscores and dots", c.Name)
	require(login.ClientID != "", "--login-client-id is missing: set it to the name by which the provider knows kubectl")
	require(slices.Contains(login.Scopes, "openid"), "--login-scopes must contain openid")
	require(login.Claim != "", "--login-claim is missing: set it to the claim of which the API server makes user names, such as email")
	require(login.RedirectPort >= 0 && login.RedirectPort < 1<<16, "--login-redirect-port %d is no port: set it to 0 for any",
		login.RedirectPort)
	require(len(login.CAData) == 0 || hasCertificate(login.CAData), "--login-ca-data has no certificate in PEM")
	read, err := o.kubeconfigs()
	require(err == nil, "--cluster-ca-file: %w", err)
	require(err != nil || len(read.CAData) == 0 || hasCertificate(read.CAData), "%s has no certificate in PEM", o.authoritiesFlag())
	return wrong
}

func (o *Options) authoritiesFlag() string {
	if len(o.Cluster.CAData) > 0 {
		return "--cluster-ca-data"
	}
	return "--cluster-ca-file"
}

func isSecure(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && isWebURL(address) && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func hasCertificate(pem []byte) bool { return x509.NewCertPool().AppendCertsFromPEM(pem) }
