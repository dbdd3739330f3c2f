// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("Handing over an organization", func() {
	var org, ana, bea, kim, pat string
	var team *v1alpha1.Invitation

	// says runs kubectl in the organization as somebody, and returns what it prints to people.
	says := func(ctx context.Context, as string, args ...string) string {
		_, shown, _ := env.KubectlAs(ctx, as, append([]string{"-n", org}, args...)...)
		return shown
	}
	demoted := []string{"patch", "ou", "ana", "--type=merge", "-p", `{"spec":{"role":"Technician"}}`}

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx, english)
		ana, bea, kim, pat = "ana@"+org+".example", "bea@"+org+".example", "kim@"+org+".example", "pat@"+org+".example"
		team = builders.Invitation(org, "team", kim, pat).Obj()
		Expect(env.As(ana).Create(ctx, team)).To(Succeed())
		newestLink(kim, "/i/", 1)
		newestLink(pat, "/i/", 1)
		awaitReady(ctx, team)
	})
	// successor has Ana make Bea an administrator, who accepts.
	successor := func(ctx context.Context) {
		GinkgoHelper()
		Expect(env.As(ana).Create(ctx, builders.OrgUser(org, "bea").Role(v1alpha1.RoleOrganizationAdmin).Obj())).To(Succeed())
		accept(ctx, bea, "Bea López")
		Eventually(get(ctx, builders.Organization(org).Obj())).Should(HaveField("Status.Administrators", ConsistOf("ana", "bea")))
		Eventually(can(ctx, bea, "delete", "orgusers", org)).Should(BeTrue())
	}

	It("NOV-4 ORG-4 ORG-24 is done by the successor, who is told of open invitations before and takes them over with their links", func(ctx context.Context) {
		Expect(says(ctx, ana, demoted...)).To(ContainSubstring("you cannot change your own role"))
		successor(ctx)
		Expect(says(ctx, ana, demoted...)).To(HaveSuffix("you cannot change your own role; another OrganizationAdmin can\n"))

		By("Bea looking at what follows, and running the command that she is told")
		var warning string
		Eventually(func() string {
			warning = says(ctx, bea, append(demoted, "--dry-run=server")...)
			return warning
		}).Should(Equal("Warning: spec.role: 1 open invitation of " + ana + " loses its inviter, and nobody can accept it until you take it over. " +
			"That keeps its links valid: kubectl patch invitation team -n " + org + ` --type=merge -p '{"spec":{"invitedBy":"` + bea + `"}}'` + "\n"))
		_, command, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(warning), "'", ""), ": kubectl ")
		Expect(says(ctx, bea, strings.Fields(command)...)).To(BeEmpty())
		Eventually(func() string { return says(ctx, bea, append(demoted, "--dry-run=server")...) }).Should(BeEmpty())
		Expect(says(ctx, bea, demoted...)).To(BeEmpty())
		Eventually(get(ctx, builders.Organization(org).Obj())).Should(HaveField("Status.Administrators", ConsistOf("bea")))

		By("Kim accepting by the link in the only mail")
		accept(ctx, kim, "Kim")
		Eventually(get(ctx, userOf(ctx, org, kim))).Should(HaveField("Status.State", v1alpha1.UserActive))
		Eventually(get(ctx, team)).Should(And(BeReady(), stateOf(kim, v1alpha1.RecipientActive, 1), stateOf(pat, v1alpha1.RecipientInvited, 1)))
		_, page := fetch(ctx, http.DefaultClient, http.MethodGet, newestLink(pat, "/i/", 1), nil)
		Expect(page).To(And(ContainSubstring("Bea López"), Not(ContainSubstring("Ana"))))

		By("Bea removing Ana, of which nothing of this remains to be told")
		Expect(says(ctx, bea, "delete", "ou", "ana")).NotTo(ContainSubstring("invitation"))
	})

	It("NOV-4 leaves invitations that nobody took over Stalled, with the command that takes them over", func(ctx context.Context) {
		successor(ctx)
		Expect(env.As(bea).Delete(ctx, builders.OrgUser(org, "ana").Obj())).To(Succeed())
		Eventually(get(ctx, team)).Should(And(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonInviterUnauthorized),
			saying(ContainSubstring(`kubectl patch invitation team -n `+org+` --type=merge -p '{"spec":{"invitedBy":"<your user name>"}}'`))))
		Expect(press(ctx, newestLink(pat, "/i/", 1), filledIn("Pat"))).To(Equal(pageRevoked))
		Eventually(get(ctx, team)).Should(saying(ContainSubstring(pat + " tried to accept and must be invited again. Somebody who may give the role " +
			"does so, and becomes the inviter: kubectl annotate invitation team -n " + org + " --overwrite accounts.usher.dev/resend=")))
		Expect(says(ctx, bea, "annotate", "invitation", "team", "--overwrite", "accounts.usher.dev/resend="+pat+" 1")).To(BeEmpty())
		Eventually(get(ctx, team)).Should(And(BeReady(), HaveField("Spec.InvitedBy", BeEquivalentTo(bea)),
			stateOf(kim, v1alpha1.RecipientInvited, 1), stateOf(pat, v1alpha1.RecipientInvited, 2)))
		Expect(look(ctx, newestLink(kim, "/i/", 1))).To(invited())
		Expect(look(ctx, newestLink(pat, "/i/", 2))).To(invited())
	})

	It("NOV-4 WXP-5 holds where Git leaves the inviter out, and is declared where Git names one", func(ctx context.Context) {
		const robot = "system:serviceaccount:argocd:acme"
		edit(ctx, builders.Organization(org).Obj(), func(o *v1alpha1.Organization) {
			o.Spec.Delegates = []v1alpha1.Delegate{{Username: robot, Role: v1alpha1.RoleOrganizationAdmin}}
		})
		sync := func(invitedBy string) (string, error) {
			manifest := `{apiVersion: accounts.usher.dev/v1alpha1, kind: Invitation, metadata: {name: git, namespace: ` + org +
				`}, spec: {emails: [sam@` + org + `.example], role: Member` + invitedBy + `}}`
			_, shown, err := env.KubectlInput(ctx, manifest, "--as="+robot, "apply", "--server-side", "--force-conflicts",
				"--field-manager=argocd-controller", "-f", "-")
			return shown, err
		}
		Eventually(func() error { _, err := sync(""); return err }).Should(Succeed())
		git := builders.Invitation(org, "git").Obj()
		Eventually(get(ctx, git)).Should(And(BeReady(), HaveField("Spec.InvitedBy", BeEquivalentTo(robot))))

		By("taking it over from the delegate, who loses the role")
		gone := []string{"patch", "org", org, "--type=merge", "-p", `{"spec":{"delegates":[]}}`}
		Eventually(func() string { return says(ctx, ana, append(gone, "--dry-run=server")...) }).Should(HavePrefix(
			"Warning: spec.delegates: 1 open invitation of " + robot + " loses its inviter, and nobody can accept it until you take it over."))
		Expect(env.As(ana).Patch(ctx, git, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"invitedBy":"`+ana+`"}}`)))).To(Succeed())
		for range 2 {
			Expect(sync("")).To(BeEmpty())
			Expect(get(ctx, git)(Default).Spec.InvitedBy).To(BeEquivalentTo(ana))
		}

		By("naming somebody in Git who has no authority, and then somebody who has")
		Expect(sync(", invitedBy: gil@" + org + ".example")).To(ContainSubstring("Warning: spec.invitedBy: nobody in force has the user name or the address"))
		Eventually(get(ctx, git)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonInviterUnauthorized))
		Expect(sync(", invitedBy: " + ana)).To(BeEmpty())
		Eventually(get(ctx, git)).Should(BeReady())
		Expect(sync("")).To(BeEmpty())
		Expect(get(ctx, git)(Default).Spec.InvitedBy).To(BeEquivalentTo(ana), "who stays when Git names nobody anymore")
		Expect(idsOf("sam@" + org + ".example")).To(HaveLen(1))
	})
})
