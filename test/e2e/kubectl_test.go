// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("What kubectl shows", func() {
	var org string

	BeforeEach(func(ctx context.Context) { org = organization(ctx, english) })

	// shown returns a function that runs kubectl in the organization in somebody's name.
	shown := func(ctx context.Context, name string, args ...string) func() (string, error) {
		return func() (string, error) {
			out, _, err := env.KubectlAs(ctx, name+"@"+org+".example", append(args, "-n", org)...)
			return out, err
		}
	}
	row := func(cells ...string) OmegaMatcher {
		for n := range cells {
			cells[n] = regexp.QuoteMeta(cells[n])
		}
		return MatchRegexp(`(?m)^` + strings.Join(cells, `\s+`) + `\s+\S`)
	}

	It("ORG-18 names the trouble of each object, and with -o wide who is in which workspaces and by whom", func(ctx context.Context) {
		luis := "luis@" + org + ".example"
		support, other := builders.Workspace(org, "support").Obj(), builders.Workspace(org, "other").Namespace(org+"-taken").Obj()
		taken := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org + "-taken"}}
		create(ctx, taken, support, other)
		DeferCleanup(func(ctx context.Context) { Expect(env.Client.Delete(ctx, taken)).To(Succeed()) })
		sam := builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceEdit).Groups("helpdesk", "night").Obj()
		create(ctx, sam)
		i := builders.Invitation(org, "team", luis).Groups("helpdesk").InvitedBy("ana@" + org + ".example").Obj()
		invite(ctx, i)
		Expect(press(ctx, newestLink(luis, "/i/", 1), url.Values{"action": {"decline"}})).To(Equal(pageDeclined))

		Eventually(shown(ctx, "ana", "get", "ou")).Should(And(
			row("sam", "sam@"+org+".example", "Member", "Active", get(ctx, sam)(Default).Status.LastActive, "True", "Ready"),
			row(emailaddr.ObjectName(luis), luis, "Member", "Pending", "Pending", "False", "NotInvited")))
		wide, err := shown(ctx, "ana", "get", "ou", "-o", "wide")()
		Expect(err).NotTo(HaveOccurred())
		Expect(wide).To(And(MatchRegexp(`(?m)^sam .* Sam\s+Full\s+\["helpdesk","night"\]\s+support \(Edit\)\s*$`),
			MatchRegexp(`(?m)^luis-.* Full\s+\["helpdesk"\]\s+ana@`+org+`\.example\s*$`)))
		Eventually(shown(ctx, "ana", "get", "inv")).Should(row("team", "Member", "1", "0", "0", "1", "True", "Ready"))
		Eventually(shown(ctx, "ana", "get", "ws")).Should(And(row("other", "0", "False", "NamespaceConflict"),
			MatchRegexp(`(?m)^support\s+`+org+`-support\s+2\s+True\s+Ready\s`)))
		Eventually(shown(ctx, "ana", "get", "org")).Should(MatchRegexp(`True\s+Ready\s`))
	})

	It("ORG-16 shows events to the roles that view users, and to nobody else", func(ctx context.Context) {
		luis := "luis@" + org + ".example"
		for name, role := range map[string]v1alpha1.Role{"eva": v1alpha1.RoleUserAdmin, "bruno": v1alpha1.RoleBillingAdmin, "sam": v1alpha1.RoleMember} {
			user := builders.OrgUser(org, name).Role(role).Existing().Obj()
			create(ctx, user)
			awaitReady(ctx, user)
		}
		i := builders.Invitation(org, "team", luis).Obj()
		invite(ctx, i)
		press(ctx, newestLink(luis, "/i/", 1), url.Values{"action": {"decline"}})
		for _, name := range []string{"eva", "bruno"} {
			Eventually(shown(ctx, name, "describe", "ou", emailaddr.ObjectName(luis))).Should(MatchRegexp(
				`(?s)Events:.*Warning\s+NotInvited\s.*the person cannot accept: the invitation is Declined`))
			Eventually(shown(ctx, name, "describe", "inv", "team")).Should(MatchRegexp(`(?s)Declined: ` + luis + `.*Events:.*Invited: ` + luis))
		}
		_, err := shown(ctx, "sam", "get", "events")()
		Expect(err).To(MatchError(ContainSubstring(`cannot list resource "events"`)))
	})
})
