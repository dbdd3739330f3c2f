// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("GTA-11 A module", func() {
	// with returns the organization with seats of desk, of which these users have one each, and none of the module fax.
	with := func(seats int32, holders ...string) *v1alpha1.Organization {
		o := builders.Organization("acme").Module("desk", seats).Module("fax", 0).Obj()
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: "desk", Holders: holders}}
		return o
	}
	const waits = ": the person waits for one that is freed or added to the subscription"
	const taken = `spec.modules: all 2 seats of the module "desk" are taken`
	eva := builders.OrgUser("acme", "eva")
	team := func(emails ...string) *v1alpha1.Invitation {
		return builders.Invitation("acme", "team", emails...).Modules("desk").Obj()
	}

	DescribeTable("causes a warning if there is no seat", func(ctx context.Context, o *v1alpha1.Organization, old, changed metav1.Object, warnings ...string) {
		sam := active("sam", v1alpha1.RoleMember)
		sam.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}}
		reader := holding(o, sam, builders.OrgUser("acme", "holder").Email("pending@acme.example").Obj())
		Expect(reader.SeatWarnings(ctx, old, changed)).To(HaveExactElements(warnings))
	},
		Entry("for a new user", with(2, "a", "b"), nil, eva.Modules("desk").Obj(), taken+waits),
		Entry("for a user to whom it is given", with(2, "a", "b"), eva.Obj(), eva.Modules("desk").Obj(), taken+waits),
		Entry("for a user who is given a module with one seat", with(1, "a"), nil, eva.Modules("desk").Obj(),
			`spec.modules: the only seat of the module "desk" is taken`+waits),
		Entry("for a module of which no seats are bought", with(1), nil, eva.Modules("fax").Obj(),
			`spec.modules: the subscription has no seats for the module "fax"`+waits),
		Entry("for a user whose suspension ends", with(2, "a", "b"), eva.Modules("desk").Suspended().Obj(), eva.Modules("desk").Obj(), taken+waits),
		Entry("but not if one is free", with(2, "a"), nil, eva.Modules("desk").Obj()),
		Entry("but not for a user who has one", with(1, "eva"), eva.Obj(), eva.Modules("desk").Obj()),
		Entry("but not for a user who requested it before", with(2, "a", "b"), eva.Modules("desk").Obj(), eva.Modules("desk").Groups("night").Obj()),
		Entry("but not for a suspended user", with(2, "a", "b"), nil, eva.Modules("desk").Suspended().Obj()),
		Entry("but not for a Limited account", with(2, "a", "b"), nil, eva.Modules("desk").Limited().Obj()),
		Entry("but not if the subscription does not have it, which has a warning of its own", with(2), nil, eva.Modules("nix").Obj()),
		Entry("for everybody who is invited", with(2, "a", "b"), nil, team("x@acme.example, y@acme.example"),
			taken+": whoever is invited waits for one that is freed or added to the subscription"),
		Entry("for more people than there are free seats", with(2, "a"), nil, team("x@acme.example", "y@acme.example", "X@acme.example"),
			`spec.modules: the module "desk" has 1 seat left for 2 more people: the others wait for one that is freed or added to the subscription`),
		Entry("but not for as many people as there are free seats", with(3, "a"), nil, team("x@acme.example", "y@acme.example")),
		Entry("but not for users whom the Invitation does not change, nor for those who have one", with(2, "a", "holder"), nil,
			team("sam@acme.example", "pending@acme.example")),
		Entry("but not for people who were invited to it before", with(2, "a", "b"), team("x@acme.example"), team("X@acme.example")),
		Entry("for people who are added", with(2, "a", "b"), team("x@acme.example"), team("x@acme.example", "y@acme.example"),
			taken+": whoever is invited waits for one that is freed or added to the subscription"),
		Entry("but not without an organization", builders.Organization("other").Obj(), nil, eva.Modules("desk").Obj()),
		Entry("but not for other kinds", with(0), nil, builders.Workspace("acme", "support").Obj()),
	)

	It("causes a warning that names those who lose it when seats are cut, up to ten", func(ctx context.Context) {
		var many []string
		for n := range 13 {
			many = append(many, fmt.Sprintf("u%02d", n))
		}
		reader := holding(acme())
		Expect(reader.SeatWarnings(ctx, with(2, "luis", "sam"), with(1))).To(HaveExactElements(
			`spec.subscription.modules: with 1 seat of the module "desk" in place of 2, these users lose it: sam`))
		Expect(reader.SeatWarnings(ctx, with(13, many...), with(1))).To(HaveExactElements(HaveSuffix(
			"lose it: u01, u02, u03, u04, u05, u06, u07, u08, u09, u10 and 2 more")))
		Expect(reader.SeatWarnings(ctx, with(2, "luis", "sam"), builders.Organization("acme").Obj())).To(HaveExactElements(
			`spec.subscription.modules: without the module "desk", these users lose it: luis, sam`))
		Expect(reader.SeatWarnings(ctx, with(2, "luis"), with(1))).To(BeEmpty())
		Expect(reader.SeatWarnings(ctx, nil, with(1))).To(BeEmpty())
	})
})
