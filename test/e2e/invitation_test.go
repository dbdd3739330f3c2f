// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A person who is invited", func() {
	var (
		org   string
		inv   *v1alpha1.Invitation
		luis  string
		space string
	)

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx, func(o *v1alpha1.Organization) { o.Spec.Settings.Language = "es" })
		space = org + "-support"
		create(ctx, builders.Workspace(org, "support").Obj())
		luis = "luis.gomez@" + org + ".example"
		inv = builders.Invitation(org, "team", luis+", nora@"+org+".example; sam@"+org+".example").
			Workspace("support", v1alpha1.WorkspaceEdit).InvitedBy("ana@" + org + ".example").
			Message("Bienvenidos al equipo").Obj()
		create(ctx, inv)
	})

	It("ORG-20 ORG-21 ORG-22 NOV-3 NOV-4 has a pending OrgUser with the invited role at once, and no access", func(ctx context.Context) {
		for _, email := range []string{luis, "nora@" + org + ".example", "sam@" + org + ".example"} {
			user := userOf(ctx, org, email)
			Expect(user.Spec.Role).To(Equal(v1alpha1.RoleMember))
			Eventually(get(ctx, user)).Should(HaveField("Status.State", v1alpha1.UserPending))
			Expect(user.Status.LastActive).To(Equal("Pending"), "ORG-17")
			Expect(can(ctx, email, "get", "configmaps", space)(Default)).To(BeFalse())
		}
		awaitReady(ctx, inv)
		Expect(inv.Status.Recipients).To(HaveLen(3))
		Expect(inv.Status.Recipients).To(HaveEach(HaveField("State", v1alpha1.RecipientInvited)))
	})

	It("NOV-8 NOV-9 gets a mail with the inviter in the subject and a link that grants nothing when opened", func(ctx context.Context) {
		message, link := mailTo(ctx, luis, "/i/")
		Expect(message.Subject).To(Equal("Invitación del usuario Ana"), "nobody is called Ana Ana, although LMI-6 derives both names from the address")
		Expect(message.Header.Get("Reply-To")).To(Equal("<ana@" + org + ".example>"))
		Expect(message.HTML).To(ContainSubstring("Aceptar invitación"))
		Expect(message.Text).To(ContainSubstring("Bienvenidos al equipo"))

		awaitReady(ctx, inv)
		before := inv.ResourceVersion
		Expect(visit(ctx, link)).To(Equal(http.StatusOK))
		head, _ := fetch(ctx, &noRedirects, http.MethodHead, link, nil)
		Expect(head).To(Equal(http.StatusOK))
		Expect(get(ctx, inv)(Default).ResourceVersion).To(Equal(before), "opening a page writes nothing")
	})

	It("NOV-10 NOV-11 NOV-12 ORG-17 has access only after registering and confirming the address by a second mail", func(ctx context.Context) {
		secret := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: space, Name: "notes"}}
		Eventually(func() error { return env.Client.Create(ctx, secret) }).Should(Succeed())
		asLuis := func() error { return env.As(luis).Get(ctx, client.ObjectKeyFromObject(secret), &corev1.ConfigMap{}) }
		Expect(asLuis()).To(BeRefused(http.StatusForbidden, "cannot get resource"))

		_, link := mailTo(ctx, luis, "/i/")
		Expect(post(ctx, link, registration("Luis Gómez"))).To(Equal(http.StatusSeeOther))
		Eventually(get(ctx, inv)).Should(WithTransform(recipientState(luis), Equal(v1alpha1.RecipientRegistered)))
		Expect(asLuis()).To(BeRefused(http.StatusForbidden, "cannot get resource"), "registered is not confirmed")

		_, link = mailTo(ctx, luis, "/c/")
		Expect(visit(ctx, link)).To(Equal(http.StatusOK))
		Expect(recipientOf(get(ctx, inv)(Default), luis).State).To(Equal(v1alpha1.RecipientRegistered))
		Expect(post(ctx, link, nil)).To(Equal(http.StatusSeeOther))

		user := userOf(ctx, org, luis)
		Eventually(get(ctx, user)).Should(And(
			HaveField("Status.State", v1alpha1.UserActive), HaveField("Status.Role", v1alpha1.RoleMember), BeReady(),
			HaveCondition(v1alpha1.ConditionAccepted, metav1.ConditionTrue, "")))
		Expect(user).To(KeepKstatus())
		Expect(user.Status.DisplayName).To(Equal("Luis Gómez"))
		Expect(user.Status.LastActive).To(MatchRegexp(`^\d{4}-\d\d-\d\dT`))
		Expect(asLuis()).To(Succeed())
		Expect(can(ctx, luis, "get", "configmaps", org)(Default)).To(BeFalse(), "a Member has no access to the organization's namespace")

		Eventually(get(ctx, inv)).Should(HaveField("Status.Summary.Active", HaveValue(BeEquivalentTo(1))))
		Expect(inv.Status.Summary).To(HaveField("Pending", HaveValue(BeEquivalentTo(2))))
	})

	It("gets no access after declining", func(ctx context.Context) {
		_, link := mailTo(ctx, luis, "/i/")
		Expect(post(ctx, link, map[string][]string{"action": {"decline"}})).To(Equal(http.StatusSeeOther))
		Eventually(get(ctx, inv)).Should(WithTransform(recipientState(luis), Equal(v1alpha1.RecipientDeclined)))
		Expect(post(ctx, link, registration("Luis"))).To(Equal(http.StatusSeeOther), "the page says that it is declined")
		Expect(recipientOf(get(ctx, inv)(Default), luis).State).To(Equal(v1alpha1.RecipientDeclined))
	})

	It("WXP-7 gets a new link when the invitation is resent, and the old one becomes invalid", func(ctx context.Context) {
		_, old := mailTo(ctx, luis, "/i/")
		awaitReady(ctx, inv)
		edit(ctx, inv, func(i *v1alpha1.Invitation) { i.Annotations = map[string]string{v1alpha1.AnnotationResend: "1"} })
		Eventually(get(ctx, inv)).Should(WithTransform(func(i *v1alpha1.Invitation) int32 {
			return recipientOf(i, luis).SendCount
		}, BeEquivalentTo(2)))
		Expect(visit(ctx, old)).To(Equal(http.StatusGone))
		Eventually(func() []string { return idsOf(luis) }).Should(HaveLen(2))
		accepted := mailsTo(luis)
		Expect(visit(ctx, linkIn(accepted[1], "/i/"))).To(Equal(http.StatusOK))
	})

	It("loses link and pending user when the address is removed from the list", func(ctx context.Context) {
		_, link := mailTo(ctx, luis, "/i/")
		user := userOf(ctx, org, luis)
		awaitReady(ctx, inv)
		edit(ctx, inv, func(i *v1alpha1.Invitation) { i.Spec.Emails = []string{"nora@" + org + ".example"} })
		Eventually(get(ctx, inv)).Should(WithTransform(recipientState(luis), Equal(v1alpha1.RecipientRevoked)))
		Expect(visit(ctx, link)).To(Equal(http.StatusGone))
		Eventually(gone(ctx, user)).Should(Succeed())
	})

	It("keeps the account when the Invitation is deleted, unless the person has not accepted", func(ctx context.Context) {
		nora := userOf(ctx, org, "nora@"+org+".example")
		accept(ctx, luis, "Luis")
		Expect(env.Client.Delete(ctx, inv)).To(Succeed())
		Eventually(gone(ctx, inv)).Should(Succeed())
		Eventually(gone(ctx, nora)).Should(Succeed())
		user := userOf(ctx, org, luis)
		Eventually(get(ctx, user)).Should(HaveField("Status.State", v1alpha1.UserActive))
		Eventually(can(ctx, luis, "get", "configmaps", space)).Should(BeTrue())
	})

	It("NOV-4 cannot accept if the inviter may no longer grant the role: the invitation is revoked permanently", func(ctx context.Context) {
		bea := builders.OrgUser(org, "bea").Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		create(ctx, bea)
		awaitReady(ctx, bea)
		kim := "kim@" + org + ".example"
		theirs := builders.Invitation(org, "theirs", kim).Obj()
		Expect(env.As(string(bea.Spec.Email)).Create(ctx, theirs)).To(Succeed())
		_, link := mailTo(ctx, kim, "/i/")
		Expect(post(ctx, link, registration("Kim"))).To(Equal(http.StatusSeeOther))
		_, confirm := mailTo(ctx, kim, "/c/")
		user := userOf(ctx, org, kim)

		edit(ctx, bea, func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleTechnician })
		Eventually(get(ctx, bea)).Should(HaveField("Status.Role", v1alpha1.RoleTechnician))
		Expect(post(ctx, confirm, nil)).To(Equal(http.StatusGone))
		Eventually(gone(ctx, user)).Should(Succeed())
		Eventually(get(ctx, theirs)).Should(HaveField("Status.Summary.Failed", HaveValue(BeEquivalentTo(1))))
		Expect(recipientOf(theirs, kim)).To(And(
			HaveField("State", v1alpha1.RecipientRevoked), HaveField("RevocationReason", v1alpha1.RevokedInviterUnauthorized)))
	})

	It("gets a helpful page at invalid links", func(ctx context.Context) {
		_, link := mailTo(ctx, luis, "/i/")
		Expect(visit(ctx, link[:len(link)-1]+"_")).To(Equal(http.StatusNotFound))
		Expect(visit(ctx, usher.PortalURL+"/i/AAAA")).To(Equal(http.StatusNotFound))
		Expect(visit(ctx, usher.PortalURL+"/c"+link[len(usher.PortalURL)+2:])).To(Equal(http.StatusNotFound), "another purpose")
	})
})

func recipientState(email string) func(*v1alpha1.Invitation) v1alpha1.RecipientState {
	return func(i *v1alpha1.Invitation) v1alpha1.RecipientState { return recipientOf(i, email).State }
}

func idsOf(email string) []string {
	var ids []string
	for _, m := range mailsTo(email) {
		ids = append(ids, m.MessageID)
	}
	return ids
}

func gone(ctx context.Context, o client.Object) func() error {
	return func() error {
		err := env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("%T %s is still there (%w)", o, o.GetName(), err)
	}
}
