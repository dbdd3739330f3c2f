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

var _ = Describe("A form of the portal whose answer is lost", func() {
	const written = "PATCH .*/invitations/team/status$"
	var org, eva string
	var team *v1alpha1.Invitation
	var visitors *people

	BeforeEach(func(ctx context.Context) {
		usher.start(ctx)
		DeferCleanup(func(ctx context.Context) {
			usher.kill()
			usher.releaseLease(ctx)
		})
		org, visitors = env.Namespace(ctx, "chaos"), &people{}
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

	// step sends the form of the next link while something happens to it, and then again, as a person does who sees no
	// page: that must end where one form would have ended.
	step := func(ctx context.Context, link string, accident func(context.Context, string)) {
		GinkgoHelper()
		accident(ctx, link)
		Expect(visitors.visit(ctx, link, accept)).To(Succeed())
		Expect(visitors.visit(ctx, link, accept)).To(Succeed(), "once more, after going back")
	}

	next := func(ctx context.Context, kind string) string {
		GinkgoHelper()
		Eventually(ctx, refetch(team)).Should(beQuiet())
		m, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.SentTo(eva) && kindOf(linkOf(m)) == kind })
		Expect(err).NotTo(HaveOccurred())
		return linkOf(m)
	}

	DescribeTable("can be sent again: the person ends up where one form would have led, by one mail each", func(ctx context.Context,
		accident func(context.Context, string),
	) {
		step(ctx, next(ctx, inviteLink), accident)
		step(ctx, next(ctx, confirmLink), accident)
		Eventually(ctx, refetch(team)).Should(And(beQuiet(),
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
		Expect(visitors.turnedAway()).To(BeEmpty())
	},
		Entry("NOV-10 NOV-11 when the operator dies on it", killedAt(death{at: formSent, nth: 1}, &visitors)),
		Entry("NOV-10 NOV-11 when the operator dies before it has written anything",
			killedAt(death{at: beforeWrite, nth: 1, about: written}, &visitors)),
		Entry("NOV-10 NOV-11 when the operator dies after it has written",
			killedAt(death{at: afterWrite, nth: 1, about: written}, &visitors)),
		Entry("NOV-10 NOV-11 when the person's line drops", droppedLine(&visitors)),
	)
})

// killedAt sends a form that the operator does not survive, and starts the operator again.
func killedAt(d death, visitors **people) func(context.Context, string) {
	return func(ctx context.Context, link string) {
		GinkgoHelper()
		usher.await(d)
		_, err := (*visitors).submit(ctx, link, accept)
		Expect(err).To(HaveOccurred())
		usher.died()
		usher.releaseLease(ctx)
		usher.start(ctx)
	}
}

// droppedLine sends a form and hangs up before the page comes.
func droppedLine(visitors **people) func(context.Context, string) {
	return func(ctx context.Context, link string) {
		GinkgoHelper()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
		_, err := (*visitors).ask(ctx, http.MethodPost, link, formOf(accept), http.StatusSeeOther)
		Expect(err).To(MatchError(context.Canceled))
	}
}

// beQuiet holds for an Invitation whose mails are all out.
func beQuiet() types.GomegaMatcher {
	return HaveField("Status.Recipients", And(Not(BeEmpty()), HaveEach(HaveField("Mail", HaveField("State", v1alpha1.MailSent)))))
}
