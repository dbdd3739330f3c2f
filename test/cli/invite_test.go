// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
)

var _ = Describe("invite", func() {
	var org string

	BeforeEach(func(ctx context.Context) { org = organization(ctx) })

	spreadsheet := func(text string) string {
		GinkgoHelper()
		file := filepath.Join(GinkgoT().TempDir(), "people.csv")
		Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
		return file
	}
	result := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

	It("CLI-1 NOV-3 invites a pasted list, with a result for each person", func(ctx context.Context) {
		out := usher(ctx, at("helper"), "invite", "Zoe Sanz <zoe@acme.example>; max@acme.example,kim@acme.example",
			"--workspace", "support:Edit", "--message", "Welcome", "-n", org).succeeds()
		made := invitations(ctx, org)
		Expect(made).To(HaveLen(1))
		Expect(made[0].Spec).To(Equal(v1alpha1.InvitationSpec{
			Emails: []string{"Zoe Sanz <zoe@acme.example>", "max@acme.example", "kim@acme.example"}, Role: "Member",
			Workspaces: []v1alpha1.WorkspaceGrant{{Name: "support", Access: "Edit"}}, Message: "Welcome", InvitedBy: "helper@acme.example",
		}))
		in := "Invitation " + made[0].Name
		Expect(normal(out)).To(Equal(result("EMAIL  RESULT  IN",
			"zoe@acme.example  invited  "+in, "max@acme.example  invited  "+in, "kim@acme.example  invited  "+in)))
	})

	It("CLI-1 does nothing twice when the same command runs again", func(ctx context.Context) {
		words := []string{"invite", "zoe@acme.example", "member@acme.example", "-n", org}
		first := normal(usher(ctx, at("helper"), words...).succeeds())
		again := normal(usher(ctx, at("helper"), words...).succeeds())
		made := invitations(ctx, org)
		Expect(made).To(HaveLen(1))
		Expect(first).To(Equal(result("EMAIL  RESULT  IN", "member@acme.example  is a user already  OrgUser member",
			"zoe@acme.example  invited  Invitation "+made[0].Name)))
		Expect(again).To(Equal(result("EMAIL  RESULT  IN", "zoe@acme.example  invited already  Invitation "+made[0].Name,
			"member@acme.example  is a user already  OrgUser member")))
	})

	It("CLI-1 says what a user does not get by an invitation", func(ctx context.Context) {
		out := usher(ctx, at("owner"), "invite", "member@acme.example", "--role", "Technician", "-n", org).succeeds()
		Expect(out).To(ContainSubstring(`is a user already, whom this Invitation does not change: to give them the role "Technician", edit OrgUser "member"`))
		Expect(invitations(ctx, org)).To(BeEmpty())
	})

	It("WXP-6 CLI-1 invites from a spreadsheet, with a message for each", func(ctx context.Context) {
		file := spreadsheet("Correo;Nombre;Apellidos;Espacios;Mensaje\r\n" +
			"zoe@acme.example;Zoe;Núñez;support:Edit;Hola, Zoe\r\nmax@acme.example;Max;;sales;Hola, Max\r\n")
		usher(ctx, at("helper"), "invite", "--from-csv", file, "-n", org).succeeds()
		messages := map[string]string{}
		for _, i := range invitations(ctx, org) {
			Expect(i.Spec.Emails).To(HaveLen(1))
			messages[i.Spec.Emails[0]] = i.Spec.Message
		}
		Expect(messages).To(Equal(map[string]string{
			"Zoe Núñez <zoe@acme.example>": "Hola, Zoe", "Max <max@acme.example>": "Hola, Max",
		}))
	})

	It("CLI-1 reads a list and a spreadsheet from the standard input", func(ctx context.Context) {
		usherTyping(ctx, at("helper"), "zoe@acme.example\nMax Mora <max@acme.example>\n", "invite", "-", "-n", org).succeeds()
		usherTyping(ctx, at("helper"), "email,role\nkim@acme.example,Member\n", "invite", "--from-csv", "-", "-n", org).succeeds()
		Expect(invitations(ctx, org)).To(HaveLen(2))
	})

	It("CLI-1 makes several Invitations for more than 100 people, and goes on where it stopped", func(ctx context.Context) {
		var text strings.Builder
		for n := range 130 {
			fmt.Fprintf(&text, "p%d@acme.example\n", n)
		}
		file := spreadsheet(text.String())
		usherTyping(ctx, at("helper"), text.String()[:strings.Index(text.String(), "p20@")], "invite", "-", "-n", org).succeeds()
		out := usher(ctx, at("helper"), "invite", "--from-csv", file, "-n", org).succeeds()
		Expect(strings.Count(out, "invited already")).To(Equal(20))
		Expect(strings.Count(out, " invited  ")).To(Equal(110))
		Expect(invitations(ctx, org)).To(HaveLen(3))
	})

	It("CLI-1 invites nobody if something is wrong with the file, and says all of it", func(ctx context.Context) {
		file := spreadsheet("email,role\nzoe@acme.example,Boss\nmax@,Member\nkim@acme.example,Member\n")
		Expect(usher(ctx, at("helper"), "invite", "--from-csv", file, "-n", org).fails()).To(Equal(result(
			"error: nobody is invited, because of the file "+file+":",
			`line 2, column 2: there is no role "Boss": choose one of OrganizationAdmin, BillingAdmin, FinanceAdmin, UserAdmin, Technician, `+
				"Member, NotificationsOnly",
			`line 3, column 1: "max@" is not an email address such as ana@acme.example`)))
		Expect(invitations(ctx, org)).To(BeEmpty())
	})

	It("CLI-1 invites nobody if the API server refuses one, and says why in its words", func(ctx context.Context) {
		file := spreadsheet("email,role\nzoe@acme.example,Member\nmax@acme.example,BillingAdmin\n")
		Expect(usher(ctx, at("helper"), "invite", "--from-csv", file, "-n", org).fails()).To(Equal(result(
			`error: the invitation of max@acme.example is refused: user "helper@acme.example" is UserAdmin in organization "`+org+
				`": only an OrganizationAdmin may set role "BillingAdmin"`, "Nobody is invited.")))
		Expect(invitations(ctx, org)).To(BeEmpty())
	})

	It("CLI-1 tries with --dry-run=server and changes nothing", func(ctx context.Context) {
		out := usher(ctx, at("helper"), "invite", "zoe@acme.example", "--dry-run=server", "-n", org).succeeds()
		Expect(out).To(ContainSubstring("invited (server dry run)"))
		Expect(normal(out)).To(HavePrefix("EMAIL  NAME  ROLE  WORKSPACES  GROUPS  MODULES  MESSAGE\n" +
			"zoe@acme.example  <none>  Member  <none>  <none>  <none>  <none>\n\n"))
		Expect(usher(ctx, at("payer"), "invite", "zoe@acme.example", "--dry-run=server", "-n", org).fails()).To(ContainSubstring("is refused"))
		Expect(invitations(ctx, org)).To(BeEmpty())
	})

	It("CLI-1 prints manifests for Git, which kubectl applies as they are", func(ctx context.Context) {
		out := usher(ctx, at("owner"), "invite", "Zoe Sanz <zoe@acme.example>", "max@acme.example", "--workspace", "support:Edit",
			"--message", "Welcome", "--yaml", "-n", org).succeeds()
		Expect(invitations(ctx, org)).To(BeEmpty())
		matchesFile(strings.ReplaceAll(out, org, "ORG"), "invite.yaml")
		_, _, err := env.KubectlInput(ctx, out, "apply", "--server-side", "-f", "-", "--as", at("owner"))
		Expect(err).NotTo(HaveOccurred())
		Expect(invitations(ctx, org)).To(HaveLen(1))
	})

	It("CLI-1 waits for answers, for as long as it is told", func(ctx context.Context) {
		r := usher(ctx, at("helper"), "invite", "zoe@acme.example", "--wait", "--timeout", "3s", "-n", org)
		Expect(r.code).To(Equal(1))
		Expect(r.out).To(ContainSubstring("zoe@acme.example  Invited\n"))
		Expect(r.err).To(Equal("error: 1 person has not answered after 3s: kubectl usher users --state Pending -n " + org + " shows them\n"))
		Expect(usher(ctx, at("helper"), "invite", "member@acme.example", "--wait", "-n", org).succeeds()).NotTo(BeEmpty())
	})
})
