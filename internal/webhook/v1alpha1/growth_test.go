// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("While nothing can be added", func() {
	luis := builders.OrgUser("acme", "luis")
	inOne, inTwo := luis.Workspace("a", v1alpha1.WorkspaceView).Obj(),
		luis.Workspace("a", v1alpha1.WorkspaceView).Workspace("b", v1alpha1.WorkspaceView).Obj()
	team := builders.Workspace("acme", "team")
	alone, together := team.Obj(), team.Member("luis@acme.example", v1alpha1.WorkspaceEdit).Obj()
	full := authorizer{full: func() error { return errors.New("no room") }}

	DescribeTable("OPS-10 is refused", func(r authz.Request) {
		err := full.refuseGrowth(r)
		Expect(apierrors.IsServiceUnavailable(err)).To(BeTrue())
		Expect(err).To(MatchError("no room"))
		Expect(authorizer{full: func() error { return nil }}.refuseGrowth(r)).To(Succeed())
	},
		Entry("a new object", authz.Request{Operation: authz.Create, New: inOne}),
		Entry("one more workspace of a person", authz.Request{Operation: authz.Update, Old: inOne, New: inTwo}),
		Entry("one more member of a workspace", authz.Request{Operation: authz.Update, Old: alone, New: together}),
		Entry("one more invited address", authz.Request{
			Operation: authz.Update, Old: builders.Invitation("acme", "i", "a@acme.example").Obj(),
			New: builders.Invitation("acme", "i", "a@acme.example", "b@acme.example").Obj(),
		}),
		Entry("one more module of an organization", authz.Request{
			Operation: authz.Update, Old: builders.Organization("acme").Obj(), New: builders.Organization("acme").Module("desk", 1).Obj(),
		}),
	)

	DescribeTable("OPS-10 is not refused", func(r authz.Request) {
		Expect(full.refuseGrowth(r)).To(Succeed())
	},
		Entry("a deletion", authz.Request{Operation: authz.Delete, Old: inOne}),
		Entry("access that is taken away", authz.Request{Operation: authz.Update, Old: inTwo, New: inOne}),
		Entry("a change of a role", authz.Request{Operation: authz.Update, Old: inOne, New: luis.Role(v1alpha1.RoleUserAdmin).Obj()}),
		Entry("a suspension", authz.Request{Operation: authz.Update, Old: luis.Obj(), New: luis.Suspended().Obj()}),
		Entry("a member who leaves", authz.Request{Operation: authz.Update, Old: together, New: alone}),
		Entry("a status", authz.Request{Operation: authz.Update, Old: inOne, New: inTwo, Status: true}),
	)
})
