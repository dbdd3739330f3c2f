// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
)

var _ = Describe("SIG-1 an organization's own provider", func() {
	with := func(issuer string) *v1alpha1.Organization {
		o := acme("ana")
		if issuer != "" {
			o.Spec.SignIn = &v1alpha1.OrganizationSignIn{IssuerURL: issuer, ClientID: "usher"}
		}
		return o
	}
	rules := func(role v1alpha1.Role, before, after string) []string {
		issuers, err := effective.ParseIssuers([]string{"login.acme.example"})
		Expect(err).NotTo(HaveOccurred())
		names := []string{}
		for _, v := range authz.Judge(authz.Request{
			Operation: authz.Update, Actor: person("eva", role), Organization: "acme", Old: with(before), New: with(after),
			Facts: authz.Facts{Organization: with(before), Issuers: issuers},
		}) {
			names = append(names, v.Rule)
		}
		return names
	}
	const allowed, other = "https://login.acme.example", "https://10.0.0.1"

	It("is chosen by an OrganizationAdmin alone", func() {
		for _, role := range allRoles {
			if role == orgAdmin {
				Expect(rules(role, "", allowed)).To(BeEmpty())
				continue
			}
			Expect(rules(role, "", allowed)).NotTo(BeEmpty(), string(role))
		}
	})

	It("has to be at a host that the platform allows", func() {
		Expect(rules(orgAdmin, "", other)).To(HaveExactElements("issuer-allowed"))
		Expect(rules(orgAdmin, allowed, other)).To(HaveExactElements("issuer-allowed"))
		Expect(rules(orgAdmin, other, "")).To(BeEmpty())
	})
})
