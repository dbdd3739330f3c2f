// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/phase"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/maxima"
	"github.com/usher-operator/usher/internal/testing/world"
)

var _ = Describe("Seats that hundreds leave at once", func() {
	It("OPS-9 are freed a hundred at a time: first those of users who have left by the cache, and nobody gets the others", func(ctx context.Context) {
		o, users := maxima.Organization(), maxima.Users(600, v1alpha1.RoleMember)
		o.Spec.Subscription.Modules = o.Spec.Subscription.Modules[:1]
		seats, module := int32(300), o.Spec.Subscription.Modules[0].Name
		o.Spec.Subscription.Modules[0].Seats = &seats
		o.Status.Modules = effective.NextSeats(o, users)
		for n, u := range users[:300] { // all leave, and the last fifty have left
			u.Spec.Modules = nil
			if u.Status.Modules = []v1alpha1.ObjectName{module}; n >= 250 {
				u.Status.Modules = nil
			}
		}
		cache := maxima.NewCache(ctx, lookup.AddIndexes, o)
		maxima.AddAll(cache, users)
		r := &Reconciler{cache: lookup.New(cache, effective.IntakeDomains{}), api: lookup.NewAPIReader(cache)}
		pass := func() v1alpha1.ModuleStatus {
			GinkgoHelper()
			s := &scope{organization: o, users: users}
			Expect(phase.Run(ctx, o, s, r.reconcileSeats)).To(BeZero())
			Expect(s.users).To(HaveLen(600), "everybody is counted")
			return o.Status.Modules[0]
		}
		Expect(pass()).To(And(HaveField("Holders", BeEmpty()), HaveField("Leaving", HaveLen(300))))

		cache.Lookups = 0
		Expect(pass()).To(And(HaveField("Holders", HaveLen(50)), HaveField("Leaving", HaveLen(250))))
		Expect(cache.Lookups).To(Equal(100))

		By("the others have left too, and are read a hundred at a time")
		for _, u := range users[:250] {
			u.Status.Modules = nil
		}
		for _, left := range []int{150, 50, 0} {
			Expect(pass()).To(And(HaveField("Holders", HaveLen(300-left)), HaveField("Leaving", HaveLen(left))))
		}
	})
})

var _ = Describe("Seats, past the cache,", Ordered, func() {
	const desk = v1alpha1.ObjectName("desk")
	var w *world.World
	var ns string
	var r *Reconciler

	BeforeAll(func() {
		w = world.Get()
		r = &Reconciler{api: lookup.NewAPIReader(w.Client)}
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

	It("GTA-11 are planned by what the users who leave one have and request by the API server, whatever the cache shows", func(ctx context.Context) {
		stale, newest := world.InForce(ns, "luis", v1alpha1.UserActive), world.InForce(ns, "luis", v1alpha1.UserActive, "desk")
		newest.Status.Modules = []v1alpha1.ObjectName{desk}
		w.Put(ctx, newest)
		kim, gone := world.InForce(ns, "kim", v1alpha1.UserActive, "desk"), world.InForce(ns, "gone", v1alpha1.UserActive, "desk")
		cached := []*v1alpha1.OrgUser{stale, kim, gone}
		o := ledger(v1alpha1.ModuleStatus{Name: "desk", Leaving: []string{"luis", "gone"}})

		fresh, err := r.refreshLeaving(ctx, o, cached)
		Expect(err).NotTo(HaveOccurred())
		Expect(fresh).To(ConsistOf(kim, HaveField("Status.Modules", ConsistOf(desk))))
		Expect(cached).To(Equal([]*v1alpha1.OrgUser{stale, kim, gone}), "the cache's own list is left alone")

		Expect(r.refreshLeaving(ctx, ledger(held("desk", "luis")), cached)).To(Equal(cached), "without anybody who leaves, nothing is read")
		ended, end := context.WithCancel(ctx)
		end()
		_, err = r.refreshLeaving(ended, o, cached)
		Expect(err).To(HaveOccurred())
	})

	It("GTA-11 do not change hands before the former holder has left, even of a module that is dropped and bought again", func(ctx context.Context) {
		first, second := world.InForce(ns, "first", v1alpha1.UserActive, "desk"), world.InForce(ns, "second", v1alpha1.UserActive, "desk")
		first.Status.Modules = []v1alpha1.ObjectName{desk}
		o := builders.Organization(ns).Module("desk", 1).Obj()
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: "desk", Holders: []string{"first"}, Seats: ptr.To[int32](1), Used: ptr.To[int32](1)}}
		w.Put(ctx, o, first, second)
		clients, _ := w.Clients(ctx)
		r := New(clients.Client, clients.Cache, clients.API, events.NewFakeRecorder(100), "", 0, time.Now)
		reconcile := func(modules ...v1alpha1.Module) []v1alpha1.ModuleStatus {
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

		Expect(reconcile()).To(leaves)
		first.Spec.Modules = nil
		Expect(w.Client.Update(ctx, first)).To(Succeed())
		Expect(reconcile(bought)).To(leaves, "second waits")
		first.Status.Modules = nil
		Expect(w.Client.Status().Update(ctx, first)).To(Succeed())
		Expect(reconcile(bought)).To(ConsistOf(And(HaveField("Holders", ConsistOf("second")), HaveField("Leaving", BeEmpty()))))
	})
})
