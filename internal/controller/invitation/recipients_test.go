// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("What an Invitation says of its recipients", func() {
	recipient := func(name string, state v1alpha1.RecipientState) v1alpha1.RecipientStatus {
		return v1alpha1.RecipientStatus{
			Email:            v1alpha1.EmailAddress(name + "@acme.example"),
			OnboardingStatus: v1alpha1.OnboardingStatus{State: state, Mail: &v1alpha1.MailStatus{State: v1alpha1.MailSent}},
		}
	}
	concluded := func(authorized bool, recipients ...v1alpha1.RecipientStatus) string {
		i := builders.Invitation("acme", "team", "luis@acme.example").InvitedBy("bea@acme.example").Obj()
		i.Status.Recipients = recipients
		concludeInvitation(i, authorized)
		Expect(i.Status.Conditions[0].Type).To(Equal(v1alpha1.ConditionReady))
		return i.Status.Conditions[0].Reason + ": " + i.Status.Conditions[0].Message
	}
	luis, eva := recipient("luis", v1alpha1.RecipientInvited), recipient("eva", v1alpha1.RecipientActive)

	It("names up to three in each state, and counts the others", func() {
		many := []v1alpha1.RecipientStatus{eva}
		for n := range 5 {
			many = append(many, recipient("p"+strconv.Itoa(n), v1alpha1.RecipientExpired))
		}
		Expect(concluded(true, many...)).To(Equal(
			"Ready: 1 of 6 have accepted; Expired: p0@acme.example, p1@acme.example, p2@acme.example and 2 more"))
	})

	It("leaves out who was taken off the list", func() {
		gone := recipient("gone", v1alpha1.RecipientRevoked)
		gone.RevocationReason = v1alpha1.RevokedAddressRemoved
		Expect(concluded(true, eva, gone)).To(Equal("Ready: 1 of 1 have accepted"))
	})

	It("tells mails that are due, and the last error", func() {
		queued := luis
		queued.Mail = &v1alpha1.MailStatus{State: v1alpha1.MailQueued, LastError: "451 try later"}
		Expect(concluded(true, queued, recipient("new", v1alpha1.RecipientPending), eva)).To(Equal("AwaitingMail: 1 mail is to be sent " +
			"again (the last try: 451 try later), 1 person is to be invited; 1 of 3 have accepted; Pending: new@acme.example; " +
			"Invited: luis@acme.example"))
	})

	It("tells who is refused and why, who is held by what, and an inviter without the right", func() {
		bad := recipient("bad", v1alpha1.RecipientUndeliverable)
		bad.Mail = &v1alpha1.MailStatus{State: v1alpha1.MailFailed, LastError: "550 no such user"}
		Expect(concluded(true, bad)).To(HavePrefix("Undeliverable: the mail server refuses bad@acme.example (550 no such user): correct"))
		held := recipient("held", v1alpha1.RecipientPending)
		held.HeldBy = "Invitation/first"
		Expect(concluded(true, held)).To(And(HavePrefix("AddressHeld: 0 of 1"), ContainSubstring("held@acme.example (Invitation/first)")))
		Expect(concluded(false, luis)).To(HavePrefix(`InviterUnauthorized: nobody can accept, as "bea@acme.example", who invites,`))
		Expect(concluded(false, eva)).To(HavePrefix("Ready"), "nobody is left who could be concerned")
	})

	It("takes no more than a thousand over time", func() {
		full := make([]v1alpha1.RecipientStatus, 0, maxRecipients)
		for n := range maxRecipients {
			full = append(full, recipient(strconv.Itoa(n), v1alpha1.RecipientActive))
		}
		Expect(concluded(true, full...)).To(HavePrefix("TooManyRecipients: this Invitation has named 1000 addresses"))
		full[0] = luis
		Expect(concluded(true, full...)).To(HavePrefix("Ready: 999 of 1000"), "all whom the list names have a place")
	})
})

var _ = Describe("A field of a pending user", func() {
	ownedBy := func(manager, subresource, fields string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{
			Manager: manager, Subresource: subresource, FieldsV1: metav1.NewFieldsV1(fields),
		}
	}

	DescribeTable("is somebody else's", func(expected bool, entries ...metav1.ManagedFieldsEntry) {
		u := builders.OrgUser("acme", "luis").Obj()
		u.ManagedFields = entries
		Expect(changedByOthers(u, "role")).To(Equal(expected))
	},
		Entry("when nobody has it: no", false),
		Entry("when Usher made it: no", false, ownedBy("usher", "", `{"f:spec":{"f:role":{}}}`)),
		Entry("when another field was changed: no", false, ownedBy("kubectl-edit", "", `{"f:spec":{"f:workspaces":{}}}`)),
		Entry("when it was changed", true, ownedBy("usher", "", `{"f:spec":{"f:email":{}}}`), ownedBy("kubectl-edit", "", `{"f:spec":{"f:role":{}}}`)),
		Entry("when the status was written: no", false, ownedBy("manager", "status", `{"f:spec":{"f:role":{}}}`)),
		Entry("when the entry is broken: no", false, ownedBy("kubectl-edit", "", `{`)),
	)

	It("is told among those that differ", func() {
		has := builders.OrgUser("acme", "luis").Workspace("support", v1alpha1.WorkspaceView).Obj().Spec
		wished := builders.OrgUser("acme", "luis").Role(v1alpha1.RoleTechnician).Groups("helpdesk").Obj().Spec
		var names []string
		for _, field := range differing(&has, &wished) {
			names = append(names, field.name)
			field.follow()
		}
		Expect(names).To(Equal([]string{"role", "workspaces", "groups"}))
		Expect(has).To(Equal(wished))
	})
})
