// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// causes returns the alerts as reason and subject.
func causes(w notice.Snapshot) []string {
	w.Now = now
	found, _ := notice.Alerts(w)
	out := []string{}
	for _, a := range found {
		out = append(out, string(a.Reason)+" "+a.Subject)
	}
	return out
}

var _ = Describe("An alert about seats", func() {
	kim, luis, eva := active("kim", requesting("desk")), active("luis", requesting("desk"), in("support")), active("eva")
	support := builders.Workspace("acme", "support").Obj()

	DescribeTable("GTA-11 GTA-12 is open while no seat is left", func(o *v1alpha1.Organization, w *v1alpha1.Workspace, expected ...string) {
		Expect(causes(notice.Snapshot{Organization: o, Workspace: w, Users: []*v1alpha1.OrgUser{kim, luis, eva}})).To(Equal(append([]string{}, expected...)))
	},
		Entry("one is left", seats("desk", 3, "kim", "luis"), nil),
		Entry("the last is taken", seats("desk", 2, "kim", "luis"), nil, "SeatsExhausted desk"),
		Entry("somebody waits", seats("desk", 1, "kim"), nil, "SeatsExhausted desk"),
		Entry("none was bought, and somebody waits", seats("desk", 0), nil, "SeatsExhausted desk"),
		Entry("none was bought, and nobody waits", seats("other", 0), nil),
		Entry("the module is no longer bought", &v1alpha1.Organization{Status: seats("desk", 0).Status}, nil),
		Entry("in a workspace, while one of its people waits", seats("desk", 1, "kim"), support, "SeatsExhausted desk"),
		Entry("in a workspace, not while somebody else waits", seats("desk", 1, "luis"), support),
		Entry("in a workspace, not while nobody waits", seats("desk", 2, "kim", "luis"), support),
	)

	It("names the people who wait, the oldest first", func() {
		kim, luis := kim.DeepCopy(), luis.DeepCopy()
		kim.CreationTimestamp, luis.CreationTimestamp = *at(0), *at(-time.Hour)
		w := notice.Snapshot{Organization: seats("desk", 1, "eva"), Users: []*v1alpha1.OrgUser{kim, luis}}
		Expect(w.DetailsOf(&v1alpha1.AlertStatus{Reason: v1alpha1.AlertSeatsExhausted, Subject: "desk"}, 1)).To(Equal(
			notice.Details{Title: "desk", Seats: 1, Used: 1, Waiting: []string{"Luis", "Kim"}}))
	})
})

var _ = Describe("An alert about an invitation", func() {
	o := builders.Organization("acme").Obj()

	It("GTA-12 is open while the mail server refuses it, one for each address", func() {
		going := undeliverable("going", "x@acme.example")
		going.DeletionTimestamp = at(0)
		fine := builders.Invitation("acme", "fine", "y@acme.example").Obj()
		fine.Status.Recipients = []v1alpha1.RecipientStatus{{Email: "y@acme.example", OnboardingStatus: v1alpha1.OnboardingStatus{State: v1alpha1.RecipientInvited}}}
		own := user("rosa", v1alpha1.UserPending, func(u *v1alpha1.OrgUser) {
			u.Status.Onboarding = &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientUndeliverable}
		})
		w := notice.Snapshot{
			Organization: o, Users: []*v1alpha1.OrgUser{own},
			Invitations: []*v1alpha1.Invitation{undeliverable("team", "sam@acme.example", "Eva@acme.example"), going, fine},
		}
		Expect(causes(w)).To(Equal([]string{
			"InvitationUndeliverable Invitation/team/eva@acme.example",
			"InvitationUndeliverable Invitation/team/sam@acme.example",
			"InvitationUndeliverable OrgUser/rosa/rosa@acme.example",
		}))
		Expect(w.DetailsOf(&v1alpha1.AlertStatus{Reason: v1alpha1.AlertInvitationUndeliverable, Subject: "Invitation/team/eva@acme.example"}, 3)).
			To(Equal(notice.Details{Title: "Eva@acme.example", Invitation: "team", Answer: "550 no such user"}))
	})

	It("concerns a workspace that the person or else the Invitation requests, or that has the person as a member", func() {
		i := undeliverable("team", "sam@acme.example", "eva@acme.example", "kim@acme.example", "luis@acme.example")
		i.Status.Recipients[0].User = "sam"
		w := notice.Snapshot{
			Organization: o, Invitations: []*v1alpha1.Invitation{i},
			Users: []*v1alpha1.OrgUser{user("sam", v1alpha1.UserPending, in("support"))},
			Workspace: builders.Workspace("acme", "support").Member("EVA@acme.example", v1alpha1.WorkspaceView).
				Group("night", v1alpha1.WorkspaceView).Obj(),
		}
		Expect(causes(w)).To(ConsistOf(HaveSuffix("/sam@acme.example"), HaveSuffix("/eva@acme.example")))
		i.Status.Recipients[2].User = "sam"
		Expect(causes(w)).NotTo(ContainElement(HaveSuffix("/kim@acme.example")), "sam's account is not kim's")
		i.Spec.Groups = []v1alpha1.ObjectName{"night"}
		Expect(causes(w)).To(HaveLen(4))
		i.Spec.Groups, i.Spec.Workspaces = nil, []v1alpha1.WorkspaceGrant{{Name: "support", Access: v1alpha1.WorkspaceView}}
		Expect(causes(w)).To(HaveLen(4))
	})
})

