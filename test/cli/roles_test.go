// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// matrix is what each command answers to each role: yes, or a letter that stands for the words of a refusal.
type matrix struct {
	org      string
	people   []string
	refusals []string
	lines    []string
}

// everybody are the people of an organization with all roles, and those without one.
var everybody = []struct{ title, name string }{
	{"OrganizationAdmin", "owner"},
	{"BillingAdmin", "payer"},
	{"FinanceAdmin", "controller"},
	{"UserAdmin", "helper"},
	{"Technician", "tech"},
	{"Member", "member"},
	{"NotificationsOnly", "listener"},
	{"suspended", "away"},
	{"pending", "new"},
	{"stranger", "stranger"},
}

// commandsForAll are the commands that everybody tries. Those that change something do so in a dry run.
var commandsForAll = []string{
	"whoami", "users", "users -A", "user member", "workspaces", "seats", "tree", "why member support", "export", "check",
	"invite zoe@acme.example", "invite zoe@acme.example --role UserAdmin", "invite zoe@acme.example --workspace support:Edit",
	"resend new", "role member Technician", "role second Member", "grant member support Edit", "grant member --group leads",
	"grant member --module desk", "grant second support", "revoke member sales", "suspend member", "suspend second", "resume away",
	"remove member", "remove second", "move-admin payer",
	"directory status", "directory token list", "directory token create entra", "directory pause", "directory resume", "directory allow",
}

func (m *matrix) row(ctx context.Context, words string) {
	GinkgoHelper()
	cells := []string{words}
	for _, person := range m.people {
		cells = append(cells, m.cell(ctx, at(person), strings.Fields(words)))
	}
	m.lines = append(m.lines, strings.Join(cells, " | "))
}

// cell is the answer to one person. "can" has to give the same.
func (m *matrix) cell(ctx context.Context, as string, words []string) string {
	GinkgoHelper()
	tried := words
	if !slices.Contains(reading, words[0]) && !slices.Contains(reading, words[len(words)-1]) {
		tried = append(slices.Clone(words), "--dry-run=server")
	}
	r := usher(ctx, as, append(tried, "-n", m.org)...)
	asked := usher(ctx, as, append(append([]string{"can"}, words...), "-n", m.org)...)
	if r.code == 0 {
		Expect(asked.out).To(Equal("yes\n"), "can %s as %s: %s", words, as, asked.err)
		return "yes"
	}
	Expect(asked.code).To(Equal(1), "can %s as %s", words, as)
	Expect(r.out).To(BeEmpty(), "%s as %s", words, as)
	Expect(asked.out).To(ContainSubstring(oneRefusal(r.err)), "can %s as %s", words, as)
	return m.letter(strings.NewReplacer(as, "USER", m.org, "ORG").Replace(r.err))
}

// oneRefusal returns what the API server said, without what surrounds it.
func oneRefusal(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\nNobody is invited.")
	for _, before := range []string{"denied the request: ", "is refused: ", "(Forbidden): "} {
		if _, after, found := strings.Cut(text, before); found {
			return after
		}
	}
	return text
}

var reading = []string{"whoami", "users", "user", "workspaces", "seats", "tree", "why", "export", "check", "status", "list"}

func (m *matrix) letter(refusal string) string {
	refusal = strings.TrimSpace(refusal)
	n := slices.Index(m.refusals, refusal)
	if n < 0 {
		n = len(m.refusals)
		m.refusals = append(m.refusals, refusal)
	}
	return fmt.Sprintf("no %d", n+1)
}

func (m *matrix) String() string {
	var text strings.Builder
	titles := []string{"command"}
	for _, p := range everybody {
		titles = append(titles, p.title)
	}
	fmt.Fprintln(&text, strings.Join(titles, " | "))
	for _, line := range m.lines {
		fmt.Fprintln(&text, line)
	}
	for n, refusal := range m.refusals {
		fmt.Fprintf(&text, "\n%d: %s\n", n+1, refusal)
	}
	return text.String()
}

