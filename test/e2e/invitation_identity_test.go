// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A person's address, and not the name of an OrgUser,", func() {
	var org, luis string

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx, english)
		luis = "luis@" + org + ".example"
		create(ctx, builders.Workspace(org, "support").Obj())
	})

	It("ORG-28 NOV-4 decides who gets what an Invitation gives, when a UserAdmin has taken the name before", func(ctx context.Context) {
		bea := builders.OrgUser(org, "bea").Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		create(ctx, bea)
		awaitReady(ctx, bea)
		other := builders.OrgUser(org, emailaddr.ObjectName(luis)).Email("mallory@" + org + ".example").Existing().Obj()
		Expect(env.As(string(bea.Spec.Email)).Create(ctx, other)).To(Succeed())
		awaitReady(ctx, other)
		before := other.DeepCopy()

		i := builders.Invitation(org, "team", luis).Workspace("support", v1alpha1.WorkspaceEdit).Obj()
		invite(ctx, i)
		user := userOf(ctx, org, luis)
		Expect(user.Name).NotTo(Equal(other.Name))
		Expect(recipientOf(i, luis)).To(And(HaveField("User", user.Name), HaveField("State", v1alpha1.RecipientInvited)))
		accept(ctx, luis, "Luis Gil")
		Eventually(get(ctx, user)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserActive)))
		Eventually(can(ctx, luis, "create", "configmaps", org+"-support")).Should(BeTrue())

		Expect(can(ctx, string(other.Spec.Email), "create", "configmaps", org+"-support")(Default)).To(BeFalse())
		Expect(bindingsOf(ctx, other)).To(HaveEach(HaveField("Namespace", org)), "what every Member has")
		Expect(get(ctx, other)(Default)).To(And(HaveField("Spec", before.Spec), HaveField("Labels", before.Labels),
			HaveField("Status.Workspaces", BeEmpty())))
		settle(ctx)
		Expect(usersWith(ctx, org, luis)(Default)).To(HaveLen(1))
	})

	It("ORG-26 ORG-28 decides whom an old link welcomes, when the OrgUser's name is another's since", func(ctx context.Context) {
		i := builders.Invitation(org, "team", luis).Workspace("support", v1alpha1.WorkspaceEdit).Obj()
		invite(ctx, i)
		link := newestLink(luis, "/i/", 1)
		accept(ctx, luis, "Luis Gil")
		user := userOf(ctx, org, luis)
		Eventually(get(ctx, user)).Should(HaveField("Status.State", v1alpha1.UserActive))
		Expect(look(ctx, link+"/done").Status).To(Equal(http.StatusOK))
		accepted := recipientOf(get(ctx, i)(Default), luis).AcceptanceTime

		for _, email := range []string{"mallory@" + org + ".example", luis} {
			Expect(env.Client.Delete(ctx, user)).To(Succeed())
			Eventually(gone(ctx, user)).Should(Succeed())
			Eventually(func() time.Duration { return time.Since(accepted.Time) }).Should(BeNumerically(">", time.Second))
			user = builders.OrgUser(org, user.Name).Email(email).Existing().Workspace("support", v1alpha1.WorkspaceAdmin).Obj()
			create(ctx, user)
			awaitReady(ctx, user)
			settle(ctx)
			for _, path := range []string{link, link + "/done"} {
				Expect(look(ctx, path).Status).To(Equal(http.StatusGone), email)
			}
		}
	})

	It("WXP-3 decides who is the primary administrator, when a Limited account has the name", func(ctx context.Context) {
		name := env.Namespace(ctx, "org")
		email := "berta@" + name + ".example"
		create(ctx, builders.OrgUser(name, emailaddr.ObjectName(email)).Email("mallory@"+name+".example").Limited().Obj(),
			builders.Organization(name).PrimaryAdministrator("Berta Sanz", email).Obj())
		accept(ctx, email, "Berta Sanz")
		Eventually(get(ctx, userOf(ctx, name, email))).Should(And(BeReady(), HaveField("Status.Role", v1alpha1.RoleOrganizationAdmin)))
	})

	It("LMI-4 ORG-28 decides whose account a device's assignee gets, when another user has the name", func(ctx context.Context) {
		claire := "claire@" + org + ".example"
		other := builders.OrgUser(org, emailaddr.ObjectName(claire)).Email("mallory@" + org + ".example").Existing().Obj()
		create(ctx, other, builders.Workspace(org, "desk").Device("kiosk", claire).Obj())
		Expect(userOf(ctx, org, claire).Spec.Access).To(Equal(v1alpha1.AccessLimited))
		Expect(get(ctx, other)(Default).Spec.Access).To(Equal(v1alpha1.AccessFull))
	})
})
