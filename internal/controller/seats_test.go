// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Seats, past the cache,", Ordered, func() {
	const desk, fax = v1alpha1.ObjectName("desk"), v1alpha1.ObjectName("fax")
	var w *world
	var ns string
	var users *orgUserReconciler
	var organizations *organizationReconciler

	BeforeAll(func() {
		w = theWorld()
		users = &orgUserReconciler{Dependencies{Live: w.Client}}
		organizations = &organizationReconciler{Dependencies{Live: w.Client}}
	})
	BeforeEach(func(ctx context.Context) { ns = w.Namespace(ctx, "acme") })

	ledger := func(modules ...v1alpha1.ModuleStatus) *v1alpha1.Organization {
		o := builders.Organization(ns).Module("desk", 1).Module("fax", 1).Obj()
		for n := range modules {
			modules[n].Seats, modules[n].Used = ptr.To[int32](1), ptr.To[int32](1)
		}
		o.Status.Modules = modules
		return o
	}
	held := func(module string, holders ...string) v1alpha1.ModuleStatus {
		return v1alpha1.ModuleStatus{Name: module, Holders: holders}
	}
	seatedAs := func(ctx context.Context, before *v1alpha1.OrgUser, wished ...v1alpha1.ObjectName) effective.InForce {
		GinkgoHelper()
		in, err := users.seated(ctx, before, effective.InForce{Modules: wished})
		Expect(err).NotTo(HaveOccurred())
		return in
	}
	have := func(modules, awaiting types.GomegaMatcher) types.GomegaMatcher {
		return And(HaveField("Modules", modules), HaveField("AwaitingSeats", awaiting))
	}

	It("GTA-11 are taken by who holds one by the ledger as it is written, and by nobody who held one", func(ctx context.Context) {
		w.put(ctx, ledger(held("desk", "luis"), held("fax", "kim")))
		luis := inForce(ns, "luis", v1alpha1.UserActive, "desk", "fax")
		Expect(seatedAs(ctx, luis, desk, fax)).To(have(ConsistOf(desk), ConsistOf("fax")))
	})

	It("are kept by who has the module in force already, without a look", func(ctx context.Context) {
		luis := inForce(ns, "luis", v1alpha1.UserActive, "desk")
		luis.Status.Modules = []v1alpha1.ObjectName{desk}
		blind := &orgUserReconciler{} // there is nobody to ask
		Expect(blind.seated(ctx, luis, effective.InForce{Modules: []v1alpha1.ObjectName{desk}})).To(have(ConsistOf(desk), BeEmpty()))
	})

	It("GTA-11 are not taken before the written state shows that one is wished", func(ctx context.Context) {
		w.put(ctx, ledger(held("desk", "luis")))
		suspended := inForce(ns, "luis", v1alpha1.UserSuspended, "desk")
		Expect(seatedAs(ctx, suspended, desk)).To(have(BeEmpty(), ConsistOf("desk")))
		Expect(seatedAs(ctx, inForce(ns, "luis", ""), desk)).To(have(BeEmpty(), ConsistOf("desk")))
	})

	It("are none where there is no organization, and an unanswered question is an error", func(ctx context.Context) {
		luis := inForce(ns, "luis", v1alpha1.UserActive, "desk")
		Expect(seatedAs(ctx, luis, desk)).To(have(BeEmpty(), ConsistOf("desk")))
		ended, end := context.WithCancel(ctx)
		end()
		_, err := users.seated(ended, luis, effective.InForce{Modules: []v1alpha1.ObjectName{desk}})
		Expect(err).To(HaveOccurred())
	})

	It("GTA-11 are settled by what leavers have and wish now, whatever the cache says of them", func(ctx context.Context) {
		stale, fresh := inForce(ns, "luis", v1alpha1.UserActive), inForce(ns, "luis", v1alpha1.UserActive, "desk")
		fresh.Status.Modules = []v1alpha1.ObjectName{desk}
		w.put(ctx, fresh)
		kim, gone := inForce(ns, "kim", v1alpha1.UserActive, "desk"), inForce(ns, "gone", v1alpha1.UserActive, "desk")
		cached := []*v1alpha1.OrgUser{stale, kim, gone}
		o := ledger(v1alpha1.ModuleStatus{Name: "desk", Leaving: []string{"luis", "gone"}})

		seen, err := organizations.seatsSeen(ctx, o, cached)
		Expect(err).NotTo(HaveOccurred())
		Expect(seen).To(ConsistOf(kim, HaveField("Status.Modules", ConsistOf(desk))))
		Expect(cached).To(Equal([]*v1alpha1.OrgUser{stale, kim, gone}), "the cache's own list is left alone")

		Expect(organizations.seatsSeen(ctx, ledger(held("desk", "luis")), cached)).To(Equal(cached), "without leavers nobody is asked")
		ended, end := context.WithCancel(ctx)
		end()
		_, err = organizations.seatsSeen(ended, o, cached)
		Expect(err).To(HaveOccurred())
	})

	It("GTA-11 do not change hands before who had one has left, also of a module that was sold and bought again", func(ctx context.Context) {
		first, second := inForce(ns, "first", v1alpha1.UserActive, "desk"), inForce(ns, "second", v1alpha1.UserActive, "desk")
		first.Status.Modules = []v1alpha1.ObjectName{desk}
		o := builders.Organization(ns).Module("desk", 1).Obj()
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: "desk", Holders: []string{"first"}, Seats: ptr.To[int32](1), Used: ptr.To[int32](1)}}
		w.put(ctx, o, first, second)
		d, _ := w.dependencies(ctx)
		r := &organizationReconciler{d}
		settle := func(modules ...v1alpha1.Module) []v1alpha1.ModuleStatus {
			GinkgoHelper()
			Expect(w.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
			o.Spec.Subscription.Modules = modules
			Expect(w.Client.Update(ctx, o)).To(Succeed())
			_, err := r.Reconcile(ctx, o)
			Expect(err).NotTo(HaveOccurred())
			Expect(w.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
			return o.Status.Modules
		}
		bought := v1alpha1.Module{Name: desk, Seats: ptr.To[int32](1)}
		leaves := ConsistOf(And(HaveField("Holders", BeEmpty()), HaveField("Leaving", ConsistOf("first"))))

		Expect(settle()).To(leaves)
		first.Spec.Modules = nil
		Expect(w.Client.Update(ctx, first)).To(Succeed())
		Expect(settle(bought)).To(leaves, "second waits")
		first.Status.Modules = nil
		Expect(w.Client.Status().Update(ctx, first)).To(Succeed())
		Expect(settle(bought)).To(ConsistOf(And(HaveField("Holders", ConsistOf("second")), HaveField("Leaving", BeEmpty()))))
	})
})
