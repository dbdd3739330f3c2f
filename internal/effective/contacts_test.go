// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// having returns a user with an address, a UID and a state in force.
func having(email, uid string, state v1alpha1.UserState) *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", uid).Email(email).Obj()
	u.UID, u.Status.State = types.UID(uid), state
	return u
}

func byAddress(users ...*v1alpha1.OrgUser) effective.UsersByAddress {
	all := effective.UsersByAddress{}
	for _, u := range users {
		key := emailaddr.Normalize(string(u.Spec.Email))
		all[key] = append(all[key], u)
	}
	return all
}

var _ = Describe("A contact", func() {
	const (
		ana     = "ana@acme.example"
		active  = v1alpha1.UserActive
		pending = v1alpha1.UserPending
	)
	contact := func(assignee string) []v1alpha1.Contact {
		return []v1alpha1.Contact{{Name: "Guardia", Assignee: v1alpha1.EmailAddress(assignee)}}
	}
	assigned := v1alpha1.ContactStatus{Name: "Guardia", Assignee: ana, ObservedAssignee: ana, AssigneeUID: "1"}
	unassigned := func(reason v1alpha1.UnassignedReason, uid string) v1alpha1.ContactStatus {
		return v1alpha1.ContactStatus{Name: "Guardia", Reason: reason, ObservedAssignee: ana, AssigneeUID: uid}
	}
	provisional := effective.LimitedAccount("acme", ana, v1alpha1.OriginDevice)
	provisional.UID, provisional.Status.State = "9", active
	limited := having(ana, "1", active)
	limited.Spec.Access = v1alpha1.AccessLimited

	DescribeTable("GTA-12 ORG-27 is assigned to", func(requested string, before []v1alpha1.ContactStatus, users effective.UsersByAddress,
		expected v1alpha1.ContactStatus,
	) {
		after := effective.NextContacts(contact(requested), before, users)
		Expect(after).To(HaveExactElements(expected))
		Expect(effective.NextContacts(contact(requested), after, users)).To(Equal(after), "a second pass changes nothing")
	},
		Entry("nobody if there is no assignee", "", nil, byAddress(having(ana, "1", active)), v1alpha1.ContactStatus{Name: "Guardia"}),
		Entry("the active user with the address", ana, nil, byAddress(having(ana, "1", active)), assigned),
		Entry("a user whose address is spelled differently", ana, nil, byAddress(having("Ana@Acme.example", "1", active)), assigned),
		Entry("a Limited account", ana, nil, byAddress(limited), assigned),
		Entry("nobody if no user has the address", ana, nil, nil, unassigned(v1alpha1.UnassignedUnknown, "")),
		Entry("nobody before the user has accepted", ana, nil, byAddress(having(ana, "1", pending)), unassigned(v1alpha1.UnassignedNotActive, "")),
		Entry("the first of two users who becomes active", ana, []v1alpha1.ContactStatus{unassigned(v1alpha1.UnassignedNotActive, "")},
			byAddress(having(ana, "2", pending), having(ana, "1", active)), assigned),
		Entry("nobody while the person, who is remembered, is suspended", ana, []v1alpha1.ContactStatus{assigned},
			byAddress(having(ana, "1", v1alpha1.UserSuspended)), unassigned(v1alpha1.UnassignedNotActive, "1")),
		Entry("the same person after the suspension", ana, []v1alpha1.ContactStatus{unassigned(v1alpha1.UnassignedNotActive, "1")},
			byAddress(having(ana, "1", active)), assigned),
		Entry("nobody while the person is being removed", ana, []v1alpha1.ContactStatus{assigned},
			byAddress(having(ana, "1", v1alpha1.UserRemoving)), unassigned(v1alpha1.UnassignedRemoved, "1")),
		Entry("nobody once the person is gone", ana, []v1alpha1.ContactStatus{assigned}, nil, unassigned(v1alpha1.UnassignedRemoved, "1")),
		Entry("nobody if another user gets the address later", ana, []v1alpha1.ContactStatus{unassigned(v1alpha1.UnassignedRemoved, "1")},
			byAddress(having(ana, "2", active)), unassigned(v1alpha1.UnassignedRemoved, "1")),
		Entry("nobody if another user has the address at once, as after an outage of the operator", ana, []v1alpha1.ContactStatus{assigned},
			byAddress(having(ana, "2", active)), unassigned(v1alpha1.UnassignedRemoved, "1")),
		Entry("nobody if only the spelling of the assignee changes", "ANA@acme.example", []v1alpha1.ContactStatus{unassigned(v1alpha1.UnassignedRemoved, "1")},
			byAddress(having(ana, "2", active)), v1alpha1.ContactStatus{
				Name: "Guardia", Reason: v1alpha1.UnassignedRemoved, ObservedAssignee: "ANA@acme.example", AssigneeUID: "1",
			}),
		Entry("the user who has the address if the assignee is new", ana, []v1alpha1.ContactStatus{{Name: "Guardia"}},
			byAddress(having(ana, "2", active)), v1alpha1.ContactStatus{Name: "Guardia", Assignee: ana, ObservedAssignee: ana, AssigneeUID: "2"}),
		Entry("the user with another address if the assignee changes", ana, []v1alpha1.ContactStatus{
			{Name: "Guardia", ObservedAssignee: "bea@acme.example", AssigneeUID: "7"},
		}, byAddress(having(ana, "1", active)), assigned),
		Entry("an account that Usher created, which is not remembered", ana, nil, byAddress(provisional),
			v1alpha1.ContactStatus{Name: "Guardia", Assignee: ana, ObservedAssignee: ana}),
		Entry("the user who replaces that account", ana, []v1alpha1.ContactStatus{{Name: "Guardia", Assignee: ana, ObservedAssignee: ana}},
			byAddress(having(ana, "1", active)), assigned),
	)

	It("ORG-27 is remembered by its name, and listed in the order of the spec", func() {
		users := byAddress(having(ana, "2", active))
		requested := []v1alpha1.Contact{{Name: "Nights", Assignee: ana}, {Name: "Guardia", Assignee: ana}}
		Expect(effective.NextContacts(requested, []v1alpha1.ContactStatus{assigned}, users)).To(HaveExactElements(
			And(HaveField("Name", "Nights"), HaveField("Assignee", ana)),
			And(HaveField("Name", "Guardia"), HaveField("Assignee", ""), HaveField("Reason", v1alpha1.UnassignedRemoved))))
	})
})
