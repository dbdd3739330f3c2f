// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

var _ = Describe("A portal form whose answer is lost", func() {
	const written = "PATCH .*/invitations/team/status$"
	var org, eva string
	var team *v1alpha1.Invitation
	var visitors *portalVisitors

	BeforeEach(func(ctx context.Context) {
		usher.start(ctx)
		DeferCleanup(func(ctx context.Context) {
			usher.kill()
			usher.releaseLease(ctx)
		})
		org, visitors = env.Namespace(ctx, "chaos"), &portalVisitors{}
		eva = "eva@" + org + ".example"
		team = builders.Invitation(org, "team", eva).InvitedBy("ana@" + org + ".example").Obj()
		for _, o := range []client.Object{
			builders.Organization(org).Obj(),
			builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
			team,
		} {
			Expect(env.Client.Create(ctx, o)).To(Succeed())
		}
	})

	// step sends the form of a link while an accident happens, and then again, as people do when they see no page. The result
	// must be that of sending the form once.
	step := func(ctx context.Context, link string, accident func(context.Context, string)) {
		GinkgoHelper()
		accident(ctx, link)
		Expect(visitors.visit(ctx, link, accept)).To(Succeed())
		Expect(visitors.visit(ctx, link, accept)).To(Succeed(), "once more, after going back")
	}

	next := func(ctx context.Context, kind string) string {
		GinkgoHelper()
		Eventually(ctx, refetch(team)).Should(haveSentAllMails())
		m, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.SentTo(eva) && kindOf(linkOf(m)) == kind })
		Expect(err).NotTo(HaveOccurred())
		return linkOf(m)
	}

	DescribeTable("NOV-10 NOV-11 can be sent again, with the same result as one form and one mail of each kind", func(ctx context.Context,
		accident func(context.Context, string),
	) {
		step(ctx, next(ctx, inviteLink), accident)
		step(ctx, next(ctx, confirmLink), accident)
		Eventually(ctx, refetch(team)).Should(And(haveSentAllMails(),
			HaveField("Status.Recipients", ConsistOf(HaveField("State", v1alpha1.RecipientActive)))))
		Eventually(func(g Gomega) {
			hers := slices.DeleteFunc(bindings(ctx, g, org), func(b string) bool { return !strings.HasSuffix(b, " "+eva) })
			g.Expect(hers).To(ConsistOf(org + " usher-member " + eva))
		}).Should(Succeed())
		all, err := box.Messages()
		Expect(err).NotTo(HaveOccurred())
		var mine []string
		for _, m := range all {
			if m.SentTo(eva) {
				mine = append(mine, kindOf(linkOf(m)))
			}
		}
		Expect(mine).To(ConsistOf(inviteLink, confirmLink, noLink))
		Expect(visitors.rejections()).To(BeEmpty())
	},
		Entry("if the operator is killed when it receives the form", killedAt(killPoint{at: formSent, nth: 1}, &visitors)),
		Entry("if the operator is killed before it has written anything",
			killedAt(killPoint{at: beforeWrite, nth: 1, about: written}, &visitors)),
		Entry("if the operator is killed after it has written",
			killedAt(killPoint{at: afterWrite, nth: 1, about: written}, &visitors)),
		Entry("if the person's connection drops", droppedConnection(&visitors)),
	)
})

// killedAt returns an accident: the operator is killed while it handles the form, and restarted.
func killedAt(k killPoint, visitors **portalVisitors) func(context.Context, string) {
	return func(ctx context.Context, link string) {
		GinkgoHelper()
		usher.killAt(k)
		_, err := (*visitors).submit(ctx, link, accept)
		Expect(err).To(HaveOccurred())
		usher.awaitKilled()
		usher.releaseLease(ctx)
		usher.start(ctx)
	}
}

// droppedConnection returns an accident: the person's connection ends before the page arrives.
func droppedConnection(visitors **portalVisitors) func(context.Context, string) {
	return func(ctx context.Context, link string) {
		GinkgoHelper()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
		_, err := (*visitors).request(ctx, http.MethodPost, link, formOf(accept), http.StatusSeeOther)
		Expect(err).To(MatchError(context.Canceled))
	}
}

// haveSentAllMails matches an Invitation whose mails are all out.
func haveSentAllMails() types.GomegaMatcher {
	return HaveField("Status.Recipients", And(Not(BeEmpty()), HaveEach(HaveField("Mail", HaveField("State", v1alpha1.MailSent)))))
}
