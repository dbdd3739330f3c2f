// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("changing", func() {
	var org string

	BeforeEach(func(ctx context.Context) { org = organization(ctx) })

	member := func(ctx context.Context) *v1alpha1.OrgUser { return get(ctx, org, "member", &v1alpha1.OrgUser{}) }
	run := func(ctx context.Context, as string, words ...string) result {
		return usher(ctx, at(as), append(words, "-n", org)...)
	}
	const label = "member (member@acme.example) "

	It("CLI-2 changes a role, and keeps the rest", func(ctx context.Context) {
		Expect(run(ctx, "owner", "role", "member", "technician").succeeds()).To(Equal(label + "gets the role Technician\n"))
		Expect(member(ctx).Spec.Role).To(Equal(v1alpha1.RoleTechnician))
		Expect(run(ctx, "owner", "role", "member", "Technician").succeeds()).To(Equal(label[:len(label)-1] + ": nothing to change\n"))
		Expect(run(ctx, "helper", "role", "member", "Member").fails()).To(ContainSubstring(
			`user "helper@acme.example" is UserAdmin in organization "` + org + `": only an OrganizationAdmin may`))
	})

	It("NOV-13 CLI-2 suspends and resumes", func(ctx context.Context) {
		Expect(run(ctx, "helper", "suspend", "member").succeeds()).To(Equal(label + "is suspended\n"))
		Expect(member(ctx).Spec.Suspend).To(BeTrue())
		Expect(run(ctx, "helper", "resume", at("member")).succeeds()).To(Equal(label + "is no longer suspended\n"))
		Expect(member(ctx).Spec.Suspend).To(BeFalse())
		Expect(run(ctx, "helper", "suspend", "helper").fails()).To(ContainSubstring("you cannot"))
	})

	It("CLI-2 grants and revokes entry by entry, and leaves the others alone", func(ctx context.Context) {
		run(ctx, "owner", "grant", "member", "support", "edit", "--group", "helpdesk,leads", "--module", "desk").succeeds()
		Expect(run(ctx, "owner", "grant", "member", "sales").succeeds()).To(Equal(label + "gets View access to workspace sales\n"))
		run(ctx, "owner", "grant", "member", "sales", "Admin").succeeds()
		spec := member(ctx).Spec
		Expect(spec.Workspaces).To(ConsistOf(v1alpha1.WorkspaceGrant{Name: "support", Access: "Edit"},
			v1alpha1.WorkspaceGrant{Name: "sales", Access: "Admin"}))
		Expect(spec.Groups).To(ConsistOf(v1alpha1.ObjectName("helpdesk"), v1alpha1.ObjectName("leads")))
		Expect(run(ctx, "owner", "revoke", "member", "support", "--group", "leads", "--module", "desk").succeeds()).To(Equal(
			label + "loses workspace support, group leads, module desk\n"))
		spec = member(ctx).Spec
		Expect(spec.Workspaces).To(ConsistOf(v1alpha1.WorkspaceGrant{Name: "sales", Access: "Admin"}))
		Expect(spec.Groups).To(ConsistOf(v1alpha1.ObjectName("helpdesk")))
		Expect(spec.Modules).To(BeEmpty())
	})

	DescribeTable("CLI-2 says what it cannot revoke or read", func(ctx context.Context, message string, words ...string) {
		Expect(run(ctx, "owner", words...).fails()).To(Equal(strings.ReplaceAll(message, "ORG", org) + "\n"))
	},
		Entry("a workspace from another source", "error: workspace support is not on the own list of member (member@acme.example): "+
			"kubectl usher why member support -n ORG shows where access comes from", "revoke", "member", "support"),
		Entry("a group", "error: member (member@acme.example) is not in the group x", "revoke", "member", "--group", "x"),
		Entry("a module", "error: member (member@acme.example) does not have the module x", "revoke", "member", "--module", "x"),
		Entry("nothing", "error: say what: a workspace, --group or --module", "grant", "member"),
		Entry("an access", `error: there is no access "all": choose one of Admin, Edit, View`, "grant", "member", "sales", "all"),
		Entry("a dry run without a word", "error: --dry-run: say which one, --dry-run=server or --dry-run=client",
			"suspend", "member", "--dry-run"),
		Entry("a dry run", `error: --dry-run: choose one of none, client and server, not "maybe"`, "suspend", "member", "--dry-run=maybe"),
	)

	It("CLI-2 changes nothing in a dry run, and for Git", func(ctx context.Context) {
		before := member(ctx).ResourceVersion
		Expect(run(ctx, "owner", "role", "member", "Technician", "--dry-run=server").succeeds()).To(HaveSuffix("Technician (server dry run)\n"))
		Expect(run(ctx, "owner", "role", "member", "Technician", "--dry-run=client").succeeds()).To(HaveSuffix("Technician (dry run)\n"))
		Expect(run(ctx, "helper", "role", "member", "Technician", "--dry-run=server").fails()).To(ContainSubstring("Forbidden"))
		matchesFile(strings.ReplaceAll(run(ctx, "owner", "grant", "member", "support", "Edit", "--yaml").succeeds(), org, "ORG"), "grant.yaml")
		Expect(member(ctx).ResourceVersion).To(Equal(before))
	})

	It("CLI-2 keeps in the manifest for Git what people have declared, in the order of the samples", func(ctx context.Context) {
		patch(ctx, member(ctx), `{"metadata":{"labels":{"team":"a"},"annotations":{"note":"on leave"}},"spec":{"phone":"+34600000001"}}`)
		manifest := run(ctx, "owner", "role", "member", "Technician", "--yaml").succeeds()
		matchesFile(strings.ReplaceAll(manifest, org, "ORG"), "role.yaml")
		for _, form := range []string{"json", "kyaml"} {
			_, _, err := env.KubectlInput(ctx, run(ctx, "owner", "role", "member", "Technician", "-o", form).succeeds(), "apply", "--server-side",
				"--dry-run=server", "-f", "-", "--force-conflicts")
			Expect(err).NotTo(HaveOccurred(), form)
		}
	})

	It("CLI-2 warns whoever changes what Git holds", func(ctx context.Context) {
		patch(ctx, member(ctx), `{"metadata":{"labels":{"argocd.argoproj.io/instance":"acme"}}}`)
		r := run(ctx, "owner", "role", "member", "Technician")
		Expect(r.err).To(Equal("Warning: Argo CD keeps OrgUser member as Git has it, and undoes this change: change it there too, --yaml shows how\n"))
	})

	Describe("remove", func() {
		It("CLI-3 ORG-25 shows what goes and what stays, and asks", func(ctx context.Context) {
			patch(ctx, get(ctx, org, "support", &v1alpha1.Workspace{}), `{"spec":{
				"members":[{"email":"member@acme.example","access":"Edit"}], "contacts":[{"name":"On call","assignee":"member@acme.example"}]}}`)
			patch(ctx, member(ctx), `{"spec":{"modules":["desk"]}}`)
			Eventually(ctx, func() v1alpha1.OrgUserStatus { return member(ctx).Status }).Should(And(
				HaveField("Modules", HaveLen(1)), HaveField("Workspaces", HaveLen(1))))

			no := usherTyping(ctx, at("owner"), "n\n", "remove", "member", "-n", org)
			Expect(no.code).To(BeZero())
			matchesFile(no.out, "remove.txt")
			Expect(no.err).To(ContainSubstring("Remove member (member@acme.example) from organization " + org + "? [y/N] Nothing is changed.\n"))
			Expect(member(ctx).DeletionTimestamp).To(BeNil())

			yes := usherTyping(ctx, at("owner"), "y\n", "remove", "member", "-n", org)
			Expect(yes.code).To(BeZero())
			Expect(yes.out).To(HaveSuffix("member (member@acme.example) removed\n"))
			Eventually(ctx, func() error {
				return env.Client.Get(ctx, client.ObjectKey{Namespace: org, Name: "member"}, &v1alpha1.OrgUser{})
			}).Should(MatchError(apierrors.IsNotFound, "IsNotFound"))
		})

		It("ORG-24 does not ask about what is refused", func(ctx context.Context) {
			Expect(run(ctx, "owner", "remove", "owner").fails()).To(ContainSubstring("you cannot remove yourself"))
			Expect(run(ctx, "helper", "remove", "owner", "--yes").fails()).To(ContainSubstring("Forbidden"))
		})

		It("CLI-3 removes nobody without an answer", func(ctx context.Context) {
			null, err := os.Open(os.DevNull)
			Expect(err).NotTo(HaveOccurred())
			defer func() { Expect(null.Close()).To(Succeed()) }()
			r := usherReading(ctx, at("owner"), null, "remove", "member", "-n", org)
			Expect(r.code).To(Equal(1))
			Expect(r.err).To(Equal("error: there is no terminal to ask at: add --yes\n"))
			Expect(run(ctx, "owner", "remove", "member", "--dry-run=server").succeeds()).To(HaveSuffix("removed (server dry run)\n"))
			Expect(member(ctx).DeletionTimestamp).To(BeNil())
		})
	})

	It("WXP-7 CLI-2 sends one person's invitation again", func(ctx context.Context) {
		Expect(env.Client.Create(ctx, builders.Invitation(org, "team", "zoe@acme.example, max@acme.example").Obj())).To(Succeed())
		Eventually(ctx, func() []v1alpha1.RecipientStatus {
			return get(ctx, org, "team", &v1alpha1.Invitation{}).Status.Recipients
		}).Should(
			And(HaveLen(2), HaveEach(HaveField("Mail.State", v1alpha1.MailSent))))
		Expect(run(ctx, "helper", "resend", "zoe@acme.example").succeeds()).To(ContainSubstring("(zoe@acme.example) is invited again\n"))
		Eventually(ctx, func() []v1alpha1.RecipientStatus {
			return get(ctx, org, "team", &v1alpha1.Invitation{}).Status.Recipients
		}).Should(ConsistOf(
			And(HaveField("Email", BeEquivalentTo("zoe@acme.example")), HaveField("SendCount", BeEquivalentTo(2))),
			And(HaveField("Email", BeEquivalentTo("max@acme.example")), HaveField("SendCount", BeEquivalentTo(1)))))
		Expect(run(ctx, "helper", "resend", "member").fails()).NotTo(BeEmpty())
	})

	It("CLI-2 hands over administration in the right order", func(ctx context.Context) {
		Expect(run(ctx, "owner", "role", "second", "Technician").succeeds()).NotTo(BeEmpty())
		Eventually(ctx, func() []string { return get(ctx, org, org, &v1alpha1.Organization{}).Status.Administrators }).Should(Equal([]string{"owner"}))
		run(ctx, "owner", "invite", "zoe@acme.example").succeeds()
		Eventually(ctx, func() []v1alpha1.RecipientStatus { return invitations(ctx, org)[0].Status.Recipients }).Should(HaveLen(1))

		Expect(run(ctx, "owner", "move-admin", "payer").succeeds()).To(Equal("payer (payer@acme.example) gets the role OrganizationAdmin\n" +
			"payer (payer@acme.example) is an administrator in force\n" +
			"Nobody can step down alone. payer goes on with: kubectl usher move-admin payer --from USER -n " + org + "\n"))
		Expect(run(ctx, "owner", "move-admin", "payer", "--from", "owner", "--yes").code).To(Equal(1))

		second := run(ctx, "payer", "move-admin", "payer", "--from", "owner", "--then", "Technician", "--yes")
		Expect(second.code).To(BeZero(), second.err)
		Expect(second.out).To(And(ContainSubstring("is in the name of payer@acme.example\n"), HaveSuffix("owner (owner@acme.example) gets the role Technician\n")))
		Eventually(ctx, func() []string { return get(ctx, org, org, &v1alpha1.Organization{}).Status.Administrators }).Should(Equal([]string{"payer"}))
		Expect(invitations(ctx, org)[0].Spec.InvitedBy).To(BeEquivalentTo("payer@acme.example"))
	})

	It("CLI-2 exports everybody for a spreadsheet, without formulas", func(ctx context.Context) {
		patch(ctx, member(ctx), `{"spec":{"displayName":"=HYPERLINK(0) Núñez"}}`)
		Eventually(ctx, func() string { return member(ctx).Status.DisplayName }).Should(HavePrefix("="))
		out := run(ctx, "payer", "export").succeeds()
		Expect(out).To(ContainSubstring("\n'=HYPERLINK(0) Núñez,member@acme.example,Member,Active,Full,"))
		file := filepath.Join(GinkgoT().TempDir(), "people.csv")
		run(ctx, "payer", "export", "--file", file).succeeds()
		Expect(os.ReadFile(file)).To(BeEquivalentTo("\ufeff" + out))
	})
})
