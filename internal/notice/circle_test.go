// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"time"

	"github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

var _ = ginkgo.Describe("Alerts at the API's maxima", func() {
	ginkgo.It("OPS-9 look each user up once among the holders, and by the address and each group among the members", func() {
		const people, holders = 300, 100
		o, users := maxima.Organization(), maxima.Users(people, v1alpha1.RoleMember)
		o.Status.Modules = effective.NextSeats(o, users[:holders])
		w := maxima.Workspace()
		w.Spec.Members = w.Spec.Members[maxima.Groups+people:] // other people's addresses, and no group
		for _, u := range users {
			u.Spec.Workspaces = nil
		}
		s := Snapshot{Organization: o, Workspace: w, Users: users, Now: time.Now()}

		among, members, seats, sets := s.circle(), 0, 0, 0
		lists, holds := among.lists, among.holds
		among.lists = func(key effective.MemberKey) bool { members++; return lists(key) }
		among.holds = func(m *v1alpha1.ModuleStatus) func(string) bool {
			sets++
			held := holds(m)
			return func(user string) bool { seats++; return held(user) }
		}
		Expect(s.waiting(&o.Status.Modules[0], among)).To(BeEmpty(), "nobody of them is in the workspace")
		Expect([]int{sets, seats, members}).To(Equal([]int{1, people, (people - holders) * (1 + maxima.Groups)}))

		members = 0
		refused := &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientUndeliverable}
		for _, u := range users {
			u.Status = v1alpha1.OrgUserStatus{State: v1alpha1.UserPending, Onboarding: refused, Conditions: []metav1.Condition{}}
		}
		Expect(s.refused(among)).To(BeEmpty())
		Expect(members).To(Equal(people * (1 + maxima.Groups)))
	})
})
