// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// verify checks that the story has ended as if the operator had never been killed.
func (s *story) verify(ctx context.Context) {
	GinkgoHelper()
	Eventually(func(g Gomega) { s.check(ctx, g) }).Should(Succeed())
	Eventually(s.checkMails).Should(Succeed())
	Expect(s.portal.rejections()).To(BeEmpty(), "answers of the portal")
	verifySecrecy(ctx, slices.Collect(maps.Keys(s.links)))
}

// check checks all objects of both organizations.
func (s *story) check(ctx context.Context, g Gomega) {
	var users v1alpha1.OrgUserList
	for _, namespace := range []string{s.org, s.other} {
		in := client.InNamespace(namespace)
		var organizations v1alpha1.OrganizationList
		var workspaces v1alpha1.WorkspaceList
		var invitations v1alpha1.InvitationList
		var some v1alpha1.OrgUserList
		for _, list := range []client.ObjectList{&organizations, &workspaces, &invitations, &some} {
			g.Expect(env.Client.List(ctx, list, in)).To(Succeed())
		}
		expectReady(g, organizations.Items)
		expectReady(g, workspaces.Items)
		expectReady(g, invitations.Items)
		expectReady(g, some.Items)
		users.Items = append(users.Items, some.Items...)
		for _, i := range invitations.Items {
			s.checkInvitation(g, &i)
		}
		for _, o := range organizations.Items {
			g.Expect(o.Status.Administrators).To(HaveLen(1), o.Name)
			g.Expect(o.Status.Users.Active).To(HaveValue(BeEquivalentTo(len(some.Items))), o.Name)
		}
	}
	var emails []string
	for _, u := range users.Items {
		emails = append(emails, string(u.Spec.Email))
		g.Expect(u.Status.State).To(Equal(v1alpha1.UserActive), u.Name)
	}
	g.Expect(emails).To(ConsistOf(append(slices.Clone(s.people), s.ana())), "everybody has one account")
	g.Expect(bindings(ctx, g, s.org, s.org+"-support", s.other)).To(ConsistOf(s.access()))
}

// expectReady checks that objects are Ready and keep the kstatus contract.
func expectReady[T any, P interface {
	*T
	status.Object
}](g Gomega, items []T,
) {
	for i := range items {
		g.Expect(P(&items[i])).To(And(BeReady(), KeepKstatus()))
	}
}

func (s *story) checkInvitation(g Gomega, i *v1alpha1.Invitation) {
	var emails []string
	for _, r := range i.Status.Recipients {
		emails = append(emails, string(r.Email))
		g.Expect(r).To(And(HaveField("State", v1alpha1.RecipientActive), HaveField("SendCount", BeEquivalentTo(1)),
			HaveField("Mail", And(HaveField("Kind", v1alpha1.MailWelcome), HaveField("State", v1alpha1.MailSent)))))
	}
	g.Expect(emails).To(ConsistOf(s.team))
	g.Expect(i.Status.Summary.Active).To(HaveValue(BeEquivalentTo(invited)))
}

// access lists the access that everybody must have: namespace, role and user.
func (s *story) access() []string {
	space := s.org + "-support"
	all := []string{
		s.org + " usher-organization-admin " + s.ana(), space + " admin " + s.ana(),
		s.org + " usher-member " + s.kim(), space + " view " + s.kim(),
		s.other + " usher-organization-admin " + s.berta(),
	}
	for _, email := range s.team {
		all = append(all, s.org+" usher-member "+email, space+" edit "+email)
	}
	return all
}

func bindings(ctx context.Context, g Gomega, namespaces ...string) []string {
	var all []string
	for _, namespace := range namespaces {
		var list rbacv1.RoleBindingList
		g.Expect(env.Client.List(ctx, &list, client.InNamespace(namespace))).To(Succeed())
		for _, b := range list.Items {
			for _, subject := range b.Subjects {
				all = append(all, fmt.Sprintf("%s %s %s", namespace, b.RoleRef.Name, subject.Name))
			}
		}
	}
	return all
}

// mails returns the mails by person and kind.
func (s *story) mails(g Gomega) map[string][]mailbox.Message {
	all, err := box.Messages()
	g.Expect(err).NotTo(HaveOccurred())
	by := map[string][]mailbox.Message{}
	for _, m := range all {
		for _, person := range append(slices.Clone(s.people), s.ana()) {
			if m.SentTo(person) {
				what := person + kindOf(linkOf(m))
				by[what] = append(by[what], m)
			}
		}
	}
	return by
}

// checkMails checks that everybody got the three mails, and that the copies of a mail are the same.
func (s *story) checkMails(g Gomega) {
	by := s.mails(g)
	g.Expect(s.missing(g)).To(BeEmpty())
	g.Expect(by).To(HaveLen(kinds*len(s.people)), "nobody else got a mail")
	owners := map[string]string{}
	for what, mails := range by {
		for _, m := range mails {
			g.Expect(m.Malformed).To(BeEmpty(), what)
			g.Expect(m.MessageID).To(Equal(mails[0].MessageID), what)
			g.Expect(s.link(m)).To(Equal(s.link(mails[0])), what)
		}
		g.Expect(owners).NotTo(HaveKey(mails[0].MessageID), what)
		owners[mails[0].MessageID] = what
	}
}

// missing lists the mails that have not arrived.
func (s *story) missing(g Gomega) []string {
	by := s.mails(g)
	var missing []string
	for _, person := range s.people {
		for _, kind := range []string{inviteLink, confirmLink, noLink} {
			if len(by[person+kind]) == 0 {
				missing = append(missing, person+kind)
			}
		}
	}
	return missing
}

// verifySecrecy checks that no object, no event and no line of the operator's log contains a link.
func verifySecrecy(ctx context.Context, links []string) {
	GinkgoHelper()
	objects, _, err := env.Kubectl(ctx, "get", "org,ou,og,inv,ws,events,secrets,configmaps,leases,rolebindings", "-A", "-o", "yaml")
	Expect(err).NotTo(HaveOccurred())
	log, err := usher.process.Log()
	Expect(err).NotTo(HaveOccurred())
	Expect(log).NotTo(ContainSubstring("Observed a panic"))
	for _, link := range links {
		token := path.Base(link)
		secret := token[len(token)-20:]
		Expect(strings.Contains(objects, secret)).To(BeFalse(), "an object contains a link's token")
		Expect(strings.Contains(log, secret)).To(BeFalse(), "the log contains a link's token")
	}
}

// report says how often the operator was killed and what that cost.
func (s *story) report(kills killCounts) {
	total, distinct, most := 0, 0, 0
	for _, mails := range s.mails(Default) {
		total, distinct, most = total+len(mails), distinct+1, max(most, len(mails))
	}
	AddReportEntry("chaos", fmt.Sprintf("kills %d, people %d, mails %d of which repeats %d (one mail at most %d times), lost %d\n%s",
		kills.total(), len(s.people), total, total-distinct, most, kinds*len(s.people)-distinct, kills))
}
