// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A Limited account", func() {
	var org string

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx, func(o *v1alpha1.Organization) {
			o.Spec.Subscription.Modules = []v1alpha1.Module{{Name: "remote", Seats: ptr.To[int32](1)}}
		})
		create(ctx, builders.Workspace(org, "support").Obj())
	})

	It("LMI-12 LMI-1 is invited when it becomes Full, and loses its access at once when it becomes Limited again", func(ctx context.Context) {
		guest := builders.OrgUser(org, "guest").Limited().Workspace("support", v1alpha1.WorkspaceEdit).Modules("remote").Obj()
		email := string(guest.Spec.Email)
		create(ctx, guest)
		awaitReady(ctx, guest)
		Expect(guest.Status).To(And(HaveField("State", v1alpha1.UserActive), HaveField("LastActive", v1alpha1.LastActivePending),
			HaveField("Modules", BeEmpty())))
		Expect(guest).To(HaveCondition("Accepted", metav1.ConditionFalse, v1alpha1.ReasonLimited))
		settle(ctx)
		Expect(mailsTo(email)).To(BeEmpty())
		Expect(get(ctx, organizationOf(org))(Default).Status.Modules).To(ConsistOf(HaveField("Used", HaveValue(BeZero()))))

		edit(ctx, guest, func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessFull })
		Eventually(get(ctx, guest)).Should(HaveField("Status.State", v1alpha1.UserPending))
		accept(ctx, email, "Guest")
		Eventually(get(ctx, guest)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserActive),
			HaveField("Status.Modules", HaveLen(1))))
		Eventually(can(ctx, email, "create", "configmaps", org+"-support")).Should(BeTrue())

		edit(ctx, guest, func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessLimited })
		Eventually(can(ctx, email, "create", "configmaps", org+"-support")).Should(BeFalse())
		Eventually(get(ctx, guest)).Should(And(BeReady(), HaveField("Status.Modules", BeEmpty()), HaveField("Status.Role", BeEmpty())))
		Expect(bindingsOf(ctx, guest)).To(BeEmpty())
		Eventually(get(ctx, organizationOf(org))).Should(HaveField("Status.Modules", ConsistOf(HaveField("Used", HaveValue(BeZero())))))

		edit(ctx, guest, func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessFull })
		Eventually(can(ctx, email, "create", "configmaps", org+"-support")).Should(BeTrue(), "a person who has accepted need not accept again")
	})

	It("LMI-12 with an existing identity is active at once when it becomes Full", func(ctx context.Context) {
		guest := builders.OrgUser(org, "guest").Limited().Existing().Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, guest)
		awaitReady(ctx, guest)
		edit(ctx, guest, func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessFull })
		Eventually(can(ctx, string(guest.Spec.Email), "get", "pods", org+"-support")).Should(BeTrue())
		Expect(mailsTo(string(guest.Spec.Email))).To(BeEmpty())
	})

	It("LMI-1 that was an invited user invalidates the link, and gets a new one when it becomes Full again", func(ctx context.Context) {
		kim := builders.OrgUser(org, "kim").Obj()
		create(ctx, kim)
		_, first := mailTo(ctx, string(kim.Spec.Email), "/i/")
		edit(ctx, kim, func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessLimited })
		Eventually(get(ctx, kim)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserActive),
			HaveField("Status.Onboarding.RevocationReason", v1alpha1.RevokedAccessLimited)))
		Expect(post(ctx, first, registration("Kim"))).To(Equal(http.StatusGone))
		edit(ctx, kim, func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessFull })
		Eventually(func() int { return len(mailsTo(string(kim.Spec.Email))) }).Should(Equal(2))
		Expect(post(ctx, first, registration("Kim"))).To(Equal(http.StatusGone))
		Eventually(get(ctx, kim)).Should(And(HaveField("Status.State", v1alpha1.UserPending), HaveField("Status.Onboarding.SendCount", BeEquivalentTo(2))))
	})

	It("LMI-7 that Usher created gives its address to a user who is created with it, but keeps it after becoming Full", func(ctx context.Context) {
		one, two := "one@"+org+".example", "two@"+org+".example"
		create(ctx, builders.Workspace(org, "devices").Device("a", one).Device("b", two).Contact("Desk", one).Obj())
		made, promoted := awaitReady(ctx, userOf(ctx, org, one)), awaitReady(ctx, userOf(ctx, org, two))
		edit(ctx, promoted, func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessFull })
		Eventually(get(ctx, promoted)).Should(HaveField("Status.State", v1alpha1.UserPending))

		first, second := builders.OrgUser(org, "one").Email(one).Existing().Obj(), builders.OrgUser(org, "zz").Email(two).Obj()
		create(ctx, first, second)
		awaitReady(ctx, first)
		Eventually(gone(ctx, made)).Should(Succeed())
		Eventually(get(ctx, second)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonDuplicateAddress))
		Expect(get(ctx, promoted)(Default).DeletionTimestamp).To(BeNil())
		Eventually(get(ctx, builders.Workspace(org, "devices").Obj())).Should(HaveField("Status.Contacts", ConsistOf(And(
			assigned(), HaveField("AssigneeUID", string(first.UID))))))
		Expect(usersWith(ctx, org, one)(Default)).To(HaveLen(1))
	})

	It("WXP-3 LMI-2 does not prevent the first administrator of an organization from being invited", func(ctx context.Context) {
		other := env.Namespace(ctx, "org")
		boss := "boss@" + other + ".example"
		create(ctx, builders.OrgUser(other, "guest").Limited().Obj(), builders.Workspace(other, "support").Device("kiosk", boss).Obj(),
			builders.Organization(other).PrimaryAdministrator("Boss", boss).Obj())
		accept(ctx, boss, "Boss")
		Eventually(get(ctx, organizationOf(other))).Should(HaveField("Status.Administrators", HaveLen(1)))
		Eventually(usersWith(ctx, other, boss)).Should(ConsistOf(And(HaveField("Spec.Role", v1alpha1.RoleOrganizationAdmin),
			HaveField("Status.State", v1alpha1.UserActive))))
	})
})

