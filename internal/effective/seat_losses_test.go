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

// holding returns an organization whose module "desk" these users have, and whose module "fax" fay has.
func holding(seats int32, users ...string) *v1alpha1.Organization {
	o := builders.Organization("acme").Module("desk", seats).Module("fax", 1).Obj()
	o.Status.Modules = []v1alpha1.ModuleStatus{{Name: "desk", Holders: users}, {Name: "fax", Holders: []string{"fay"}}}
	return o
}

var _ = Describe("GTA-11 Seats that are cut", func() {
	before := holding(3, "luis", "ana", "sam")
	without := func(module v1alpha1.ObjectName) *v1alpha1.Organization {
		o := before.DeepCopy()
		for n, m := range o.Spec.Subscription.Modules {
			if m.Name == module {
				o.Spec.Subscription.Modules = append(o.Spec.Subscription.Modules[:n:n], o.Spec.Subscription.Modules[n+1:]...)
				break
			}
		}
		return o
	}

	DescribeTable("are lost by", func(after *v1alpha1.Organization, losses ...effective.SeatLoss) {
		Expect(effective.SeatLosses(before, after)).To(HaveExactElements(losses))
	},
		Entry("nobody if as many are left", holding(3)),
		Entry("nobody if there are more", holding(4)),
		Entry("whoever got a seat last", holding(2), effective.SeatLoss{Module: "desk", Before: 3, After: 2, Users: []string{"sam"}}),
		Entry("all, if none is left", holding(0), effective.SeatLoss{Module: "desk", Before: 3, Users: []string{"luis", "ana", "sam"}}),
		Entry("all, if the module is removed", without("desk"),
			effective.SeatLoss{Module: "desk", Before: 3, Removed: true, Users: []string{"luis", "ana", "sam"}}),
		Entry("the holders of that module only", without("fax"), effective.SeatLoss{Module: "fax", Before: 1, Removed: true, Users: []string{"fay"}}),
	)

	It("are lost by nobody while they are free", func() {
		Expect(effective.SeatLosses(holding(3, "luis"), holding(1))).To(BeEmpty())
	})

	It("are lost by those whom the next plan lets leave", func() {
		after := holding(1)
		users := []*v1alpha1.OrgUser{}
		for _, name := range []string{"ana", "luis", "sam"} {
			u := builders.OrgUser("acme", name).Modules("desk").Obj()
			u.Status.State = v1alpha1.UserActive
			users = append(users, u)
		}
		after.Status = before.Status
		Expect(effective.NextSeats(after, users)).To(ContainElement(And(
			HaveField("Name", "desk"), HaveField("Leaving", effective.SeatLosses(before, after)[0].Users))))
	})
})

var _ = Describe("GTA-11 The seats of a module", func() {
	leaving := holding(2, "ana")
	leaving.Status.Modules[0].Leaving = []string{"sam"}

	DescribeTable("are available", func(o *v1alpha1.Organization, user string, available int) {
		Expect(effective.SeatsFor(o, "desk", user).Available()).To(Equal(available))
	},
		Entry("as far as nobody has them", holding(3, "ana"), "", 2),
		Entry("none if all are taken", holding(1, "ana"), "", 0),
		Entry("none if more are taken than bought", holding(1, "ana", "sam"), "", 0),
		Entry("none if the module is not bought", builders.Organization("acme").Obj(), "", 0),
		Entry("not while somebody is leaving one", leaving, "eva", 0),
		Entry("to whoever is leaving one", leaving, "sam", 1),
	)
})
