// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The person to ask about access", func() {
	DescribeTable("is", func(ctx context.Context, about, primary, expected string, administrators ...string) {
		o := acme(administrators...)
		if primary != "" {
			o.Spec.PrimaryAdministrator = builders.Organization("acme").PrimaryAdministrator("Pia", primary).Obj().Spec.PrimaryAdministrator
		}
		bea, pia := active("bea", v1alpha1.RoleOrganizationAdmin), active("pia", v1alpha1.RoleOrganizationAdmin)
		bea.Status.DisplayName, pia.Status.DisplayName = "Bea Ríos", "Pia"
		Expect(holding(o, bea, pia).ContactFor(ctx, o, "", about+"@acme.example")).To(HaveField("String()", expected))
	},
		Entry("the primary administrator", "luis", "pia@acme.example", "Pia (pia@acme.example)", "bea"),
		Entry("an administrator in force, without one", "luis", "", "Bea Ríos (bea@acme.example)", "bea"),
		Entry("an administrator in force, for the primary administrator", "pia", "Pia@acme.example", "Bea Ríos (bea@acme.example)", "pia", "bea"),
		Entry("nobody else, for the only administrator", "bea", "bea@acme.example", "", "bea"),
		Entry("nobody while there is no administrator", "luis", "", ""),
	)
})
