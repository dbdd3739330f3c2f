// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("GTA-5 A workspace for every user", func() {
	required := builders.Organization("acme").Settings(v1alpha1.OrganizationSettings{WorkspaceAssignment: v1alpha1.AssignmentRequired})
	optional := builders.Organization("acme")

	It("is reported missing if no source grants one, while the rest stays in force", func() {
		in := effective.UserInForce(facts(luis.Existing().Role(technician).Obj(), required.Obj(), support.Obj()))
		Expect(in).To(And(HaveField("LacksWorkspace", true), HaveField("State", v1alpha1.UserActive), HaveField("Role", technician)))
		for _, f := range []effective.UserFacts{
			facts(luis.Existing().Obj(), optional.Obj()),
			facts(luis.Existing().Workspace("later", asView).Obj(), required.Obj()),
			facts(luis.Existing().Groups("a").Obj(), required.Obj(), support.Group("a", asView).Obj()),
			facts(luis.Existing().Limited().Obj(), required.Obj()),
			facts(luis.Existing().Suspended().Obj(), required.Obj()),
			facts(luis.Obj(), required.Obj()),
		} {
			Expect(effective.UserInForce(f).LacksWorkspace).To(BeFalse())
		}
	})
})
