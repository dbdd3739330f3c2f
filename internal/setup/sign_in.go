// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/signin"
	"github.com/usher-operator/usher/internal/signin/providers"
)

// SignInFlags declares the flags of the provider with whose accounts people sign in on the portal (SIG-1).
func SignInFlags(flags *flag.FlagSet, o *Options) {
	p := &o.SignIn
	flags.StringVar(&p.IssuerURL, "sign-in-issuer-url", p.IssuerURL,
		"OpenID provider with whose accounts people sign in on the portal, exactly as its tokens name it; empty: there is none")
	flags.StringVar(&p.ClientID, "sign-in-client-id", p.ClientID, "name by which the OpenID provider knows the portal")
	flags.StringVar(&p.ClientSecretFile, "sign-in-client-secret-file", p.ClientSecretFile,
		"file with the portal's secret at the OpenID provider; empty: the portal is a public client")
	flags.StringVar(&p.CAFile, "sign-in-ca-file", p.CAFile,
		"file with the authorities of the OpenID provider's certificate; empty: those of the system")
	flags.StringVar(&p.DisplayName, "sign-in-display-name", p.DisplayName,
		"what people know the OpenID provider by; empty: the host in --sign-in-issuer-url")
	flags.StringVar((*string)(&p.EmailVerified), "sign-in-email-verified", string(p.EmailVerified),
		"whether tokens must say that the OpenID provider has verified the address: Required or Assumed")
	texts(flags, &p.Scopes, "sign-in-scopes", "what the portal asks the OpenID provider for, separated by commas")
	texts(flags, &p.AllowedDomains, "sign-in-allowed-domains",
		"mail domains whose addresses the OpenID provider vouches for, separated by commas; empty: all")
	texts(flags, &o.OrganizationIssuers, "sign-in-organization-issuers",
		"hosts at which organizations may have OpenID providers of their own: host or *.domain, each with organization= before it if it "+
			"holds for one only, separated by commas; empty: they may have none")
	flags.Func("sign-in-private-networks",
		"networks, beside the public internet, in which organizations' OpenID providers may be, separated by commas", func(s string) error {
			networks, err := ParseNetworks(parts(s))
			o.SignInNetworks = networks
			return err
		})
}

// texts declares a flag with a list, separated by commas.
func texts(flags *flag.FlagSet, list *[]string, name, usage string) {
	flags.Func(name, usage, func(s string) error {
		*list = parts(s)
		return nil
	})
}

func parts(s string) []string {
	var all []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// SignInArguments returns the flags that set the provider, for a program that is started with the options.
func SignInArguments(o *Options) []string {
	networks := make([]string, 0, len(o.SignInNetworks))
	for _, network := range o.SignInNetworks {
		networks = append(networks, network.String())
	}
	p := o.SignIn
	all := []string{
		"--sign-in-issuer-url=" + p.IssuerURL, "--sign-in-client-id=" + p.ClientID,
		"--sign-in-client-secret-file=" + p.ClientSecretFile, "--sign-in-ca-file=" + p.CAFile,
		"--sign-in-display-name=" + p.DisplayName, "--sign-in-allowed-domains=" + strings.Join(p.AllowedDomains, ","),
		"--sign-in-organization-issuers=" + strings.Join(o.OrganizationIssuers, ","),
		"--sign-in-private-networks=" + strings.Join(networks, ","),
	}
	if p.EmailVerified != "" {
		all = append(all, "--sign-in-email-verified="+string(p.EmailVerified))
	}
	if len(p.Scopes) > 0 {
		all = append(all, "--sign-in-scopes="+strings.Join(p.Scopes, ","))
	}
	return all
}

// signInFlags are the flags of the fields that a provider's errors begin with.
var signInFlags = []struct{ field, flag string }{
	{"issuerURL", "--sign-in-issuer-url"},
	{"clientID", "--sign-in-client-id"},
	{"scopes", "--sign-in-scopes"},
	{"allowedDomains", "--sign-in-allowed-domains"},
	{"emailVerified", "--sign-in-email-verified"},
}

// validateSignIn returns what is wrong with the provider.
func (o *Options) validateSignIn() []error {
	var wrong []error
	if _, err := effective.ParseIssuers(o.OrganizationIssuers); err != nil {
		wrong = append(wrong, fmt.Errorf("--sign-in-organization-issuers: %w", err))
	}
	if o.SignIn.IssuerURL == "" {
		if o.SignIn.ClientID != "" || o.SignIn.ClientSecretFile != "" {
			wrong = append(wrong, errors.New(
				"--sign-in-client-id or --sign-in-client-secret-file is set, but --sign-in-issuer-url is not: "+
					"set the URL of the provider, or neither"))
		}
		return wrong
	}
	for _, text := range lines(o.SignIn.Validate()) {
		for _, f := range signInFlags {
			if rest, is := strings.CutPrefix(text, f.field); is {
				text = f.flag + rest
			}
		}
		wrong = append(wrong, errors.New(text))
	}
	return wrong
}

// lines returns the texts of joined errors.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// newSignIn returns what leads people to their identity provider, or nil if nobody has one.
func newSignIn(o *Options) portal.SignIn {
	if o.SignIn.IssuerURL == "" && len(o.OrganizationIssuers) == 0 {
		return nil
	}
	callback := strings.TrimRight(o.PortalURL, "/") + portal.CallbackPath
	return signin.NewClient(callback, issuers(o).Allow, o.SignInNetworks, o.now())
}

// issuers returns the allow-list, which Validate has already checked.
func issuers(o *Options) effective.Issuers {
	all, _ := effective.ParseIssuers(o.OrganizationIssuers)
	return all
}

// providers returns every provider with whom people sign in.
func (o *Options) providers() providers.Set {
	return providers.Set{Platform: o.SignIn, Issuers: issuers(o)}
}
