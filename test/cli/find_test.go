// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
)

const (
	ana   = "ana@acme.example"
	eva   = "eva@acme.example"
	bruno = "bruno@acme.example"
	marta = "marta@acme.example"
)

var _ = Describe("finding out", func() {
	DescribeTable("CLI-2 prints", func(ctx context.Context, file, as string, words ...string) {
		matchesFile(usher(ctx, as, append(words, "-n", "acme")...).succeeds(), file)
	},
		Entry("users for an administrator", "users.txt", ana, "users"),
		Entry("users in wide form", "users-wide.txt", ana, "users", "-o", "wide"),
		Entry("users as CSV", "users.csv", ana, "users", "-o", "csv"),
		Entry("one user, by name", "user.txt", eva, "user", "marta"),
		Entry("one user, by address in whatever case", "user.txt", eva, "user", "Marta@ACME.example"),
		Entry("a person who is invited", "user-pending.txt", eva, "user", "luis.gomez@acme.example"),
		Entry("workspaces", "workspaces.txt", bruno, "workspaces"),
		Entry("workspaces in wide form", "workspaces-wide.txt", bruno, "workspaces", "-o", "wide"),
		Entry("seats", "seats.txt", bruno, "seats"),
		Entry("seats with their holders", "seats-wide.txt", bruno, "seats", "-o", "wide"),
		Entry("the organization as a tree", "tree.txt", bruno, "tree"),
		Entry("one workspace of the tree", "tree-support.txt", bruno, "tree", "--workspace", "support"),
		Entry("why somebody has access by a group", "why-group.txt", ana, "why", "marta", "support"),
		Entry("why somebody has access by the role", "why-role.txt", ana, "why", "ana", "support"),
		Entry("why somebody has access by the workspace's members", "why-member.txt", ana, "why", "bruno", "sales"),
		Entry("why somebody has no access", "why-none.txt", ana, "why", "eva", "sales"),
		Entry("why a pending person has no access yet", "why-pending.txt", ana, "why", "luis.gomez@acme.example", "support"),
	)

	DescribeTable("ORG-19 finds users", func(ctx context.Context, words string, addresses ...string) {
		out := usher(ctx, ana, append([]string{"users", "-n", "acme", "-o", "csv", "--no-headers"}, strings.Fields(words)...)...).succeeds()
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		Expect(err).NotTo(HaveOccurred())
		found := make([]string, 0, len(rows))
		for _, row := range rows {
			found = append(found, row[1])
		}
		Expect(found).To(ConsistOf(addresses))
	},
		Entry("by the name, without accents and capitals", "PEREZ", ana),
		Entry("by several words", "ruiz eva", eva),
		Entry("by a part of the address", "example.org", "customer@example.org"),
		Entry("by role", "--role useradmin,BillingAdmin", bruno, eva),
		Entry("by state", "--state pending", "luis.gomez@acme.example", "nora@acme.example", "sam@acme.example"),
		Entry("by workspace in force", "--workspace sales", ana, bruno),
		Entry("by requested workspace, of pending people", "--workspace support --state Pending", "luis.gomez@acme.example", "nora@acme.example", "sam@acme.example"),
		Entry("by module", "--module remote-support", marta),
		Entry("by group", "--group helpdesk", marta),
		Entry("by activity", "--inactive-since 2020-01-01", "customer@example.org"),
		Entry("by several filters", "--group helpdesk --role Member gil", marta),
	)

	It("CLI-2 says that nobody is found, and exits with 0 as kubectl does", func(ctx context.Context) {
		r := usher(ctx, ana, "users", "nobody", "-n", "acme")
		Expect(r).To(Equal(result{err: "No users found in organization acme.\n"}))
		Expect(usher(ctx, ana, "users", "--pending-since", "1d", "-n", "acme").err).To(Equal("No users found in organization acme.\n"))
	})

	DescribeTable("CLI-2 says when a filter names what the organization does not have, and what it has",
		func(ctx context.Context, flag, word, want string) {
			r := usher(ctx, ana, "users", flag, word, "-n", "acme")
			Expect(r.code).To(Equal(1))
			Expect(r.err).To(Equal("error: " + want + "\n"))
		},
		Entry("a workspace", "--workspace", "help", `no workspace "help" in organization "acme": the workspaces are sales, support`),
		Entry("a module", "--module", "remote", `no module "remote" in organization "acme": the modules are remote-support`),
	)

	It("CLI-2 prints objects in kubectl's forms", func(ctx context.Context) {
		list := &v1alpha1.OrgUserList{}
		Expect(json.Unmarshal([]byte(usher(ctx, ana, "users", "--group", "helpdesk", "-n", "acme", "-o", "json").succeeds()), list)).To(Succeed())
		Expect(list.Items).To(HaveLen(1))
		Expect(list.Items[0].Spec.Email).To(BeEquivalentTo(marta))
		Expect(list.Items[0].ManagedFields).To(BeEmpty())
		Expect(usher(ctx, ana, "users", "--role", "Member", "marta", "-n", "acme", "-o", "name").succeeds()).To(
			Equal("orguser.accounts.usher.dev/marta\n"))
		Expect(usher(ctx, ana, "user", "marta", "-n", "acme", "-o", "jsonpath={.status.username}").succeeds()).To(Equal(marta))
	})

	It("CLI-2 lists users of all organizations for those who may", func(ctx context.Context) {
		Expect(usher(ctx, platform, "users", "-A", "marta", "-o", "csv", "--no-headers").succeeds()).To(HavePrefix("acme,marta,"))
		Expect(usher(ctx, ana, "users", "-A").fails()).To(ContainSubstring(
			`Error from server (Forbidden): orgusers.accounts.usher.dev is forbidden: User "ana@acme.example" cannot list`))
	})

	DescribeTable("CLI-2 says what is wrong and what to do", func(ctx context.Context, message string, words ...string) {
		Expect(usher(ctx, ana, append(words, "-n", "acme")...).fails()).To(Equal(message + "\n"))
	},
		Entry("with a role that does not exist", `error: there is no role "Boss": choose one of OrganizationAdmin, BillingAdmin, `+
			"FinanceAdmin, UserAdmin, Technician, Member, NotificationsOnly", "users", "--role", "Boss"),
		Entry("with a state that does not exist", `error: there is no state "Gone": choose one of Pending, Active, Suspended, Removing`,
			"users", "--state", "Gone"),
		Entry("with a span of time that is none", `error: --inactive-since: "long" is no span of time such as 30d, 4w or 12h, and no date `+
			"such as 2026-11-30", "users", "--inactive-since", "long"),
		Entry("with a form of output that does not exist", `error: there is no output form "xml": choose one of wide, csv, `+
			"json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file",
			"users", "-o", "xml"),
		Entry("with a word too few", `error: kubectl usher why takes USER WORKSPACE, and got "marta": see kubectl usher why --help`,
			"why", "marta"),
		Entry("with no word", "error: kubectl usher user takes NAME|ADDRESS, and got none: see kubectl usher user --help", "user"),
		Entry("with a word too many", `error: kubectl usher seats takes no words, and got "x": see kubectl usher seats --help`, "seats", "x"),
		Entry("with a command that is spelled wrong", `error: there is no command "usres": did you mean users or user?`, "usres"),
		Entry("with a command like none", `error: there is no command "zebra": see kubectl usher --help`, "zebra"),
		Entry("with a flag that does not exist", "error: unknown flag: --boss: see kubectl usher users --help", "users", "--boss"),
		Entry("with a server that is not there",
			"The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
			"users", "--server=https://127.0.0.1:1"),
		Entry("with a check of a server that is not there",
			"The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
			"check", "--server=https://127.0.0.1:1"),
		Entry("with a user who is spelled wrong", `error: no user "mrta" in organization "acme": did you mean marta (marta@acme.example)?`,
			"user", "mrta"),
		Entry("with an address that is spelled wrong",
			`error: no user "eva@acme.exmple" in organization "acme": did you mean eva (eva@acme.example)?`, "user", "eva@acme.exmple"),
		Entry("with a user like nobody", `error: no user "zebedee" in organization "acme": list them with kubectl usher users -n acme`,
			"user", "zebedee"),
		Entry("with a workspace that does not exist",
			`error: no workspace "desk" in organization "acme": the workspaces are sales, support`, "why", "marta", "desk"),
	)

	It("CLI-2 says that a namespace has no organization", func(ctx context.Context) {
		for _, words := range [][]string{{"users"}, {"user", "ana"}, {"workspaces"}, {"seats"}, {"tree"}, {"why", "ana", "support"}} {
			Expect(usher(ctx, platform, append(words, "-n", "default")...).fails()).To(Equal(
				`error: there is no organization in namespace "default": name the organization's namespace with -n, as in -n acme` + "\n"))
		}
	})

	It("ORG-14 shows a Member nothing that RBAC does not", func(ctx context.Context) {
		for _, words := range [][]string{{"users"}, {"user", "ana"}, {"workspaces"}, {"seats"}, {"tree"}, {"why", "ana", "support"}} {
			Expect(usher(ctx, marta, append(words, "-n", "acme")...).fails()).To(HavePrefix("Error from server (Forbidden): "))
		}
	})
})
