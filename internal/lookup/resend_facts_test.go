// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("WXP-7 What decides whether a user can be sent another mail", func() {
	facts := func(ctx context.Context, u *v1alpha1.OrgUser, objects ...client.Object) authz.ResendFacts {
		GinkgoHelper()
		after := u.DeepCopy()
		after.Annotations = map[string]string{v1alpha1.AnnotationResend: "1"}
		r := authz.Request{Operation: authz.Update, Organization: "acme", Old: u, New: after}
		found, err := holding(append(objects, acme("ana"), active("ana", v1alpha1.RoleOrganizationAdmin), u)...).RequestFacts(ctx, r, "usher-system")
		Expect(err).NotTo(HaveOccurred())
		return found.Resend
	}
	luis := builders.OrgUser("acme", "luis").With(func(u *v1alpha1.OrgUser) { u.Labels = map[string]string{v1alpha1.LabelInvitation: "team"} }).Obj()
	team := builders.Invitation("acme", "team", "Luis <LUIS@acme.example>").InvitedBy("ana@acme.example").With(func(i *v1alpha1.Invitation) {
		i.Status.InviterKind = v1alpha1.InviterPerson
		i.Status.Recipients = []v1alpha1.RecipientStatus{{Email: "luis@acme.example", ObservedResend: "old"}}
	})

	It("is the recipient, and whether the inviter may give what the Invitation gives", func(ctx context.Context) {
		Expect(facts(ctx, luis, team.Obj())).To(And(HaveField("Recipient.ObservedResend", "old"), HaveField("Authorized", true),
			HaveField("Inviter", "ana@acme.example")))
		Expect(facts(ctx, luis, team.InvitedBy("bea@acme.example").Obj())).To(HaveField("Authorized", false))
	})

	It("is no recipient if the Invitation is gone or does not name the person, and one who waits if its status is behind", func(ctx context.Context) {
		Expect(facts(ctx, luis)).To(HaveField("Recipient", BeNil()))
		Expect(facts(ctx, luis, builders.Invitation("acme", "team", "eva@acme.example").Obj())).To(HaveField("Recipient", BeNil()))
		Expect(facts(ctx, luis, builders.Invitation("acme", "team", "luis@acme.example").Obj())).To(HaveField("Recipient.State", v1alpha1.RecipientPending))
	})

	It("is another user who has the address", func(ctx context.Context) {
		first := active("first", v1alpha1.RoleMember)
		first.Spec.Email, first.Status.Email = "luis@acme.example", "luis@acme.example"
		Expect(facts(ctx, builders.OrgUser("acme", "luis").Obj(), first)).To(HaveField("AddressOwner", "first"))
		Expect(facts(ctx, builders.OrgUser("acme", "luis").Obj())).To(BeZero())
	})
})
