// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"bytes"
	"encoding/csv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The contents of a report", func() {
	var w notice.Snapshot

	BeforeEach(func() {
		o := seats("desk", 3, "kim", "eva")
		o.Spec.Profile.TimeZone = "Europe/Madrid"
		grant := func(access v1alpha1.WorkspaceAccess) func(*v1alpha1.OrgUser) {
			return func(u *v1alpha1.OrgUser) {
				u.Status.Workspaces = append(u.Status.Workspaces, v1alpha1.WorkspaceGrantStatus{Name: "support", Access: access})
			}
		}
		role := func(r v1alpha1.Role) func(*v1alpha1.OrgUser) { return func(u *v1alpha1.OrgUser) { u.Spec.Role = r } }
		i := builders.Invitation("acme", "team", "sam@acme.example", "ida@acme.example").Workspace("support", v1alpha1.WorkspaceView).Obj()
		for _, email := range []string{"sam@acme.example", "ida@acme.example"} {
			i.Status.Recipients = append(i.Status.Recipients, v1alpha1.RecipientStatus{
				Email:            v1alpha1.EmailAddress(email),
				OnboardingStatus: v1alpha1.OnboardingStatus{State: v1alpha1.RecipientInvited, ExpirationTime: at(0)},
			})
		}
		i.Status.Recipients[1].State = v1alpha1.RecipientDeclined
		w = notice.Snapshot{
			Organization: o, Invitations: []*v1alpha1.Invitation{i}, Now: now,
			Users: []*v1alpha1.OrgUser{
				active("kim", role(v1alpha1.RoleMember), requesting("desk"), grant(v1alpha1.WorkspaceEdit), func(u *v1alpha1.OrgUser) {
					u.Spec.DisplayName, u.Status.Modules = "=HYPERLINK(\"https://evil.example\")", []v1alpha1.ObjectName{"desk"}
				}),
				active("eva", role(v1alpha1.RoleTechnician)),
				user("ana", v1alpha1.UserSuspended, role(v1alpha1.RoleMember), func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "García, \"Ana\"" }),
				active("out", role(v1alpha1.RoleMember), func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessLimited }),
				user("sam", v1alpha1.UserPending, role(v1alpha1.RoleMember), in("support")),
			},
		}
	})
	table := func() [][]string {
		GinkgoHelper()
		raw := notice.NewReport(w).CSV()
		Expect(bytes.Count(raw, []byte("\n"))).To(Equal(bytes.Count(raw, []byte("\r\n"))))
		rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		Expect(err).NotTo(HaveOccurred())
		return rows
	}

	It("GTA-12 are users by role and state, pending invitations and seats", func() {
		r := notice.NewReport(w)
		Expect(r.Total).To(Equal(5))
		Expect(r.Limited).To(Equal(1))
		Expect(r.Roles).To(Equal([]notice.RoleCount{
			{Role: v1alpha1.RoleTechnician, States: map[v1alpha1.UserState]int{v1alpha1.UserActive: 1}},
			{Role: v1alpha1.RoleMember, States: map[v1alpha1.UserState]int{v1alpha1.UserActive: 1, v1alpha1.UserSuspended: 1, v1alpha1.UserPending: 1}},
		}))
		Expect(r.Pending).To(HaveExactElements(HaveField("Email", "sam@acme.example")))
		Expect(r.Seats).To(Equal([]notice.SeatCount{{Module: "desk", Used: 2, Seats: 3}}))
		Expect(r.Access).To(BeNil())
	})

	It("GTA-12 are the people, invitations and seats of a workspace", func() {
		w.Workspace = builders.Workspace("acme", "support").Obj()
		r := notice.NewReport(w)
		Expect(r.Total).To(Equal(1))
		Expect(r.Access).To(Equal(map[v1alpha1.WorkspaceAccess]int{v1alpha1.WorkspaceEdit: 1}))
		Expect(r.Pending).To(HaveLen(1))
		Expect(r.Seats).To(Equal([]notice.SeatCount{{Module: "desk", Used: 1, Seats: 3}}))
		Expect(table()[1][4]).To(Equal("Edit"))
	})

	It("GTA-11 leave out a module that is no longer bought, although somebody is losing it", func() {
		w.Organization = w.Organization.DeepCopy()
		w.Organization.Spec.Subscription.Modules = nil
		Expect(notice.NewReport(w).Seats).To(BeEmpty())
	})

	It("are a table that a spreadsheet can read, without formulas", func() {
		Expect(table()).To(Equal([][]string{
			{"record", "name", "email", "role", "access", "state", "workspaces", "modules", "last_active", "invitation", "expires", "seats", "used"},
			{"user", "García, \"Ana\"", "ana@acme.example", "Member", "", "Suspended", "", "", "", "", "", "", ""},
			{"user", "Eva Eva", "eva@acme.example", "Technician", "", "Active", "", "", "", "", "", "", ""},
			{"user", "'=HYPERLINK(\"https://evil.example\")", "kim@acme.example", "Member", "", "Active", "support:Edit", "desk", "", "", "", "", ""},
			{"user", "Out Out", "out@acme.example", "Member", "Limited", "Active", "", "", "", "", "", "", ""},
			{"user", "Sam Sam", "sam@acme.example", "Member", "", "Pending", "", "", "", "", "", "", ""},
			{"invitation", "", "sam@acme.example", "Member", "", "Invited", "", "", "", "team", "2026-11-21T11:00:00+01:00", "", ""},
			{"module", "desk", "", "", "", "", "", "", "", "", "", "3", "2"},
		}))
	})
})
