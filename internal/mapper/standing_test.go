// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mapper_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A change of a user", func() {
	DescribeTable("ORG-27 concerns contacts", func(change func(*v1alpha1.OrgUser), concerns bool) {
		before := effective.LimitedAccount("acme", "eva@acme.example", v1alpha1.OriginDevice)
		before.Status.State = v1alpha1.UserActive
		after := before.DeepCopy()
		change(after)
		Expect(mapper.StandingChanged(modification(before, after))).To(Equal(concerns))
	},
		Entry("of the state", func(u *v1alpha1.OrgUser) { u.Status.State = v1alpha1.UserSuspended }, true),
		Entry("to a Full account", func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessFull }, true),
		Entry("to another object of that name", func(u *v1alpha1.OrgUser) { u.UID = "2" }, true),
		Entry("not of the name", func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Eva" }, false),
		Entry("not of the time of the last activity", func(u *v1alpha1.OrgUser) { u.Status.LastActive = "2026-11-21T12:00:00Z" }, false),
	)

	It("ORG-27 concerns contacts when the user is created or deleted", func() {
		u := builders.OrgUser("acme", "eva").Obj()
		Expect(mapper.StandingChanged(mapper.Change[*v1alpha1.OrgUser]{After: u})).To(BeTrue())
		Expect(mapper.StandingChanged(mapper.Change[*v1alpha1.OrgUser]{Before: u})).To(BeTrue())
	})
})

func modification(before, after *v1alpha1.OrgUser) mapper.Change[*v1alpha1.OrgUser] {
	return mapper.Change[*v1alpha1.OrgUser]{Before: before, After: after}
}
