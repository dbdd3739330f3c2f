// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"encoding/json"
	"fmt"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

var _ = Describe("What a status has room for", func() {
	size := func(part any) int {
		GinkgoHelper()
		data, err := json.Marshal(part)
		Expect(err).NotTo(HaveOccurred())
		return len(data)
	}

	It("OPS-9 bounds the holders of all modules together: 10,000 people, 32 modules, 10,000 seats of each", func() {
		o, users := maxima.Organization(), maxima.Users(10000, v1alpha1.RoleMember)
		for range 3 { // the plans that follow add nothing and take nothing away
			o.Status.Modules = effective.NextSeats(o, users)
			Expect(size(o.Status.Modules)).To(And(BeNumerically(">", 440<<10), BeNumerically("<", 470<<10)))
			Expect(o.Status.Modules).To(HaveLen(maxima.Modules))
			Expect(o.Status.Modules[0].Holders).To(HaveLen(6950), "the oldest of the first module")
		}
		Expect(effective.WithheldModules(o)).To(HaveLen(maxima.Modules), "all have free seats")

		By("a holder who leaves makes room for another one")
		users[0].Spec.Modules = nil
		o.Status.Modules = effective.NextSeats(o, users)
		Expect(o.Status.Modules[0].Leaving).To(ConsistOf(users[0].Name))
		o.Status.Modules = effective.NextSeats(o, users)
		o.Status.Modules = effective.NextSeats(o, users)
		Expect(o.Status.Modules[0].Holders).To(And(HaveLen(6950), Not(ContainElement(users[0].Name)), ContainElement(users[6950].Name)))
	})

	It("GTA-11 keeps the holders that it has, however many they are", func() {
		o, users := maxima.Organization(), maxima.Users(9000, v1alpha1.RoleMember)
		o.Spec.Subscription.Modules = o.Spec.Subscription.Modules[:1]
		var present []string
		for _, u := range users {
			present = append(present, u.Name)
		}
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: string(o.Spec.Subscription.Modules[0].Name), Holders: present}}
		Expect(effective.NextSeats(o, users)[0].Holders).To(Equal(present))
	})

	It("does not withhold seats while there is room, or where none is free", func() {
		o := maxima.Organization()
		o.Status.Modules = effective.NextSeats(o, maxima.Users(10, v1alpha1.RoleMember))
		Expect(effective.WithheldModules(o)).To(BeEmpty())
		o.Status.Modules = effective.NextSeats(o, maxima.Users(10000, v1alpha1.RoleMember))
		for n := range o.Status.Modules {
			o.Status.Modules[n].Seats = o.Status.Modules[n].Used
		}
		Expect(effective.WithheldModules(o)).To(BeEmpty())
	})

	It("GTA-11 bounds the modules that are remembered, without forgetting who still has one", func() {
		o := maxima.Organization()
		user := maxima.Users(1, v1alpha1.RoleMember)[0]
		user.Status.Modules = nil
		for n := range 250 {
			former := fmt.Sprintf("former-%d", n)
			user.Status.Modules = append(user.Status.Modules, v1alpha1.ObjectName(former))
			o.Status.Modules = append(o.Status.Modules, v1alpha1.ModuleStatus{Name: former, Holders: []string{user.Name}, Used: ptr.To[int32](1)})
		}
		next := effective.NextSeats(o, []*v1alpha1.OrgUser{user})
		Expect(next).To(HaveLen(256))
		for n := range 250 {
			Expect(next).To(ContainElement(And(HaveField("Name", fmt.Sprintf("former-%d", n)), HaveField("Leaving", ConsistOf(user.Name)))))
		}
	})

	It("ORG-4 bounds the administrators: 100 more at a time, up to 1,000, and those who are there stay", func() {
		var candidates []effective.Candidate
		for n := range 2000 {
			candidates = append(candidates, effective.Candidate{Name: fmt.Sprintf("a%04d", n), Exists: true, Requested: true, Accepted: true})
		}
		next := effective.NextLedger([]string{"a1999"}, candidates).Administrators
		Expect(next).To(And(HaveLen(101), ContainElement("a1999")))
		for range 20 {
			next = effective.NextLedger(next, candidates).Administrators
		}
		Expect(next).To(And(HaveLen(1000), ContainElement("a1999")))
		o := maxima.Organization()
		Expect(effective.LedgerFull(o)).To(BeFalse())
		o.Status.Administrators = next
		Expect(effective.LedgerFull(o)).To(BeTrue())

		var all []string
		for _, c := range candidates {
			all = append(all, c.Name)
		}
		Expect(effective.NextLedger(all, candidates).Administrators).To(Equal(all), "stored before there was a maximum")
	})

	Describe("of a user's workspaces", func() {
		grants := func(workspaces, groups int) []v1alpha1.WorkspaceGrantStatus {
			var all []v1alpha1.WorkspaceGrantStatus
			for n := range workspaces {
				g := v1alpha1.WorkspaceGrantStatus{Name: string(maxima.Name("workspace", n)), Access: v1alpha1.WorkspaceEdit}
				for m := range groups {
					g.Origins = append(g.Origins, v1alpha1.GrantOrigin{
						Source: v1alpha1.GrantedByGroup, Group: string(maxima.Name("group", m)), Access: v1alpha1.WorkspaceEdit,
					})
				}
				all = append(all, g)
			}
			return all
		}

		It("ORG-2 keeps all with all origins while they fit", func() {
			some := grants(100, 32)
			fitting, omitted := effective.FitGrants(some)
			Expect(omitted).To(BeZero())
			Expect(fitting).To(Equal(some))
		})

		It("OPS-9 leaves out all origins but the strongest before any workspace", func() {
			some := grants(1500, 32)
			fitting, omitted := effective.FitGrants(slices.Clone(some))
			Expect(omitted).To(BeZero())
			Expect(fitting).To(And(HaveLen(1500), HaveEach(HaveField("Origins", Equal(some[0].Origins[:1])))))
			Expect(some[0].Origins).To(HaveLen(32), "what was passed is left alone")
		})

		It("OPS-9 says how many have no room", func() {
			fitting, omitted := effective.FitGrants(grants(10000, 1))
			Expect(len(fitting) + omitted).To(Equal(10000))
			Expect(omitted).To(BeNumerically(">", 0))
			Expect(size(fitting)).To(BeNumerically("<", 768<<10))
		})
	})
})
