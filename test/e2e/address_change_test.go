// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("The address of an account", func() {
	const edit = v1alpha1.WorkspaceEdit
	setEmail := func(ctx context.Context, as client.Client, u *v1alpha1.OrgUser, email string) error {
		return as.Patch(ctx, &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: u.Namespace, Name: u.Name}},
			merge(`{"spec":{"email":"`+email+`"}}`))
	}

	It("ORG-18 ORG-28 changes once the person confirms the new one, and what follows from it changes with it", func(ctx context.Context) {
		org := organization(ctx, english)
		old, next := "luis@"+org+".example", "luis.gil@"+org+".example"
		i := builders.Invitation(org, "team", old).Obj()
		create(ctx, i, builders.Workspace(org, "support").Member(old, edit).Obj(), builders.Workspace(org, "sales").Member(next, edit).Obj(),
			builders.OrgUser(org, "eva").Role(v1alpha1.RoleUserAdmin).Existing().Obj())
		luis := userOf(ctx, org, old)
		Expect(setEmail(ctx, env.Client, luis, next)).To(BeRefused(http.StatusUnprocessableEntity,
			`the Invitation "team" invites `+old+`: remove that address from spec.emails there`))
		accept(ctx, old, "Luis")
		Eventually(can(ctx, old, "create", "configmaps", org+"-support")).Should(BeTrue())

		By("asking at the new address, while the former one stays in force")
		Expect(setEmail(ctx, env.As("eva@"+org+".example"), luis, next)).To(Succeed())
		Eventually(get(ctx, luis)).Should(And(HaveCondition("Ready", metav1.ConditionTrue, "AwaitingConfirmation"),
			HaveField("Status.Email", old), HaveField("Status.EmailChange.Email", BeEquivalentTo(next))))
		_, link := mailTo(ctx, next, "/e/")
		Expect(visit(ctx, link)).To(Equal(http.StatusOK))
		Expect(visit(ctx, link)).To(Equal(http.StatusOK))
		Expect(get(ctx, luis)(Default).Status).To(And(HaveField("Email", old), HaveField("EmailChange.ConfirmationTime", BeNil())))
		Expect(can(ctx, next, "create", "configmaps", org+"-sales")(Default)).To(BeFalse())

		By("confirming")
		press(ctx, link, nil)
		Eventually(get(ctx, luis)).Should(And(BeReady(), HaveField("Status.Email", next), HaveField("Status.Username", next),
			HaveField("Status.EmailChange", BeNil()), HaveField("Status.FormerEmails", ConsistOf(old))))
		Eventually(can(ctx, next, "create", "configmaps", org+"-sales")).Should(BeTrue())
		Eventually(can(ctx, old, "create", "configmaps", org+"-support")).Should(BeFalse())
		Expect(visit(ctx, link)).To(Equal(http.StatusOK), "it says that the address is confirmed")
		Expect(recipientOf(get(ctx, i)(Default), old).State).To(Equal(v1alpha1.RecipientActive))
	})

	It("ORG-10 ORG-28 cannot be changed by those who manage Members only if it is an administrator's, nor taken from others",
		func(ctx context.Context) {
			org := organization(ctx, english)
			at := func(name string) string { return name + "@" + org + ".example" }
			kim, sam := builders.OrgUser(org, "kim").Existing().Obj(), builders.OrgUser(org, "sam").Existing().Obj()
			create(ctx, builders.OrgUser(org, "eva").Role(v1alpha1.RoleUserAdmin).Existing().Obj(), kim, sam)
			awaitReady(ctx, kim)
			awaitReady(ctx, sam)
			ana := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "ana"}}
			Eventually(func() error { return setEmail(ctx, env.As(at("eva")), ana, at("eve")) }).Should(
				BeRefused(http.StatusForbidden, `may change email of a user with the role "OrganizationAdmin"`))
			Expect(setEmail(ctx, env.As(at("ana")), ana, at("boss"))).To(BeRefused(http.StatusForbidden,
				"you cannot change your own address without confirming it"))

			By("requesting the address of somebody else")
			Expect(setEmail(ctx, env.As(at("eva")), kim, at("sam"))).To(Succeed())
			Eventually(get(ctx, kim)).Should(And(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonDuplicateAddress),
				HaveField("Status.Email", at("kim")), HaveField("Status.Username", at("kim"))))
			Expect(get(ctx, sam)(Default)).To(And(BeReady(), HaveField("Status.Username", at("sam"))))

			By("cancelling")
			Expect(setEmail(ctx, env.As(at("eva")), kim, at("kim"))).To(Succeed())
			Eventually(get(ctx, kim)).Should(And(BeReady(), HaveField("Status.EmailChange", BeNil())))

			By("changing it at once where nobody has to confirm")
			Expect(setEmail(ctx, env.As(at("eva")), kim, at("kim.gil"))).To(Succeed())
			Eventually(get(ctx, kim)).Should(And(BeReady(), HaveField("Status.Email", at("kim.gil")), HaveField("Status.Username", at("kim.gil"))))
		})
})
