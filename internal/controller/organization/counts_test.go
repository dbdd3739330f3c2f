// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/phase"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

var _ = Describe("The counts of an organization", func() {
	It("LMI-9 include the users of each group, also of those that only workspaces name", func() {
		going := builders.OrgUser("acme", "gone").Groups("day").Obj()
		going.DeletionTimestamp = ptr.To(metav1.Now())
		users := []*v1alpha1.OrgUser{
			builders.OrgUser("acme", "a").Groups("night", "day").Obj(), builders.OrgUser("acme", "b").Groups("night").Obj(), going,
		}
		w := builders.Workspace("acme", "w").Group("night", v1alpha1.WorkspaceEdit).Group("empty", v1alpha1.WorkspaceEdit).
			Member("x@acme.example", v1alpha1.WorkspaceEdit).Obj()
		Expect(countGroups(users, []*v1alpha1.Workspace{w}, nil)).To(Equal([]v1alpha1.GroupStatus{
			{Name: "day", Users: ptr.To[int32](1)}, {Name: "empty", Users: ptr.To[int32](0)}, {Name: "night", Users: ptr.To[int32](2)},
		}))
		Expect(countGroups(nil, nil, nil)).To(BeNil())
	})

	It("DIR-5 include those whom an OrgGroup lists, each once, and an OrgGroup without anybody", func() {
		listed := builders.OrgUser("acme", "a").Groups("night").Obj()
		listed.Status.Groups = []v1alpha1.ObjectName{"night", "day"}
		groups := []*v1alpha1.OrgGroup{builders.OrgGroup("acme", "day").Obj(), builders.OrgGroup("acme", "empty").Obj()}
		Expect(countGroups([]*v1alpha1.OrgUser{listed}, nil, groups)).To(Equal([]v1alpha1.GroupStatus{
			{Name: "day", Users: ptr.To[int32](1)}, {Name: "empty", Users: ptr.To[int32](0)}, {Name: "night", Users: ptr.To[int32](1)},
		}))
	})

	It("OPS-9 list 1,000 groups, and say how many there are besides", func(ctx context.Context) {
		var users []*v1alpha1.OrgUser
		for n := range 100 {
			u := builders.OrgUser("acme", "u").Obj()
			for g := range 32 {
				u.Spec.Groups = append(u.Spec.Groups, maxima.Name("group", 32*n+g))
			}
			users = append(users, u)
		}
		s := &scope{organization: builders.Organization("acme").Obj(), users: users}
		var r Reconciler
		Expect(phase.Run(ctx, s.organization, s, r.reconcileCounts)).To(BeZero())
		Expect(s.organization.Status.Groups).To(HaveLen(1000))
		Expect(s.organization.Status.UnlistedGroups).To(BeEquivalentTo(2200))
		s.users = users[:1]
		Expect(phase.Run(ctx, s.organization, s, r.reconcileCounts)).To(BeZero())
		Expect(s.organization.Status.UnlistedGroups).To(BeZero())
	})

	It("follow what is in force", func(ctx context.Context) {
		o := builders.Organization("acme").Module("remote-support", 25).Module("service-desk", 1).Obj()
		var users []*v1alpha1.OrgUser
		for n, state := range []v1alpha1.UserState{v1alpha1.UserActive, v1alpha1.UserActive, v1alpha1.UserPending, "", v1alpha1.UserSuspended} {
			u := builders.OrgUser("acme", string(rune('a'+n))).Modules("remote-support").Obj()
			u.Status.State = state
			users = append(users, u)
		}
		s := &scope{
			organization: o, users: users, workspaces: []*v1alpha1.Workspace{builders.Owned("a"), builders.Owned("b"), builders.Owned("c")},
		}
		var r Reconciler
		Expect(phase.Run(ctx, s.organization, s, r.reconcileSeats, r.reconcileCounts)).To(BeZero())
		Expect(o.Status.Users).To(Equal(v1alpha1.UserCounts{
			Total: ptr.To[int32](5), Active: ptr.To[int32](2), Pending: ptr.To[int32](2), Limited: ptr.To[int32](0),
		}))
		Expect(o.Status.Workspaces).To(HaveValue(BeEquivalentTo(3)))
		Expect(o.Status.Modules).To(Equal([]v1alpha1.ModuleStatus{
			{Name: "remote-support", Seats: ptr.To[int32](25), Used: ptr.To[int32](3), Holders: []string{"a", "b", "c"}},
			{Name: "service-desk", Seats: ptr.To[int32](1), Used: ptr.To[int32](0)},
		}))
	})

	DescribeTable("are gathered for longer, the more people there are to count", func(ctx context.Context, people int32, delay time.Duration) {
		o := builders.Organization("acme").Obj()
		o.Status.Users.Total = ptr.To(people)
		r := &Reconciler{cache: lookup.New(maxima.NewCache(ctx, lookup.AddIndexes, o), effective.IntakeDomains{})}
		Expect(r.countDelay(ctx, client.ObjectKeyFromObject(o))).To(Equal(delay))
		gone, urgent := r.countDelay(ctx, types.NamespacedName{Namespace: "gone", Name: "gone"})
		Expect(gone).To(Equal(mapper.CountDelay))
		Expect(urgent).To(BeTrue())
	},
		Entry(nil, int32(0), mapper.CountDelay), Entry(nil, int32(4999), mapper.CountDelay), Entry(nil, int32(50_000), 11*mapper.CountDelay),
	)
})
