// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"flag"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/identity"
)

// AccountsFlags adds the flags of people's accounts at the identity provider (SIG-2).
func AccountsFlags(flags *flag.FlagSet, o *Options) {
	a := &o.Accounts
	flags.StringVar(&a.Address, "accounts-address", a.Address,
		"host:port of the gRPC API of Dex, where people get accounts with a password; empty: they get none")
	flags.StringVar(&a.TLS.CertFile, "accounts-tls-cert-file", a.TLS.CertFile, "file with the certificate by which Dex knows Usher")
	flags.StringVar(&a.TLS.KeyFile, "accounts-tls-key-file", a.TLS.KeyFile, "file with the key of that certificate")
	flags.StringVar(&a.TLS.CAFile, "accounts-tls-ca-file", a.TLS.CAFile, "file with the authorities of Dex's certificate")
	flags.IntVar(&a.MinLength, "accounts-minimum-length", a.MinLength, "how many characters a password has at least")
	flags.StringVar(&a.BreachedURL, "accounts-breached-url", a.BreachedURL,
		"URL that says which passwords have been stolen, by the first five digits of their SHA-1; empty: nobody is asked")
}

// addAccounts returns the provider of people's accounts, or nil if there is none. While it does not answer, the feature is degraded.
func addAccounts(mgr ctrl.Manager, o *Options) (identity.Provider, error) {
	if !o.Accounts.On() {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	dex, err := identity.NewDex(o.Accounts)
	if err != nil {
		return nil, err
	}
	ready := func() error { return dex.Ready(context.Background()) }
	return dex, mgr.Add(watched{o.features, featureAccounts, ready, checkInterval})
}
