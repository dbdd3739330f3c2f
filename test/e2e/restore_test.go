// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// fifty is an organization of 50 people in all states, with the links that are in their mailboxes.
type fifty struct {
	org   string
	links map[string]string
}

func (f fifty) address(name string) string { return name + "@" + f.org + ".example" }

// newFifty creates the organization.
func newFifty(ctx context.Context) fifty {
	GinkgoHelper()
	f := fifty{links: map[string]string{}, org: organization(ctx, english, func(o *v1alpha1.Organization) {
		o.Spec.Subscription.Modules = builders.Organization("x").Module("remote-support", 3).Obj().Spec.Subscription.Modules
		o.Spec.Contacts = builders.Workspace("x", "x").Contact("Guard", "person-1@"+o.Namespace+".example").Obj().Spec.Contacts
	})}
	f.createPeople(ctx)
	f.createInvited(ctx)
	return f
}

// createPeople creates 39 people who exist already, five of them suspended, with two workspaces. Ana is the 40th.
func (f fifty) createPeople(ctx context.Context) {
	GinkgoHelper()
	create(ctx, builders.Workspace(f.org, "support").Member(f.address("person-2"), v1alpha1.WorkspaceView).
		Device("kiosk", f.address("person-3")).Obj(), builders.Workspace(f.org, "lab").Group("night", v1alpha1.WorkspaceEdit).Obj())
	roles := []v1alpha1.Role{
		v1alpha1.RoleMember, v1alpha1.RoleMember, v1alpha1.RoleTechnician, v1alpha1.RoleUserAdmin, v1alpha1.RoleBillingAdmin,
		v1alpha1.RoleOrganizationAdmin, v1alpha1.RoleNotificationsOnly,
	}
	for n := range 39 {
		b := builders.OrgUser(f.org, fmt.Sprintf("person-%d", n)).Email(f.address(fmt.Sprintf("person-%d", n))).
			Existing().Role(roles[n%len(roles)]).Workspace("support", v1alpha1.WorkspaceEdit)
		switch {
		case n < 4: // one more than there are seats
			b = b.Modules("remote-support").Groups("night")
		case n >= 34:
			b = b.Suspended()
		}
		create(ctx, b.Obj())
	}
}

// createInvited invites ten people, in nobody's name, and brings them into all states.
func (f fifty) createInvited(ctx context.Context) {
	GinkgoHelper()
	gone := f.address("gone")
	DeferCleanup(func() { box.SetFault(nil) })
	box.SetFault(func(to string) error {
		if to == gone {
			return noSuchUser
		}
		return nil
	})
	own := builders.OrgUser(f.org, "own").Email(f.address("own")).Obj()
	team := builders.Invitation(f.org, "team", f.address("accepted"), f.address("second"), f.address("registered"), f.address("invited"),
		f.address("declined"), f.address("expired"), gone, f.address("removed"), f.address("late")).Workspace("lab", v1alpha1.WorkspaceView).Obj()
	create(ctx, own, team)
	for _, name := range []string{"accepted", "second", "own"} {
		_, f.links[name] = mailTo(ctx, f.address(name), "/i/")
		f.accept(ctx, name)
	}
	for _, name := range []string{"registered", "invited", "declined", "expired", "late"} {
		_, f.links[name] = mailTo(ctx, f.address(name), "/i/")
	}
	Expect(post(ctx, f.links["registered"], filledIn("Regina"))).To(Equal(http.StatusSeeOther))
	_, f.links["confirm"] = mailTo(ctx, f.address("registered"), "/c/")
	Expect(post(ctx, f.links["declined"], map[string][]string{"action": {"decline"}})).To(Equal(http.StatusSeeOther))
	Eventually(get(ctx, team)).Should(stateOf(gone, v1alpha1.RecipientUndeliverable, 1))
	box.SetFault(nil)
	edit(ctx, team, func(i *v1alpha1.Invitation) { i.Spec.Emails = append(i.Spec.Emails[:7], i.Spec.Emails[8]) })
	f.expire(ctx, team, f.address("expired"))
	Eventually(get(ctx, team)).Should(And(stateOf(f.address("expired"), v1alpha1.RecipientExpired, 1),
		stateOf(f.address("removed"), v1alpha1.RecipientRevoked, 1), stateOf(f.address("accepted"), v1alpha1.RecipientActive, 1)))
	Eventually(get(ctx, own)).Should(HaveField("Status.State", v1alpha1.UserActive))
	create(ctx, builders.OrgUser(f.org, "waiting").Email(f.address("waiting")).Obj())
	_, f.links["waiting"] = mailTo(ctx, f.address("waiting"), "/i/")
}

// accept accepts the invitation to a person, in English.
func (f fifty) accept(ctx context.Context, name string) {
	GinkgoHelper()
	Expect(post(ctx, f.links[name], filledIn(name))).To(Equal(http.StatusSeeOther))
	_, confirm := mailTo(ctx, f.address(name), "/c/")
	Expect(post(ctx, confirm, nil)).To(Equal(http.StatusSeeOther))
}

// expire ends the validity of a recipient's link, by the clock of a status that the platform writes.
func (f fifty) expire(ctx context.Context, i *v1alpha1.Invitation, email string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		get(ctx, i)(g)
		for n := range i.Status.Recipients {
			if string(i.Status.Recipients[n].Email) == email {
				i.Status.Recipients[n].ExpirationTime = &metav1.Time{Time: time.Now().Add(-time.Minute)}
			}
		}
		g.Expect(env.Client.Status().Update(ctx, i)).To(Succeed())
	}).Should(Succeed())
}