var _ = Describe("each command as each role", func() {
	It("CLI-2 CLI-4 ORG-14 allows and refuses as the API server does, and can says so before", func(ctx context.Context) {
		m := &matrix{org: fullOrganization(ctx)}
		before := versionsOf(ctx, m.org)
		for _, p := range everybody {
			m.people = append(m.people, p.name)
		}
		for _, words := range commandsForAll {
			m.row(ctx, words)
		}
		Expect(versionsOf(ctx, m.org)).To(Equal(before), "a dry run changed something")
		matchesFile(m.String(), "roles.txt")
	})
})

// fullOrganization returns an organization with everybody.
func fullOrganization(ctx context.Context) string {
	GinkgoHelper()
	org := organization(ctx)
	patch(ctx, get(ctx, org, "member", &v1alpha1.OrgUser{}), `{"spec":{"workspaces":[{"name":"sales","access":"View"}]}}`)
	for _, o := range []client.Object{
		builders.OrgUser(org, "controller").Email(at("controller")).Role(v1alpha1.RoleFinanceAdmin).Existing().Obj(),
		builders.OrgUser(org, "tech").Email(at("tech")).Role(v1alpha1.RoleTechnician).Existing().Obj(),
		builders.OrgUser(org, "listener").Email(at("listener")).Role(v1alpha1.RoleNotificationsOnly).Existing().Obj(),
		builders.OrgUser(org, "away").Email(at("away")).Suspended().Existing().Obj(),
		builders.OrgUser(org, "new").Email(at("new")).Obj(),
	} {
		Expect(env.Client.Create(ctx, o)).To(Succeed())
	}
	Eventually(ctx, func(g Gomega) {
		for name, state := range map[string]v1alpha1.UserState{
			"controller": v1alpha1.UserActive, "tech": v1alpha1.UserActive, "away": v1alpha1.UserSuspended, "new": v1alpha1.UserPending,
		} {
			u := &v1alpha1.OrgUser{}
			g.Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: org, Name: name}, u)).To(Succeed())
			g.Expect(u.Status.State).To(Equal(state), name)
			g.Expect(u.Status.ObservedGeneration).To(Equal(u.Generation))
		}
		pending := &v1alpha1.OrgUser{}
		g.Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: org, Name: "new"}, pending)).To(Succeed())
		g.Expect(pending.Status.Onboarding).To(HaveField("Mail", HaveField("State", v1alpha1.MailSent)))
	}).Should(Succeed())
	settle(ctx, org)
	// The API server has noticed the RoleBindings, and the webhooks the roles.
	for _, name := range []string{"controller", "tech"} {
		Eventually(ctx, func() int { return usher(ctx, at(name), "users", "-n", org).code }).Should(BeZero(), name)
	}
	return org
}

// versionsOf returns what an organization consists of, with the generation of each object.
func versionsOf(ctx context.Context, org string) map[string]int64 {
	GinkgoHelper()
	found := map[string]int64{}
	for _, list := range []client.ObjectList{
		&v1alpha1.OrganizationList{}, &v1alpha1.OrgUserList{}, &v1alpha1.InvitationList{}, &v1alpha1.WorkspaceList{},
	} {
		Expect(env.Client.List(ctx, list, client.InNamespace(org))).To(Succeed())
		switch list := list.(type) {
		case *v1alpha1.OrgUserList:
			for _, u := range list.Items {
				found["user "+u.Name] = u.Generation
				Expect(u.DeletionTimestamp).To(BeNil())
			}
		case *v1alpha1.InvitationList:
			for _, i := range list.Items {
				found["invitation "+i.Name] = i.Generation
			}
		case *v1alpha1.WorkspaceList:
			for _, w := range list.Items {
				found["workspace "+w.Name] = w.Generation
			}
		case *v1alpha1.OrganizationList:
			for _, o := range list.Items {
				found["organization "+o.Name] = o.Generation
			}
		}
	}
	return found
}