var _ = Describe("An alert about a request to leave", func() {
	asks := func(u *v1alpha1.OrgUser) { u.Status.LeaveRequestTime = at(0) }

	It("SIG-5 is open while somebody in force asks, for the organization", func() {
		o := builders.Organization("acme").Obj()
		o.Status.Administrators = []string{"ana", "gone"}
		going := active("rosa", asks)
		going.DeletionTimestamp = at(0)
		w := notice.Snapshot{Organization: o, Users: []*v1alpha1.OrgUser{
			active("luis", asks), active("kim", asks), active("ana"), going, user("sam", v1alpha1.UserSuspended, asks),
		}}
		Expect(causes(w)).To(Equal([]string{"LeaveRequested kim", "LeaveRequested luis"}))
		Expect(w.Administrators()).To(HaveExactElements(And(HaveField("Value", "ana@acme.example"), HaveField("Contact", "Ana"))))
		Expect(w.DetailsOf(&v1alpha1.AlertStatus{Reason: v1alpha1.AlertLeaveRequested, Subject: "luis"}, 2)).
			To(Equal(notice.Details{Title: "Luis", Email: "luis@acme.example"}))
		Expect(w.Ended(notice.Alert{Reason: v1alpha1.AlertLeaveRequested, Subject: "luis"})).To(BeFalse(), "they may ask again")
		Expect(w.Ended(notice.Alert{Reason: v1alpha1.AlertLeaveRequested, Subject: "nobody"})).To(BeTrue())
		w.Workspace = builders.Workspace("acme", "support").Obj()
		Expect(causes(w)).To(BeEmpty(), "workspaces are not concerned")
	})
})

var _ = Describe("An alert about the last administrator", func() {
	held := func(since time.Duration, change ...func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
		u := active("ana", change...)
		u.Spec.Role = v1alpha1.RoleMember
		u.Status.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionStalled, Reason: v1alpha1.ReasonLastAdministrator, LastTransitionTime: *at(-since),
		}}
		return u
	}
	world := func(u *v1alpha1.OrgUser, administrators ...string) notice.Snapshot {
		o := builders.Organization("acme").Obj()
		o.Status.Administrators = administrators
		return notice.Snapshot{Organization: o, Users: []*v1alpha1.OrgUser{u}, Now: now}
	}

	It("ORG-4 GTA-12 is open while somebody is held", func() {
		Expect(causes(world(held(time.Minute), "ana"))).To(Equal([]string{"LastAdministratorHeld ana"}))
		Expect(causes(world(held(time.Minute), "ana", "bea"))).To(BeEmpty())
		Expect(causes(world(active("ana", func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleOrganizationAdmin }), "ana"))).To(BeEmpty())
		w := world(held(time.Minute), "ana")
		w.Workspace = builders.Workspace("acme", "support").Obj()
		Expect(causes(w)).To(BeEmpty(), "workspaces are not concerned")
	})

	It("waits until somebody has been held for a moment", func() {
		found, wait := notice.Alerts(world(held(time.Second), "ana"))
		Expect(found).To(BeEmpty())
		Expect(wait).To(Equal(notice.HoldDelay - time.Second))
	})
})
