// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/people"
)

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func user(name string, change func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
	u := &v1alpha1.OrgUser{
		ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(now.AddDate(0, 0, -10))},
		Spec:       v1alpha1.OrgUserSpec{Email: v1alpha1.EmailAddress(name + "@acme.example"), Role: v1alpha1.RoleMember},
		Status:     v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, LastActive: "2026-11-01T00:00:00Z"},
	}
	if change != nil {
		change(u)
	}
	return u
}

var _ = Describe("Filter", func() {
	DescribeTable("ORG-19 matches", func(f people.Filter, matches bool, change func(*v1alpha1.OrgUser)) {
		Expect(f.Matches(user("jose", change))).To(Equal(matches))
	},
		Entry("everybody without a filter", people.Filter{}, true, nil),
		Entry("a name with accents", people.Filter{Text: "jose nunez"}, true,
			func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "José Núñez" }),
		Entry("a decomposed accent", people.Filter{Text: "núñez"}, true,
			func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Nu\u0301n\u0303ez" }),
		Entry("not if a word is missing", people.Filter{Text: "jose luis"}, false, nil),
		Entry("the role in force before the requested one", people.Filter{Roles: []v1alpha1.Role{v1alpha1.RoleUserAdmin}}, true,
			func(u *v1alpha1.OrgUser) { u.Status.Role = v1alpha1.RoleUserAdmin }),
		Entry("the requested modules of pending people", people.Filter{Modules: []string{"crm"}}, true,
			func(u *v1alpha1.OrgUser) {
				u.Status.State, u.Spec.Modules = v1alpha1.UserPending, []v1alpha1.ObjectName{"crm"}
			}),
		Entry("not a module that waits for a seat", people.Filter{Modules: []string{"crm"}}, false,
			func(u *v1alpha1.OrgUser) { u.Spec.Modules = []v1alpha1.ObjectName{"crm"} }),
		Entry("the requested workspaces of somebody whom the operator has not seen", people.Filter{Workspaces: []string{"sales"}}, true,
			func(u *v1alpha1.OrgUser) {
				u.Status, u.Spec.Workspaces = v1alpha1.OrgUserStatus{}, []v1alpha1.WorkspaceGrant{{Name: "sales"}}
			}),
		Entry("those who were last active before", people.Filter{InactiveSince: now.AddDate(0, 0, -7)}, true, nil),
		Entry("not those who were active since", people.Filter{InactiveSince: now.AddDate(0, 0, -60)}, false, nil),
		Entry("pending people not as inactive", people.Filter{InactiveSince: now}, false,
			func(u *v1alpha1.OrgUser) { u.Status.State, u.Status.LastActive = v1alpha1.UserPending, "Pending" }),
		Entry("those who have been pending since before", people.Filter{PendingSince: now.AddDate(0, 0, -7)}, true,
			func(u *v1alpha1.OrgUser) { u.Status.State = v1alpha1.UserPending }),
		Entry("not those who are pending since", people.Filter{PendingSince: now.AddDate(0, 0, -14)}, false,
			func(u *v1alpha1.OrgUser) { u.Status.State = v1alpha1.UserPending }),
	)
})

var _ = Describe("Near", func() {
	DescribeTable("CLI-2 proposes whom somebody may mean", func(who string, names ...string) {
		all := []v1alpha1.OrgUser{*user("marta", nil), *user("martin", nil), *user("ana", nil), *user("luis-1c9f3a7e", nil)}
		found := []string{}
		for _, u := range people.Near(who, all) {
			found = append(found, u.Name)
		}
		Expect(found).To(HaveExactElements(names))
	},
		Entry("with letters that are swapped", "matra", "marta"),
		Entry("with the beginning of the name", "luis", "luis-1c9f3a7e"),
		Entry("with the beginning of several names, and the best first", "mart", "marta", "martin"),
		Entry("nobody for a single letter", "a"),
		Entry("nobody for something else", "zebedee"),
	)
})

var _ = Describe("ParseSince", func() {
	DescribeTable("CLI-2 reads spans of time and dates", func(text string, want time.Time) {
		Expect(people.ParseSince(text, now)).To(Equal(want))
	},
		Entry("days", "30d", now.AddDate(0, 0, -30)),
		Entry("weeks", "2w", now.AddDate(0, 0, -14)),
		Entry("hours", "12h", now.Add(-12*time.Hour)),
		Entry("a date", "2026-11-01", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)),
		Entry("a time", "2026-11-01T10:00:00Z", time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)),
	)

	DescribeTable("CLI-2 refuses anything else", func(text string) {
		_, err := people.ParseSince(text, now)
		Expect(err).To(MatchError(ContainSubstring("no span of time")))
	},
		Entry("nothing", ""), Entry("a unit", "d"), Entry("a negative number", "-3d"), Entry("months", "3m"),
		Entry("a huge number", "99999999999d"), Entry("a day that does not exist", "2026-02-30"),
	)
})
