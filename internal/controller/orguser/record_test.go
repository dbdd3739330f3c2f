// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The status of a user", func() {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	r := &Reconciler{now: func() time.Time { return noon }}

	recorded := func(in effective.InForce, o *v1alpha1.OnboardingStatus, before string) v1alpha1.OrgUserStatus {
		u := builders.OrgUser("acme", "luis").Email("luis.gil@acme.example").Obj()
		u.Status.LastActive = before
		r.setInForce(&scope{user: u, facts: effective.UserFacts{User: u, Onboarding: o}, in: in})
		return u.Status
	}

	It("ORG-17 shows Pending as the last activity until the person has accepted, then a time", func() {
		accepted := effective.InForce{State: v1alpha1.UserActive, Accepted: true}
		Expect(recorded(effective.InForce{State: v1alpha1.UserPending}, nil, "").LastActive).To(Equal("Pending"))
		Expect(recorded(accepted, nil, "Pending").LastActive).To(Equal("2026-11-21T12:00:00Z"))
		at := &v1alpha1.OnboardingStatus{AcceptanceTime: ptr.To(metav1.NewTime(noon.Add(-time.Hour)))}
		Expect(recorded(accepted, at, "Pending").LastActive).To(Equal("2026-11-21T11:00:00Z"))
		Expect(recorded(accepted, at, "2026-11-21T11:30:00Z").LastActive).To(Equal("2026-11-21T11:30:00Z"), "it does not move back")
	})

	It("ORG-18 names the inviter of the moment until the person has accepted, and keeps the name when the Invitation is gone", func() {
		u := builders.OrgUser("acme", "luis").Obj()
		pass := func(invitedBy string, accepted bool) string {
			r.setInForce(&scope{user: u, facts: effective.UserFacts{User: u, InvitedBy: invitedBy}, in: effective.InForce{
				State: v1alpha1.UserActive, Accepted: accepted,
			}})
			return u.Status.InvitedBy
		}
		Expect(pass("ana@acme.example", false)).To(Equal("ana@acme.example"))
		Expect(pass("bea@acme.example", false)).To(Equal("bea@acme.example"))
		Expect(pass("bea@acme.example", true)).To(Equal("bea@acme.example"))
		Expect(pass("eva@acme.example", true)).To(Equal("bea@acme.example"))
		Expect(pass("", true)).To(Equal("bea@acme.example"))
	})

	It("SIG-5 keeps a request to leave only while the person is in force: suspending them is an answer", func() {
		u := builders.OrgUser("acme", "luis").Obj()
		for _, state := range []v1alpha1.UserState{v1alpha1.UserActive, v1alpha1.UserSuspended} {
			u.Status.LeaveRequestTime = ptr.To(metav1.NewTime(noon))
			r.setInForce(&scope{user: u, facts: effective.UserFacts{User: u}, in: effective.InForce{State: state, Accepted: true}})
			Expect(u.Status.LeaveRequestTime != nil).To(Equal(state == v1alpha1.UserActive), string(state))
		}
	})

	It("shows the registration only once the person has accepted", func() {
		o := &v1alpha1.OnboardingStatus{Registration: &v1alpha1.Registration{DisplayName: "Luis G."}}
		Expect(recorded(effective.InForce{State: v1alpha1.UserPending}, o, "").DisplayName).To(Equal("Luis Gil"))
		shown := recorded(effective.InForce{State: v1alpha1.UserActive, Accepted: true}, o, "")
		Expect(shown.DisplayName).To(Equal("Luis G."))
		Expect(shown.Registration).To(Equal(o.Registration))
	})
})
