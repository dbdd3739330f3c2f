// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

var _ = Describe("The conditions of an organization", func() {
	standing := func(held string, administrators ...string) *v1alpha1.Organization {
		o := builders.Organization("acme").Obj()
		o.Status.Administrators = administrators
		setConditions(&scope{organization: o, held: held}, nil)
		return o
	}

	It("are Ready with an administrator, and without one yet, because users are declared after the organization", func() {
		Expect(standing("", "ana", "bea")).To(matchers.Stand(v1alpha1.ConditionReady, "Ready"))
		Expect(standing("", "ana", "bea").Status.Conditions[0].Message).To(Equal("2 administrators in force"))
		Expect(standing("", "ana").Status.Conditions[0].Message).To(Equal("1 administrator in force"))
		Expect(standing("")).To(matchers.Stand(v1alpha1.ConditionReady, "NoAdministrator"))
	})

	It("GTA-10 are Stalled by a ClusterRole that is not grantable, and Reconciling while one does not exist", func() {
		o := builders.Organization("acme").Obj()
		stuck, missing := effective.ModuleProblem{Stuck: true, Message: "fax: label it"}, effective.ModuleProblem{Message: "desk: not there"}
		setConditions(&scope{organization: o, moduleProblems: []effective.ModuleProblem{stuck, missing}}, nil)
		Expect(o).To(matchers.Stand(v1alpha1.ConditionStalled, "ClusterRoleNotGrantable"))
		Expect(o.Status.Conditions[0].Message).To(Equal("fax: label it; desk: not there"))
		setConditions(&scope{organization: o, moduleProblems: []effective.ModuleProblem{missing}}, nil)
		Expect(o).To(matchers.Stand(v1alpha1.ConditionReconciling, "ClusterRoleNotFound"))
	})

	It("OPS-9 are Stalled while free seats have no room in the status", func() {
		o := maxima.Organization()
		o.Generation = 0
		o.Status.Modules = effective.NextSeats(o, maxima.Users(10000, v1alpha1.RoleMember))
		setConditions(&scope{organization: o}, errors.New("whatever"))
		Expect(o).To(matchers.Stand(v1alpha1.ConditionStalled, "SeatLedgerFull"))
		Expect(o.Status.Conditions[0].Message).To(And(HavePrefix("the status names everybody who holds a seat, and has no room for further names, "+
			"so nobody gets the free seats of module-00000"), HaveSuffix(" and 29 more: assign modules to fewer users, or give users shorter names")))
	})

	It("ORG-4 are Stalled while the last administrator is held", func() {
		o := standing("ana", "ana")
		Expect(o).To(matchers.Stand(v1alpha1.ConditionStalled, "LastAdministrator"))
		Expect(o.Status.Conditions[0].Message).To(HavePrefix("ana stays an administrator"))
	})

	It("show what has failed on one line, unless somebody has to change something", func() {
		failed := errors.Join(errors.New("one"), errors.New("two"))
		o := builders.Organization("acme").Obj()
		setConditions(&scope{organization: o, moduleProblems: []effective.ModuleProblem{{Message: "desk: not there"}}}, failed)
		Expect(o).To(matchers.Stand(v1alpha1.ConditionReconciling, "Failed"))
		Expect(o.Status.Conditions[0].Message).To(Equal("one; two"))
		setConditions(&scope{organization: o, held: "ana"}, failed)
		Expect(o).To(matchers.Stand(v1alpha1.ConditionStalled, "LastAdministrator"))
	})
})