var _ = Describe("An invitation of a person with a Limited account", func() {
	It("LMI-7 leaves a declared account unchanged, sends nothing and says so", func(ctx context.Context) {
		org := organization(ctx)
		guest := builders.OrgUser(org, "guest").Limited().Obj()
		create(ctx, guest)
		awaitReady(ctx, guest)
		i := builders.Invitation(org, "team", string(guest.Spec.Email)).Obj()
		create(ctx, i)
		Eventually(get(ctx, i)).Should(HaveCondition("Ready", metav1.ConditionTrue, v1alpha1.ReasonAddressHeld))
		Expect(recipientOf(i, string(guest.Spec.Email)).HeldBy).To(Equal("OrgUser/guest"))
		settle(ctx)
		Expect(mailsTo(string(guest.Spec.Email))).To(BeEmpty())
		Expect(get(ctx, guest)(Default).Generation).To(BeEquivalentTo(1))
	})

	It("LMI-4 LMI-12 takes over an account that Usher created: the same object is invited, and then Full", func(ctx context.Context) {
		org := organization(ctx)
		claire := "claire.johnson@" + org + ".example"
		w := builders.Workspace(org, "support").Device("kiosk", claire).Obj()
		create(ctx, w)
		Eventually(usersWith(ctx, org, claire)).Should(ConsistOf(HaveField("Status.State", v1alpha1.UserActive)))
		account := usersWith(ctx, org, claire)(Default)[0]
		create(ctx, builders.Invitation(org, "team", claire).Role(v1alpha1.RoleTechnician).Obj())
		accept(ctx, claire, "Claire Johnson")
		Eventually(usersWith(ctx, org, claire)).Should(ConsistOf(And(
			HaveField("UID", account.UID), HaveField("Spec.Access", v1alpha1.AccessFull), HaveField("Labels", Not(HaveKey(v1alpha1.LabelOrigin))),
			HaveField("Status.State", v1alpha1.UserActive), HaveField("Status.Role", v1alpha1.RoleTechnician))))
		Eventually(mailIDs).WithArguments(org).Should(HaveLen(3), "invitation, confirmation and welcome")
	})
})
