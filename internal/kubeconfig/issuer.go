// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package kubeconfig

import "github.com/usher-operator/usher/internal/effective"

// Issuer issues people's kubeconfigs. The zero value issues none.
type Issuer struct {
	// Cluster returns what everybody's kubeconfig says.
	Cluster func() (Cluster, error)
	// Usernames are how the API server names people.
	Usernames effective.Usernames
}

// Issued are a person's kubeconfigs, one for each plugin that logs in. They are the same but for the login.
type Issued struct {
	// Filename is what the file is called; empty: none was issued.
	Filename string
	// Usher is for kubectl usher, and OIDCLogin for kubectl oidc-login.
	Usher, OIDCLogin []byte
}

// Issue issues the kubeconfigs of a person, who has a user name, an organization, and workspaces, by their namespaces. A user name that
// contains no address is one that the provider gives, and anybody's token would do.
func (i Issuer) Issue(username, organization string, workspaces []string) (Issued, error) {
	if i.Cluster == nil {
		return Issued{}, nil
	}
	c, err := i.Cluster()
	if err != nil || !c.Offered() {
		return Issued{}, err
	}
	p := Person{Username: username, Organization: organization, Workspaces: workspaces}
	if email, contains := i.Usernames.AddressIn(username); contains {
		p.Email = email
	}
	usher, err := c.For(p)
	if err != nil {
		return Issued{}, err
	}
	oidcLogin, err := c.ForOIDCLogin(p)
	return Issued{Filename: c.Filename(p), Usher: usher, OIDCLogin: oidcLogin}, err
}
