// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// updating returns a request to update an object of acme.
func updating(o client.Object) authz.Request {
	return authz.Request{Operation: authz.Update, Organization: "acme", Old: o, New: o}
}

var _ = Describe("ORG-4 Whether there is another administrator", func() {
	const admin = v1alpha1.RoleOrganizationAdmin
	ana, bea := active("ana", admin), active("bea", admin)
	leaving := active("bea", admin)
	leaving.Spec.Suspend = true

	DescribeTable("", func(ctx context.Context, about client.Object, other bool, objects ...client.Object) {
		facts, err := holding(objects...).RequestFacts(ctx, updating(about), "usher-system")
		Expect(err).NotTo(HaveOccurred())
		Expect(facts.OtherAdministrator).To(Equal(other))
	},
		Entry("who requests to stay", ana, true, acme("ana", "bea"), ana, bea),
		Entry("who requests to leave", ana, false, acme("ana", "bea"), ana, leaving),
		Entry("who is on the list but gone", ana, false, acme("ana", "bea"), ana),
		Entry("who is not on the list yet", ana, false, acme("ana"), ana, bea),
		Entry("if there is only one", ana, false, acme("ana"), ana),
		Entry("is not looked up for a user who is not an administrator", bea, false, acme("ana"), ana, bea),
		Entry("is not looked up for other kinds", builders.Workspace("acme", "ana").Obj(), false, acme("ana", "bea"), ana, bea),
		Entry("is not looked up without an organization", ana, false, ana, bea),
	)

	It("is looked up together with the organization", func(ctx context.Context) {
		Expect(holding(acme("ana")).RequestFacts(ctx, updating(ana), "usher-system")).To(HaveField("Organization.Name", "acme"))
		Expect(holding().RequestFacts(ctx, updating(ana), "usher-system")).To(HaveField("Organization", BeNil()))
	})
})
