// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package kubeconfig builds the kubeconfigs that people are given. They contain nothing secret: where the cluster is, and which program
// logs the person in.
package kubeconfig

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

const (
	// ContentType is the media type of a kubeconfig.
	ContentType = "application/yaml"
	// DefaultClaim is the claim with a person's address, unless the cluster says otherwise.
	DefaultClaim = "email"

	execVersion = "client.authentication.k8s.io/v1"
)

// Login says how kubectl gets the token that the API server knows people by.
type Login struct {
	// IssuerURL is the OpenID provider, exactly as its tokens name it.
	IssuerURL string
	// ClientID is the name by which the provider knows kubectl.
	ClientID string
	// Scopes are what kubectl asks the provider for.
	Scopes []string
	// Claim is the claim that contains the address; empty: DefaultClaim.
	Claim string
	// RedirectPort is the port of the loopback interface to which the provider sends people back; 0: any.
	RedirectPort int
	// CAData are the authorities of the provider's certificate, as PEM; empty: those of the person's computer.
	CAData []byte
}

// Cluster is what everybody's kubeconfig says.
type Cluster struct {
	// Name is the name of the cluster.
	Name string
	// Server is the URL of the API server; empty: nobody is given a kubeconfig.
	Server string
	// CAData are the authorities of the API server's certificate, as PEM; empty: those of the person's computer.
	CAData []byte
	// Login is how people log in.
	Login Login
}

// Person is whose kubeconfig it is.
type Person struct {
	// Username is the person's name in RBAC.
	Username string
	// Email is the address that the token has to contain; empty: any.
	Email string
	// Organization is the namespace of the organization.
	Organization string
	// Workspaces are the namespaces of the person's workspaces. kubectl starts in the first one; without any, in the organization's.
	Workspaces []string
}

// Offered reports whether people are given kubeconfigs.
func (c Cluster) Offered() bool { return c.Server != "" && c.Login.IssuerURL != "" }

// Filename is what a person's kubeconfig is called.
func (c Cluster) Filename(p Person) string {
	return "kubeconfig-" + p.Organization + "-" + c.Name + ".yaml"
}

// For returns the kubeconfig of a person who has the plugin kubectl usher.
func (c Cluster) For(p Person) ([]byte, error) {
	return c.build(p, c.Login.Args(p.Email), "kubectl usher is not installed. It is a plugin of kubectl: ask an administrator of your "+
		"organization where to get it.")
}

// ForOIDCLogin returns the kubeconfig of a person who has the plugin kubectl oidc-login, also known as kubelogin.
func (c Cluster) ForOIDCLogin(p Person) ([]byte, error) {
	return c.build(p, c.Login.oidcLoginArgs(p.Email), "kubectl oidc-login is not installed. It is a plugin of kubectl: see "+
		"https://github.com/int128/kubelogin.")
}

// Args returns the arguments of kubectl that log a person in.
func (l Login) Args(email string) []string {
	args := []string{"usher", "login", "--issuer-url=" + l.IssuerURL, "--client-id=" + l.ClientID}
	if len(l.Scopes) > 0 {
		args = append(args, "--scopes="+strings.Join(l.Scopes, ","))
	}
	if claim := cmp.Or(l.Claim, DefaultClaim); claim != DefaultClaim {
		args = append(args, "--claim="+claim)
	}
	if l.RedirectPort != 0 {
		args = append(args, fmt.Sprintf("--redirect-port=%d", l.RedirectPort))
	}
	if len(l.CAData) > 0 {
		args = append(args, "--issuer-ca-data="+base64.StdEncoding.EncodeToString(l.CAData))
	}
	if email == "" {
		return args
	}
	return append(args, "--email="+email)
}

func (l Login) oidcLoginArgs(email string) []string {
	args := []string{"oidc-login", "get-token", "--oidc-issuer-url=" + l.IssuerURL, "--oidc-client-id=" + l.ClientID}
	for _, scope := range l.Scopes {
		if scope != "openid" { // which it always asks for
			args = append(args, "--oidc-extra-scope="+scope)
		}
	}
	if l.RedirectPort != 0 {
		args = append(args, fmt.Sprintf("--listen-address=127.0.0.1:%d", l.RedirectPort))
	}
	if len(l.CAData) > 0 {
		args = append(args, "--certificate-authority-data="+base64.StdEncoding.EncodeToString(l.CAData))
	}
	if email == "" {
		return args
	}
	return append(args, "--oidc-auth-request-extra-params=login_hint="+email)
}

// build returns a kubeconfig. The names of its entries differ between clusters, organizations and people, so that one file can have
// several.
func (c Cluster) build(p Person, args []string, hint string) ([]byte, error) {
	if !c.Offered() {
		return nil, errors.New("the configuration does not say what people's kubeconfigs need: " +
			"set cluster.server and cluster.login.issuerURL")
	}
	user, name := p.Username+"@"+c.Name, p.Organization+"@"+c.Name
	config := api.NewConfig()
	config.Clusters[c.Name] = &api.Cluster{Server: c.Server, CertificateAuthorityData: slices.Clone(c.CAData)}
	config.AuthInfos[user] = &api.AuthInfo{Exec: &api.ExecConfig{
		APIVersion: execVersion, Command: "kubectl", Args: args, InstallHint: hint,
		// The login uses a browser and never reads what is typed.
		InteractiveMode: api.NeverExecInteractiveMode,
	}}
	config.Contexts[name] = &api.Context{Cluster: c.Name, AuthInfo: user, Namespace: p.namespace()}
	config.CurrentContext = name
	clean(config)
	return clientcmd.Write(*config)
}

func (p Person) namespace() string {
	if len(p.Workspaces) > 0 {
		return p.Workspaces[0]
	}
	return p.Organization
}

// clean removes empty maps, which would be written as "extensions: null".
func clean(config *api.Config) {
	var none map[string]runtime.Object
	config.Extensions, config.Preferences.Extensions = none, none
}
