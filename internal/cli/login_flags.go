// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/usher-operator/usher/internal/cli/login"
)

// loginFlags are what the exec section of a kubeconfig says, see kubeconfig.Login.Args.
type loginFlags struct {
	client login.Client
	ca     string
}

func (f *loginFlags) bind(flags *pflag.FlagSet) {
	c := &f.client
	flags.StringVar(&c.IssuerURL, "issuer-url", "", "URL of the identity provider. If unset, the kubeconfig says all of this.")
	flags.StringVar(&c.ID, "client-id", "", "Name by which the identity provider knows kubectl.")
	flags.StringSliceVar(&c.Scopes, "scopes", []string{"openid", "email", "offline_access"}, "What the identity provider is asked for.")
	flags.StringVar(&c.Email, "email", "", "Address of the person whose login it is.")
	flags.StringVar(&c.Claim, "claim", "email", "Claim of the token that contains the address.")
	flags.IntVar(&c.RedirectPort, "redirect-port", 0, "Port on this computer to which the browser returns. If 0, any.")
	flags.StringVar(&f.ca, "issuer-ca-data", "", "Authorities of the identity provider's certificate: PEM in base64.")
}

func (f *loginFlags) read() (login.Client, error) {
	c := f.client
	if c.ID == "" {
		return c, errors.New("--issuer-url needs --client-id")
	}
	if !slices.Contains(c.Scopes, "openid") {
		c.Scopes = append([]string{"openid"}, c.Scopes...)
	}
	var err error
	if c.CAData, err = base64.StdEncoding.DecodeString(f.ca); err != nil {
		return c, fmt.Errorf("--issuer-ca-data must be PEM in base64: %w", err)
	}
	return c, nil
}

// loginClient returns whose login a command is about: by the flags, or else by the kubeconfig.
func (t *tool) loginClient(flags *loginFlags) (login.Client, error) {
	if flags.client.IssuerURL != "" {
		return flags.read()
	}
	user, err := t.kubeconfigUser()
	if err != nil {
		return login.Client{}, err
	}
	args := loginArgs(user.Exec)
	if args == nil {
		return login.Client{}, errors.New("the user of the current context does not log in with this command: use the kubeconfig that " +
			"you were given, by --kubeconfig or the variable KUBECONFIG, or name its context with --context")
	}
	said := &loginFlags{}
	set := pflag.NewFlagSet("login", pflag.ContinueOnError)
	set.ParseErrorsAllowlist.UnknownFlags = true
	said.bind(set)
	if err := set.Parse(args); err != nil {
		return login.Client{}, fmt.Errorf("the exec section of the kubeconfig: %w", err)
	}
	return said.read()
}

// kubeconfigUser returns the user of the current context, as kubectl chooses it.
func (t *tool) kubeconfigUser() (*api.AuthInfo, error) {
	config, err := t.config.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, err
	}
	name := config.CurrentContext
	if *t.config.Context != "" {
		name = *t.config.Context
	}
	user := *t.config.AuthInfoName
	if c := config.Contexts[name]; c != nil && user == "" {
		user = c.AuthInfo
	}
	if found := config.AuthInfos[user]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("the kubeconfig has no user for context %q: kubectl config get-contexts lists those that it has", name)
}

// loginArgs returns the arguments of a credential plugin that is this command, or nil.
func loginArgs(exec *api.ExecConfig) []string {
	if exec == nil {
		return nil
	}
	words := append([]string{strings.TrimSuffix(filepath.Base(exec.Command), ".exe")}, exec.Args...)
	for _, names := range [][]string{{"kubectl", "usher", "login"}, {"kubectl-usher", "login"}} {
		if len(words) > len(names) && slices.Equal(words[:len(names)], names) {
			return words[len(names):]
		}
	}
	return nil
}
