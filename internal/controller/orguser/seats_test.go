// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/world"
)

var _ = Describe("Seats, confirmed past the cache,", Ordered, func() {
	const desk, fax = v1alpha1.ObjectName("desk"), v1alpha1.ObjectName("fax")
	var w *world.World
	var ns string
	var users *Reconciler

	BeforeAll(func() {
		w = world.Get()
		users = &Reconciler{api: lookup.NewAPIReader(w.Client)}
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
	confirmed := func(ctx context.Context, before *v1alpha1.OrgUser, requested ...v1alpha1.ObjectName) effective.InForce {
		GinkgoHelper()
		s := scope{before: before, in: effective.InForce{Modules: requested}}
		Expect(users.confirmSeats(ctx, &s)).To(Succeed())
		return s.in
	}
	have := func(modules, awaiting types.GomegaMatcher) types.GomegaMatcher {
		return And(HaveField("Modules", modules), HaveField("AwaitingSeats", awaiting))
	}

	It("GTA-11 are taken by a user who holds one by the ledger as it is written, and not by one who held one before", func(ctx context.Context) {
		w.Put(ctx, ledger(held("desk", "luis"), held("fax", "kim")))
		luis := world.InForce(ns, "luis", v1alpha1.UserActive, "desk", "fax")
		Expect(confirmed(ctx, luis, desk, fax)).To(have(ConsistOf(desk), ConsistOf("fax")))
	})

	It("are kept by a user who has the module in force already, without reading the ledger", func(ctx context.Context) {
		luis := world.InForce(ns, "luis", v1alpha1.UserActive, "desk")
		luis.Status.Modules = []v1alpha1.ObjectName{desk}
		blind := &Reconciler{} // it cannot read the ledger
		s := scope{before: luis, in: effective.InForce{Modules: []v1alpha1.ObjectName{desk}}}
		Expect(blind.confirmSeats(ctx, &s)).To(Succeed())
		Expect(s.in).To(have(ConsistOf(desk), BeEmpty()))
	})

	It("GTA-11 are not taken before the written state shows that one is requested", func(ctx context.Context) {
		w.Put(ctx, ledger(held("desk", "luis")))
		suspended := world.InForce(ns, "luis", v1alpha1.UserSuspended, "desk")
		Expect(confirmed(ctx, suspended, desk)).To(have(BeEmpty(), ConsistOf("desk")))
		Expect(confirmed(ctx, world.InForce(ns, "luis", ""), desk)).To(have(BeEmpty(), ConsistOf("desk")))
	})

	It("are not taken without an organization, and a failure to read it is an error", func(ctx context.Context) {
		luis := world.InForce(ns, "luis", v1alpha1.UserActive, "desk")
		Expect(confirmed(ctx, luis, desk)).To(have(BeEmpty(), ConsistOf("desk")))
		ended, end := context.WithCancel(ctx)
		end()
		Expect(users.confirmSeats(ended, &scope{before: luis, in: effective.InForce{Modules: []v1alpha1.ObjectName{desk}}})).NotTo(Succeed())
	})
})
