// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import "github.com/usher-operator/usher/api/v1alpha1"

// judgeIssuer refuses a provider of the organization's own at a host that the platform does not allow, whoever asks (SIG-1): the portal
// connects to it. One that the Organization named before the change is left to the portal, which does not use it.
func judgeIssuer(r Request) []Violation {
	o, is := r.New.(*v1alpha1.Organization)
	if !is || o.Spec.SignIn == nil || o.Spec.SignIn.IssuerURL == "" {
		return nil
	}
	if before, _ := r.Old.(*v1alpha1.Organization); before != nil && before.Spec.SignIn != nil &&
		before.Spec.SignIn.IssuerURL == o.Spec.SignIn.IssuerURL {
		return nil
	}
	why := r.Facts.Issuers.RefusalOf(o.Namespace, o.Spec.SignIn.IssuerURL)
	if why == "" {
		return nil
	}
	return []Violation{invalid("spec.signIn.issuerURL", "issuer-allowed", o.Spec.SignIn.IssuerURL, why)}
}