var _ = Describe("A backup", func() {
	It("OPS-5 restores an organization of 50 with kubectl as it was, mails nobody, and keeps the links that are out", func(ctx context.Context) {
		f := newFifty(ctx)
		By("backing up what has settled")
		settle(ctx)
		before, mails := standing(ctx, f.org)(Default), mailIDs(f.org)
		users, recipients := distinctStates(ctx, f.org)
		Expect(users).To(ConsistOf(v1alpha1.UserActive, v1alpha1.UserPending, v1alpha1.UserSuspended))
		Expect(recipients).To(ConsistOf(v1alpha1.RecipientActive, v1alpha1.RecipientRegistered, v1alpha1.RecipientInvited,
			v1alpha1.RecipientDeclined, v1alpha1.RecipientExpired, v1alpha1.RecipientUndeliverable, v1alpha1.RecipientRevoked))
		saved := backUp(ctx, f.org)

		By("losing the namespaces")
		deleteNamespaces(ctx, f.org, f.org+"-support", f.org+"-lab")
		Expect(mailIDs(f.org)).To(Equal(mails))

		By("restoring while paused")
		since := time.Now()
		createPaused(ctx, f.org)
		restore(ctx, saved)
		// A link leads nowhere until the cache has the restored status that it belongs to.
		Eventually(func() page { return look(ctx, f.links["invited"]) }).Should(Equal(pagePaused))
		Eventually(func() page { return look(ctx, f.links["confirm"]) }).Should(Equal(pagePaused))
		Expect(press(ctx, f.links["invited"], filledIn("Ina"))).To(Equal(pagePaused))
		Expect(press(ctx, f.links["confirm"], nil)).To(Equal(pagePaused))
		settle(ctx)
		Expect(writesIn(ctx, f.org, since)).To(BeEmpty())

		By("resuming")
		resumeOrganization(ctx, f.org)
		Eventually(standing(ctx, f.org)).WithTimeout(time.Minute).Should(Equal(before))
		settle(ctx)
		Expect(mailIDs(f.org)).To(Equal(mails))
		Expect(standing(ctx, f.org)(Default)).To(Equal(before))
		Eventually(can(ctx, f.address("person-0"), "get", "pods", f.org+"-support")).Should(BeTrue())

		By("using the links that were out")
		for _, name := range []string{"accepted", "second", "own"} {
			Expect(look(ctx, f.links[name])).To(Equal(pageUsed), name)
		}
		Expect(look(ctx, f.links["declined"])).To(Equal(pageDeclined))
		Expect(look(ctx, f.links["expired"])).To(Equal(pageExpired))
		Expect(look(ctx, f.links["confirm"])).To(Equal(pageConfirm))
		Expect(post(ctx, f.links["confirm"], nil)).To(Equal(http.StatusSeeOther))
		for _, name := range []string{"invited", "waiting"} {
			Expect(look(ctx, f.links[name])).To(invited(), name)
			f.accept(ctx, name)
		}
		for _, name := range []string{"registered", "invited", "waiting"} {
			Eventually(func() v1alpha1.UserState { return userOf(ctx, f.org, f.address(name)).Status.State }).Should(Equal(v1alpha1.UserActive), name)
		}
	})

	It("OPS-5 that is restored to another organization makes no link valid there", func(ctx context.Context) {
		org := organization(ctx, english)
		luis := "luis@" + org + ".example"
		i := builders.Invitation(org, "team", luis).Obj()
		invite(ctx, i)
		_, link := mailTo(ctx, luis, "/i/")
		settle(ctx)
		saved := backUp(ctx, org)
		deleteNamespaces(ctx, org)

		other := org + "-copy"
		createPaused(ctx, other)
		metadata := func(field, value string) string { return "\n    " + field + ": " + value + "\n" }
		restore(ctx, strings.NewReplacer(
			metadata("name", org)+"    namespace: "+org+"\n", metadata("name", other)+"    namespace: "+other+"\n",
			metadata("namespace", org), metadata("namespace", other),
		).Replace(saved))
		resumeOrganization(ctx, other)
		awaitReady(ctx, &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: other, Name: "ana"}})
		Eventually(get(ctx, &v1alpha1.Invitation{ObjectMeta: metav1.ObjectMeta{Namespace: other, Name: "team"}})).Should(
			HaveField("Status.Identity", HaveField("Namespace", other)))
		Expect(look(ctx, link)).To(Equal(pageRevoked))
	})

	It("OPS-5 without status invites nobody of whom an administrator says that they have accepted", func(ctx context.Context) {
		org := env.Namespace(ctx, "org")
		pauseOrganization(ctx, org)
		luis, eva := "luis@"+org+".example", "eva@"+org+".example"
		// From Git come the Organization, its administrator, and an Invitation that Luis has accepted and Eva has not.
		i := builders.Invitation(org, "team", luis, eva).Obj()
		o := builders.Organization(org).PrimaryAdministrator("Ana", "ana@"+org+".example").Obj()
		ana := builders.OrgUser(org, "ana").Email("ana@" + org + ".example").Role(v1alpha1.RoleOrganizationAdmin)
		create(ctx, o, ana.Existing().Obj(), builders.OrgUser(org, "luis").Email(luis).Existing().Obj(), i)
		resumeOrganization(ctx, org)

		mailTo(ctx, eva, "/i/")
		Eventually(get(ctx, i)).Should(And(stateOf(luis, v1alpha1.RecipientActive, 0), stateOf(eva, v1alpha1.RecipientInvited, 1)))
		Eventually(get(ctx, o)).Should(HaveField("Status.Administrators", Equal([]string{"ana"})))
		settle(ctx)
		Expect(mailIDs(org)).To(HaveLen(1))
	})
})
