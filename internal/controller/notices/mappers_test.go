// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Mappers of notices", func() {
	user := func(change func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
		u := builders.OrgUser("acme", "kim").Modules("helpdesk").Obj()
		u.Status.State = v1alpha1.UserActive
		change(u)
		return u
	}
	same := func(*v1alpha1.OrgUser) {}

	DescribeTable("return the organization of a user whose change may cause an alert", func(ctx context.Context, before, after *v1alpha1.OrgUser, concerns bool) {
		keys, err := organizationForUser(ctx, mapper.Change[*v1alpha1.OrgUser]{Before: before, After: after})
		Expect(err).NotTo(HaveOccurred())
		if concerns {
			Expect(keys).To(HaveExactElements(HaveField("Name", "acme")))
		} else {
			Expect(keys).To(BeEmpty())
		}
	},
		Entry("who is created and requests a module", nil, user(same), true),
		Entry("who is deleted", user(same), nil, true),
		Entry("but not who stays the same", user(same), user(func(u *v1alpha1.OrgUser) { u.Status.LastActive = "now" }), false),
		Entry("but not who requests nothing", nil, user(func(u *v1alpha1.OrgUser) { u.Spec.Modules = nil }), false),
		Entry("who is suspended", user(same), user(func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true }), true),
		Entry("whose address the mail server refuses", user(same), user(func(u *v1alpha1.OrgUser) {
			u.Status.Onboarding = &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientUndeliverable}
		}), true),
	)
})
