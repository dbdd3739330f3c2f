// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("How an organization stands", func() {
	standing := func(held string, administrators ...string) *v1alpha1.Organization {
		o := builders.Organization("acme").Obj()
		o.Status.Administrators = administrators
		conclude(o, held, nil)
		return o
	}

	It("is ready with an administrator, and without one yet, for people are declared after it", func() {
		Expect(standing("", "ana", "bea")).To(matchers.Stand(v1alpha1.ConditionReady, "Ready"))
		Expect(standing("", "ana", "bea").Status.Conditions[0].Message).To(Equal("2 administrators in force"))
		Expect(standing("", "ana").Status.Conditions[0].Message).To(Equal("1 administrator in force"))
		Expect(standing("")).To(matchers.Stand(v1alpha1.ConditionReady, "NoAdministrator"))
	})

	It("GTA-10 is stuck on a ClusterRole that is not grantable, and waits for one that is not there", func() {
		o := builders.Organization("acme").Obj()
		stuck, missing := effective.ModuleProblem{Stuck: true, Message: "fax: label it"}, effective.ModuleProblem{Message: "desk: not there"}
		conclude(o, "", []effective.ModuleProblem{stuck, missing})
		Expect(o).To(matchers.Stand(v1alpha1.ConditionStalled, "ClusterRoleNotGrantable"))
		Expect(o.Status.Conditions[0].Message).To(Equal("fax: label it; desk: not there"))
		conclude(o, "", []effective.ModuleProblem{missing})
		Expect(o).To(matchers.Stand(v1alpha1.ConditionReconciling, "ClusterRoleNotFound"))
	})

	It("LMI-9 counts who is in each group, also in those that only workspaces name", func() {
		going := builders.OrgUser("acme", "gone").Groups("day").Obj()
		going.DeletionTimestamp = ptr.To(metav1.Now())
		users := []*v1alpha1.OrgUser{
			builders.OrgUser("acme", "a").Groups("night", "day").Obj(), builders.OrgUser("acme", "b").Groups("night").Obj(), going,
		}
		w := builders.Workspace("acme", "w").Group("night", v1alpha1.WorkspaceEdit).Group("empty", v1alpha1.WorkspaceEdit).
			Member("x@acme.example", v1alpha1.WorkspaceEdit).Obj()
		Expect(countGroups(users, []*v1alpha1.Workspace{w})).To(Equal([]v1alpha1.GroupStatus{
			{Name: "day", Users: ptr.To[int32](1)}, {Name: "empty", Users: ptr.To[int32](0)}, {Name: "night", Users: ptr.To[int32](2)},
		}))
		Expect(countGroups(nil, nil)).To(BeNil())
	})

	It("ORG-4 is stuck while its last administrator wishes to go", func() {
		o := standing("ana", "ana")
		Expect(o).To(matchers.Stand(v1alpha1.ConditionStalled, "LastAdministrator"))
		Expect(o.Status.Conditions[0].Message).To(HavePrefix("ana stays an administrator"))
	})

	It("is counted by what is in force", func() {
		o := builders.Organization("acme").Module("remote-support", 25).Module("service-desk", 1).Obj()
		var users []*v1alpha1.OrgUser
		for n, state := range []v1alpha1.UserState{v1alpha1.UserActive, v1alpha1.UserActive, v1alpha1.UserPending, "", v1alpha1.UserSuspended} {
			u := builders.OrgUser("acme", string(rune('a'+n))).Modules("remote-support").Obj()
			u.Status.State = state
			users = append(users, u)
		}
		count(o, users, []*v1alpha1.Workspace{builders.Owned("a"), builders.Owned("b"), builders.Owned("c")})
		Expect(o.Status.Users).To(Equal(v1alpha1.UserCounts{Total: ptr.To[int32](5), Active: ptr.To[int32](2), Pending: ptr.To[int32](2), Limited: ptr.To[int32](0)}))
		Expect(o.Status.Workspaces).To(HaveValue(BeEquivalentTo(3)))
		Expect(o.Status.Modules).To(Equal([]v1alpha1.ModuleStatus{
			{Name: "remote-support", Seats: ptr.To[int32](25), Used: ptr.To[int32](3), Holders: []string{"a", "b", "c"}},
			{Name: "service-desk", Seats: ptr.To[int32](1), Used: ptr.To[int32](0)},
		}))
	})
})
