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

// having gives a user with an address, a UID and a state in force.
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

	DescribeTable("GTA-12 ORG-27 is assigned to", func(wished string, before []v1alpha1.ContactStatus, users effective.UsersByAddress,
		expected v1alpha1.ContactStatus,
	) {
		after := effective.NextContacts(contact(wished), before, users)
		Expect(after).To(HaveExactElements(expected))
		Expect(effective.NextContacts(contact(wished), after, users)).To(Equal(after), "a second pass changes nothing")
	},
		Entry("nobody", "", nil, byAddress(having(ana, "1", active)), v1alpha1.ContactStatus{Name: "Guardia"}),
		Entry("the active user of the address", ana, nil, byAddress(having(ana, "1", active)), assigned),
		Entry("one whose address is written otherwise", ana, nil, byAddress(having("Ana@Acme.example", "1", active)), assigned),
		Entry("a Limited one", ana, nil, byAddress(limited), assigned),
		Entry("nobody, when the address is unknown", ana, nil, nil, unassigned(v1alpha1.UnassignedUnknown, "")),
		Entry("nobody before the user has accepted", ana, nil, byAddress(having(ana, "1", pending)), unassigned(v1alpha1.UnassignedNotActive, "")),
		Entry("the first who is active of two who wait", ana, []v1alpha1.ContactStatus{unassigned(v1alpha1.UnassignedNotActive, "")},
			byAddress(having(ana, "2", pending), having(ana, "1", active)), assigned),
		Entry("nobody while the person is suspended, who is remembered", ana, []v1alpha1.ContactStatus{assigned},
			byAddress(having(ana, "1", v1alpha1.UserSuspended)), unassigned(v1alpha1.UnassignedNotActive, "1")),
		Entry("the same person when resumed", ana, []v1alpha1.ContactStatus{unassigned(v1alpha1.UnassignedNotActive, "1")},
			byAddress(having(ana, "1", active)), assigned),
		Entry("nobody while the person is being removed", ana, []v1alpha1.ContactStatus{assigned},
			byAddress(having(ana, "1", v1alpha1.UserRemoving)), unassigned(v1alpha1.UnassignedRemoved, "1")),
		Entry("nobody once the person is gone", ana, []v1alpha1.ContactStatus{assigned}, nil, unassigned(v1alpha1.UnassignedRemoved, "1")),
		Entry("nobody when somebody else has the address later", ana, []v1alpha1.ContactStatus{unassigned(v1alpha1.UnassignedRemoved, "1")},
			byAddress(having(ana, "2", active)), unassigned(v1alpha1.UnassignedRemoved, "1")),
		Entry("nobody when somebody else has it at once, as after a time without operator", ana, []v1alpha1.ContactStatus{assigned},
			byAddress(having(ana, "2", active)), unassigned(v1alpha1.UnassignedRemoved, "1")),
		Entry("nobody when the wish is only written otherwise", "ANA@acme.example", []v1alpha1.ContactStatus{unassigned(v1alpha1.UnassignedRemoved, "1")},
			byAddress(having(ana, "2", active)), v1alpha1.ContactStatus{
				Name: "Guardia", Reason: v1alpha1.UnassignedRemoved, ObservedAssignee: "ANA@acme.example", AssigneeUID: "1",
			}),
		Entry("whoever has the address when the wish is new", ana, []v1alpha1.ContactStatus{{Name: "Guardia"}},
			byAddress(having(ana, "2", active)), v1alpha1.ContactStatus{Name: "Guardia", Assignee: ana, ObservedAssignee: ana, AssigneeUID: "2"}),
		Entry("whoever has another address that is wished", ana, []v1alpha1.ContactStatus{
			{Name: "Guardia", ObservedAssignee: "bea@acme.example", AssigneeUID: "7"},
		}, byAddress(having(ana, "1", active)), assigned),
		Entry("an account that Usher made, which is not remembered", ana, nil, byAddress(provisional),
			v1alpha1.ContactStatus{Name: "Guardia", Assignee: ana, ObservedAssignee: ana}),
		Entry("who takes over from it", ana, []v1alpha1.ContactStatus{{Name: "Guardia", Assignee: ana, ObservedAssignee: ana}},
			byAddress(having(ana, "1", active)), assigned),
	)

	It("ORG-27 is remembered by its name, in the order of the spec", func() {
		users := byAddress(having(ana, "2", active))
		wished := []v1alpha1.Contact{{Name: "Nights", Assignee: ana}, {Name: "Guardia", Assignee: ana}}
		Expect(effective.NextContacts(wished, []v1alpha1.ContactStatus{assigned}, users)).To(HaveExactElements(
			And(HaveField("Name", "Nights"), HaveField("Assignee", ana)),
			And(HaveField("Name", "Guardia"), HaveField("Assignee", ""), HaveField("Reason", v1alpha1.UnassignedRemoved))))
	})
})
