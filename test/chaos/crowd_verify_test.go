// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// verify checks that everything is as if the operator had never been killed.
func (c *crowd) verify(ctx context.Context) {
	GinkgoHelper()
	var mails map[string][]mailbox.Message
	Eventually(ctx, func(g Gomega) {
		mails = c.mails(g)
		for _, p := range c.parties {
			p.check(ctx, g, mails)
		}
	}).WithTimeout(eventually).Should(Succeed())
	c.verifyMails(mails)
	c.verifyLinks(ctx, mails)
	Expect(c.portal.rejections()).To(BeEmpty(), "answers of the portal")
	verifySecrecy(ctx, slices.Collect(maps.Keys(c.links)))
}

// mails returns the crowd's mails by person and kind.
func (c *crowd) mails(g Gomega) map[string][]mailbox.Message {
	all, err := box.Messages()
	g.Expect(err).NotTo(HaveOccurred())
	by := map[string][]mailbox.Message{}
	for _, m := range all {
		if _, ok := c.guests[m.EnvelopeTo[0]]; ok {
			what := m.EnvelopeTo[0] + kindOf(linkOf(m))
			by[what] = append(by[what], m)
		}
	}
	return by
}

// missing lists the mails that have not arrived.
func (c *crowd) missing(mails map[string][]mailbox.Message) []string {
	var missing []string
	for email, g := range c.guests {
		for _, kind := range []string{inviteLink, confirmLink, noLink}[:g.expectedMails()] {
			if len(mails[email+kind]) == 0 {
				missing = append(missing, email+kind)
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// verifyMails checks that everybody got the expected mails and no others, and that the copies of a mail are the same, with
// the same Message-ID.
func (c *crowd) verifyMails(mails map[string][]mailbox.Message) {
	GinkgoHelper()
	Expect(c.missing(mails)).To(BeEmpty(), "lost mails")
	wanted, owners := 0, map[string]string{}
	for _, g := range c.guests {
		wanted += g.expectedMails()
	}
	Expect(mails).To(HaveLen(wanted), "kinds of mail, each to one person")
	for what, some := range mails {
		for _, m := range some {
			Expect(m.Malformed).To(BeEmpty(), what)
			Expect(m.EnvelopeTo).To(HaveLen(1), what)
			Expect(m.MessageID).To(Equal(some[0].MessageID), what)
			Expect(linkOf(m)).To(Equal(linkOf(some[0])), what)
		}
		Expect(owners).NotTo(HaveKey(some[0].MessageID), what)
		owners[some[0].MessageID] = what
	}
}

// verifyLinks opens the link of each mail that arrived several times, as people do when they find the second copy later.
func (c *crowd) verifyLinks(ctx context.Context, mails map[string][]mailbox.Message) {
	GinkgoHelper()
	for what, some := range mails {
		if link := linkOf(some[len(some)-1]); len(some) > 1 && link != "" {
			_, err := c.portal.request(ctx, http.MethodGet, link, nil, http.StatusOK)
			Expect(err).NotTo(HaveOccurred(), what)
		}
	}
}

// state is the final state of a guest.
func (g guest) state() v1alpha1.RecipientState {
	return map[string]v1alpha1.RecipientState{
		accept: v1alpha1.RecipientActive, decline: v1alpha1.RecipientDeclined, ignore: v1alpha1.RecipientInvited,
	}[g.does]
}

// check checks all objects of a party.
func (p *party) check(ctx context.Context, g Gomega, mails map[string][]mailbox.Message) {
	var organizations v1alpha1.OrganizationList
	var workspaces v1alpha1.WorkspaceList
	var invitations v1alpha1.InvitationList
	var users v1alpha1.OrgUserList
	for _, list := range []client.ObjectList{&organizations, &workspaces, &invitations, &users} {
		g.Expect(env.Client.List(ctx, list, client.InNamespace(p.org))).To(Succeed())
	}
	expectReady(g, organizations.Items)
	expectReady(g, workspaces.Items)
	expectReady(g, invitations.Items)
	g.Expect(invitations.Items).To(HaveLen(len(p.invitations)))
	onboardings := p.checkInvitations(g, invitations.Items)
	for _, u := range users.Items {
		if u.Status.Onboarding != nil {
			onboardings[string(u.Spec.Email)] = *u.Status.Onboarding
		}
	}
	for _, some := range p.guests() {
		g.Expect(onboardings).To(HaveKey(some.email))
		checkOnboarding(g, some, onboardings[some.email], mails)
	}
	g.Expect(organizations.Items).To(HaveLen(1))
	p.checkUsers(g, &organizations.Items[0], users.Items)
	g.Expect(bindings(ctx, g, p.org, p.org+"-support")).To(ConsistOf(p.access()))
	p.checkNoStrayAccess(ctx, g)
}

// checkInvitations checks the recipients of the Invitations and returns their onboarding.
func (p *party) checkInvitations(g Gomega, items []v1alpha1.Invitation) map[string]v1alpha1.OnboardingStatus {
	all := map[string]v1alpha1.OnboardingStatus{}
	for n, i := range items {
		var emails, wanted []string
		count := map[v1alpha1.RecipientState]int{}
		for _, r := range i.Status.Recipients {
			emails = append(emails, string(r.Email))
			all[string(r.Email)] = r.OnboardingStatus
			count[r.State]++
		}
		for _, some := range p.invitations[n] {
			wanted = append(wanted, some.email)
		}
		g.Expect(emails).To(ConsistOf(wanted), i.Name)
		g.Expect(i.Status.Summary).To(And(
			HaveField("Total", HaveValue(BeEquivalentTo(len(wanted)))),
			HaveField("Active", HaveValue(BeEquivalentTo(count[v1alpha1.RecipientActive]))),
			HaveField("Pending", HaveValue(BeEquivalentTo(count[v1alpha1.RecipientInvited]))),
			HaveField("Failed", HaveValue(BeEquivalentTo(count[v1alpha1.RecipientDeclined])))), i.Name)
	}
	return all
}

// checkOnboarding checks the state of a guest, and that the recorded mail is the one that arrived. An invitation that was
// declined before its delivery was recorded no longer has a mail.
func checkOnboarding(g Gomega, some guest, o v1alpha1.OnboardingStatus, mails map[string][]mailbox.Message) {
	g.Expect(o.State).To(Equal(some.state()), some.email)
	g.Expect(o.SendCount).To(BeEquivalentTo(1), some.email)
	if o.Mail == nil {
		g.Expect(some.does).To(Equal(decline), some.email)
		return
	}
	kind, link := v1alpha1.MailInvitation, inviteLink
	if some.does == accept {
		kind, link = v1alpha1.MailWelcome, noLink
	}
	g.Expect(*o.Mail).To(And(HaveField("Kind", kind), HaveField("State", v1alpha1.MailSent)), some.email)
	g.Expect(mails[some.email+link]).To(ContainElement(HaveField("MessageID", o.Mail.MessageID)), some.email)
}

// checkUsers checks that everybody has one account in the right state, and that no seat is used twice or left empty while
// somebody waits for one.
func (p *party) checkUsers(g Gomega, o *v1alpha1.Organization, users []v1alpha1.OrgUser) {
	by := map[string][]v1alpha1.OrgUser{}
	for _, u := range users {
		by[string(u.Spec.Email)] = append(by[string(u.Spec.Email)], u)
		g.Expect(&u).To(KeepKstatus())
	}
	active, seated, waiting := 1, 0, 0
	g.Expect(by).To(HaveLen(len(p.guests()) + 1))
	for _, some := range p.guests() {
		g.Expect(by[some.email]).To(HaveLen(1), some.email)
		u := &by[some.email][0]
		if some.does != accept {
			g.Expect(u.Status.State).To(Equal(v1alpha1.UserPending), some.email)
			continue
		}
		active++
		g.Expect(u.Status.State).To(Equal(v1alpha1.UserActive), some.email)
		if some.module && len(u.Status.Modules) == 0 {
			waiting++
			g.Expect(u).To(HaveCondition("Ready", "False", v1alpha1.ReasonAwaitingSeat))
			continue
		}
		seated += len(u.Status.Modules)
		g.Expect(u).To(BeReady())
	}
	g.Expect(o.Status.Administrators).To(ConsistOf("ana"))
	g.Expect(o.Status.Users).To(And(HaveField("Total", HaveValue(BeEquivalentTo(len(users)))),
		HaveField("Active", HaveValue(BeEquivalentTo(active)))))
	g.Expect(o.Status.Modules).To(HaveLen(1))
	used := int(*o.Status.Modules[0].Used)
	g.Expect(seated).To(BeNumerically("<=", used), "people with a seat")
	g.Expect(used).To(BeNumerically("<=", p.seats), "seats in use")
	g.Expect(waiting == 0 || used == int(p.seats)).To(BeTrue(), "%d users wait, %d of %d seats are used", waiting, used, p.seats)
}

// access lists the access that everybody must have: namespace, role and user.
func (p *party) access() []string {
	space := p.org + "-support"
	all := []string{p.org + " usher-organization-admin " + p.ana(), space + " admin " + p.ana()}
	for _, some := range p.guests() {
		if some.does == accept {
			all = append(all, p.org+" usher-member "+some.email, space+" edit "+some.email)
		}
	}
	return all
}

// checkNoStrayAccess checks that the organization's people have no access anywhere else.
func (p *party) checkNoStrayAccess(ctx context.Context, g Gomega) {
	var everywhere rbacv1.RoleBindingList
	g.Expect(env.Client.List(ctx, &everywhere, client.MatchingLabels{v1alpha1.LabelOrganization: p.org})).To(Succeed())
	for _, b := range everywhere.Items {
		g.Expect(b.Namespace).To(Or(Equal(p.org), Equal(p.org+"-support")), b.Name)
	}
}

// report says how often the operator was killed and what that cost.
func (c *crowd) report(kills killCounts, took time.Duration) {
	mails := c.mails(Default)
	total, most, accepted := 0, 0, 0
	for _, some := range mails {
		total, most = total+len(some), max(most, len(some))
	}
	for _, g := range c.guests {
		if g.does == accept {
			accepted++
		}
	}
	AddReportEntry("crowd", fmt.Sprintf("people %d, accepted %d, kills %d, mails %d of which repeats under the same Message-ID %d "+
		"(one mail at most %d times), lost %d, in %s\n%s", len(c.guests), accepted, kills.total(), total, total-len(mails), most,
		len(c.missing(mails)), took.Round(time.Second), strings.TrimSpace(kills.String())))
}
