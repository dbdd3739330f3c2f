// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Seats", func() {
	const module = "remote-support"
	birth := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	user := func(name string, minute int, change ...func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
		u := builders.OrgUser("acme", name).Modules(module).Obj()
		u.CreationTimestamp = metav1.NewTime(birth.Add(time.Duration(minute) * time.Minute))
		u.Status.State = v1alpha1.UserActive
		for _, c := range change {
			c(u)
		}
		return u
	}
	holders := func(seats int32, present []string, users ...*v1alpha1.OrgUser) []string {
		o := builders.Organization("acme").Module(module, seats).Obj()
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: module, Holders: present}}
		o.Status.Modules = effective.NextSeats(o, users)
		next := effective.NextSeats(o, users)
		Expect(next).To(HaveLen(1))
		Expect(next[0].Used).To(HaveValue(BeEquivalentTo(len(next[0].Holders))))
		Expect(next[0].Seats).To(HaveValue(Equal(seats)))
		return next[0].Holders
	}
	state := func(s v1alpha1.UserState) func(*v1alpha1.OrgUser) {
		return func(u *v1alpha1.OrgUser) { u.Status.State = s }
	}

	It("GTA-11 go to the oldest users first, and never to more users than there are seats", func() {
		Expect(holders(2, nil, user("young", 3), user("old", 1), user("middle", 2))).To(Equal([]string{"old", "middle"}))
		Expect(holders(0, nil, user("old", 1))).To(BeEmpty())
	})

	It("ORG-28 are not taken by a user whose address another one has, who may have a seat already", func() {
		waiting := func(ready metav1.ConditionStatus, reason string) func(*v1alpha1.OrgUser) {
			return func(u *v1alpha1.OrgUser) {
				u.Status.State = v1alpha1.UserPending
				u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: ready, Reason: reason}}
			}
		}
		Expect(holders(9, nil, user("handed-over", 1, waiting(metav1.ConditionTrue, v1alpha1.ReasonAwaitingHandover)),
			user("duplicate", 2, waiting(metav1.ConditionFalse, v1alpha1.ReasonDuplicateAddress)),
			user("invited", 3, waiting(metav1.ConditionTrue, v1alpha1.ReasonAwaitingAcceptance)))).To(Equal([]string{"invited"}))
	})

	It("GTA-11 are at most as many as the status can list, even if more are stored", func() {
		o := builders.Organization("acme").Module(module, 1000000).Obj()
		users := make([]*v1alpha1.OrgUser, 10001)
		for n := range users {
			users[n] = user(fmt.Sprintf("user-%d", n), n)
		}
		Expect(effective.NextSeats(o, users)).To(ConsistOf(And(
			HaveField("Holders", HaveLen(10000)), HaveField("Seats", HaveValue(BeEquivalentTo(10000))))))
	})

	It("GTA-11 stay with their holders even if an older user requests one", func() {
		Expect(holders(1, []string{"young"}, user("young", 3), user("old", 1))).To(Equal([]string{"young"}))
	})

	It("GTA-11 become free by removal, suspension and the end of the request, and go to the next user", func() {
		next := user("next", 9)
		for _, leaving := range []*v1alpha1.OrgUser{
			user("first", 1, func(u *v1alpha1.OrgUser) { u.DeletionTimestamp = &metav1.Time{Time: birth} }),
			user("first", 1, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true }),
			user("first", 1, func(u *v1alpha1.OrgUser) { u.Spec.Modules = nil }),
			user("first", 1, state(v1alpha1.UserSuspended)),
			user("other", 1, func(u *v1alpha1.OrgUser) { u.Spec.Modules = nil }),
		} {
			Expect(holders(1, []string{"first"}, leaving, next)).To(Equal([]string{"next"}))
		}
	})

	It("GTA-11 do not go to the next user before the module is out of force for the previous one", func() {
		first, next := user("first", 1), user("next", 9)
		o := builders.Organization("acme").Module(module, 1).Obj()
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: module, Holders: []string{"first"}}}
		plan := func() v1alpha1.ModuleStatus {
			o.Status.Modules = effective.NextSeats(o, []*v1alpha1.OrgUser{first, next})
			return o.Status.Modules[0]
		}
		taken := HaveField("Used", HaveValue(BeEquivalentTo(1)))
		leaves := And(taken, HaveField("Holders", BeEmpty()), HaveField("Leaving", ConsistOf("first")))

		first.Spec.Suspend = true
		Expect(plan()).To(leaves, "who has none in force is looked at again, too")
		Expect(effective.Leaving(o)).To(ConsistOf("first"))
		first.Status.Modules = []v1alpha1.ObjectName{module}
		Expect(plan()).To(leaves)
		first.Spec.Suspend = false
		Expect(plan()).To(And(taken, HaveField("Holders", ConsistOf("first")), HaveField("Leaving", BeEmpty())))
		first.Spec.Suspend = true
		Expect(plan()).To(leaves)
		first.Status.Modules = nil
		Expect(plan()).To(And(taken, HaveField("Holders", ConsistOf("next")), HaveField("Leaving", BeEmpty())))
	})

	It("GTA-11 of a module that is no longer bought are remembered until it is out of force for their holders", func() {
		first, older := user("first", 9), user("older", 1)
		bought := builders.Organization("acme").Module(module, 1).Obj().Spec.Subscription
		o := builders.Organization("acme").Module(module, 1).Obj()
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: module, Holders: []string{"first"}}}
		plan := func() []v1alpha1.ModuleStatus {
			o.Status.Modules = effective.NextSeats(o, []*v1alpha1.OrgUser{first, older})
			return o.Status.Modules
		}
		leaves := ConsistOf(And(
			HaveField("Name", module), HaveField("Seats", HaveValue(BeZero())), HaveField("Used", HaveValue(BeEquivalentTo(1))),
			HaveField("Holders", BeEmpty()), HaveField("Leaving", ConsistOf("first"))))

		first.Status.Modules = []v1alpha1.ObjectName{module}
		o.Spec.Subscription.Modules = nil
		Expect(plan()).To(leaves)
		Expect(plan()).To(leaves, "as long as it is in force")
		Expect(effective.Leaving(o)).To(ConsistOf("first"))

		o.Spec.Subscription = bought
		first.Spec.Modules = nil
		Expect(plan()).To(ConsistOf(And(HaveField("Used", HaveValue(BeEquivalentTo(1))), HaveField("Holders", BeEmpty()),
			HaveField("Leaving", ConsistOf("first")))), "the one who is next waits")
		o.Spec.Subscription.Modules = nil
		Expect(plan()).To(leaves)
		first.Status.Modules = nil
		Expect(plan()).To(BeEmpty())
		o.Spec.Subscription = bought
		Expect(plan()).To(ConsistOf(HaveField("Holders", ConsistOf("older"))))
	})

	It("are taken by an invited person, and not by one who cannot accept", func() {
		invited := user("invited", 1, state(v1alpha1.UserPending))
		expired := user("expired", 1, state(v1alpha1.UserPending), func(u *v1alpha1.OrgUser) {
			u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue}}
		})
		Expect(holders(1, nil, invited)).To(Equal([]string{"invited"}))
		Expect(holders(1, nil, expired)).To(BeEmpty())
	})

	It("LMI-2 LMI-11 are not taken by Limited accounts, nor by users who request no module", func() {
		limited := user("guest", 1, func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessLimited })
		Expect(holders(5, nil, limited, builders.OrgUser("acme", "member").Obj())).To(BeEmpty())
	})

	It("are lost by the last holders first if the subscription has fewer", func() {
		Expect(holders(1, []string{"a", "b"}, user("a", 5), user("b", 1))).To(Equal([]string{"a"}))
	})

	It("put a module in force; modules without a seat wait", func() {
		o := builders.Organization("acme").Obj()
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: module, Seats: ptr.To[int32](1), Holders: []string{"ana"}}}
		granted, waiting := effective.ModulesInForce(o, builders.OrgUser("acme", "ana").Modules(module, "service-desk").Obj())
		Expect(granted).To(ConsistOf(v1alpha1.ObjectName(module)))
		Expect(waiting).To(ConsistOf("service-desk"))
	})
})
