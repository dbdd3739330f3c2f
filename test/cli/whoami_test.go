// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/whoami"
)

var _ = Describe("whoami", func() {
	DescribeTable("CLI-4 tells everybody with access who they are", func(ctx context.Context, as, file string) {
		matchesFile(usher(ctx, as, "whoami", "-n", "acme").succeeds(), file)
	},
		Entry("an OrganizationAdmin", ana, "whoami-admin.txt"),
		Entry("a UserAdmin", eva, "whoami-useradmin.txt"),
		Entry("a Member, who may read nothing in the organization's namespace", marta, "whoami-member.txt"),
		Entry("the platform team", platform, "whoami-platform.txt"),
		Entry("a delegate", "system:serviceaccount:argocd:acme", "whoami-delegate.txt"),
		Entry("somebody who has not accepted", "nora@acme.example", "whoami-pending.txt"),
		Entry("somebody whom nobody knows", "mallory@evil.example", "whoami-nobody.txt"),
	)

	It("CLI-4 prints the answer for programs", func(ctx context.Context) {
		var a whoami.Answer
		Expect(json.Unmarshal([]byte(usher(ctx, marta, "whoami", "-n", "acme", "-o", "json").succeeds()), &a)).To(Succeed())
		Expect(a.User).To(Equal("marta"))
		Expect(a.Workspaces).To(ConsistOf(And(HaveField("Name", "support"), HaveField("Namespace", "acme-support"))))
		Expect(usher(ctx, marta, "whoami", "-n", "acme", "-o", "yaml").succeeds()).To(HavePrefix("displayName: Marta Gil\n"))
		Expect(usher(ctx, marta, "whoami", "-n", "acme", "-o", "xml").fails()).To(ContainSubstring("choose json or yaml"))
	})

	const question = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: usher-whoami, namespace: acme}\n"

	It("CLI-4 answers kubectl without the plugin too", func(ctx context.Context) {
		out, _, err := env.KubectlInput(ctx, question, "apply", "--server-side", "--dry-run=server", "-o", "yaml", "-f", "-", "--as", marta)
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(ContainSubstring("role: Member"))
	})

	It("ORG-14 CLI-4 stores nothing, whoever asks and however", func(ctx context.Context) {
		for _, as := range []string{marta, ana, "kubernetes-admin"} {
			_, stderr, err := env.KubectlInput(ctx, question, "apply", "--server-side", "-f", "-", "--as", as, "--as-group", "system:authenticated")
			Expect(err).To(HaveOccurred())
			Expect(stderr).To(Or(ContainSubstring("is never stored"), ContainSubstring("is forbidden")))
		}
		_, stderr, err := env.KubectlInput(ctx, question, "apply", "--server-side", "-f", "-")
		Expect(err).To(HaveOccurred())
		Expect(stderr).To(ContainSubstring("is never stored"))
		Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: "acme", Name: whoami.Name}, &corev1.ConfigMap{})).To(
			MatchError(apierrors.IsNotFound, "IsNotFound"))
	})

	It("ORG-14 CLI-4 allows a Member this one name and nothing else", func(ctx context.Context) {
		for _, words := range []string{
			"get configmaps", "list configmaps", "create configmaps", "patch configmaps/other", "get configmaps/usher-whoami",
			"update configmaps/usher-whoami", "delete configmaps/usher-whoami",
		} {
			out, _, _ := env.KubectlAs(ctx, marta, append([]string{"auth", "can-i", "-n", "acme"}, strings.Fields(words)...)...)
			Expect(strings.TrimSpace(out)).To(Equal("no"), words)
		}
		other := strings.Replace(question, "usher-whoami", "other", 1)
		_, _, err := env.KubectlInput(ctx, other, "apply", "--server-side", "--dry-run=server", "-f", "-", "--as", marta)
		Expect(err).To(MatchError(ContainSubstring("is forbidden")))
	})

	It("CLI-4 tells people of another organization nothing", func(ctx context.Context) {
		org := organization(ctx)
		Expect(usher(ctx, marta, "whoami", "-n", org).succeeds()).To(ContainSubstring("nobody here"))
		Expect(usher(ctx, at("member"), "whoami", "-n", "acme").succeeds()).NotTo(ContainSubstring("Workspaces"))
	})
})

var _ = Describe("can", func() {
	DescribeTable("CLI-4 answers before somebody tries", func(ctx context.Context, as, answer string, words ...string) {
		r := usher(ctx, as, append(append([]string{"can"}, words...), "-n", "acme")...)
		Expect(r.out).To(Equal(answer + "\n"))
		code := 1
		if answer == "yes" {
			code = 0
		}
		Expect(r.code).To(Equal(code), r.err)
	},
		Entry("yes: an administrator removes a Member", ana, "yes", "remove", "marta"),
		Entry("yes: an administrator sets a role", ana, "yes", "role", "marta", "BillingAdmin"),
		Entry("yes: a UserAdmin invites a Member, named or not", eva, "yes", "invite"),
		Entry("yes: a UserAdmin suspends a Member", eva, "yes", "suspend", "marta"),
		Entry("no: a UserAdmin invites a UserAdmin", eva,
			`no: user "eva@acme.example" is UserAdmin in organization "acme": only an OrganizationAdmin may set role "UserAdmin"`,
			"invite", "--role", "UserAdmin"),
		Entry("no: a UserAdmin removes an administrator", eva, `no: user "eva@acme.example" is UserAdmin in organization "acme": only an `+
			`OrganizationAdmin may delete a user with the role "BillingAdmin"`, "remove", "bruno"),
		Entry("yes: an administrator lists users", ana, "yes", "users"),
		Entry("yes: everybody asks who they are", marta, "yes", "whoami"),
		Entry("no: an administrator lists users of all organizations", ana,
			`no: orgusers.accounts.usher.dev is forbidden: User "ana@acme.example" cannot list resource "orgusers" in API group `+
				`"accounts.usher.dev" at the cluster scope; the platform team may`, "users", "-A"),
		Entry("no: a Member lists workspaces", marta, `no: workspaces.accounts.usher.dev is forbidden: User "marta@acme.example" cannot list `+
			`resource "workspaces" in API group "accounts.usher.dev" in the namespace "acme"; the roles that may are OrganizationAdmin, `+
			"BillingAdmin, FinanceAdmin, UserAdmin, Technician", "workspaces"),
		Entry("no: with a flag that would print a manifest and ask nobody", eva, `no: user "eva@acme.example" is UserAdmin in organization `+
			`"acme": only an OrganizationAdmin may set role "Technician"`, "role", "marta", "Technician", "--yaml"),
		Entry("no: a BillingAdmin grants a workspace", bruno, `no: orgusers.accounts.usher.dev "marta" is forbidden: User "bruno@acme.example" `+
			`cannot patch resource "orgusers" in API group "accounts.usher.dev" in the namespace "acme"; users are managed by the role `+
			"OrganizationAdmin, Members by UserAdmin too", "grant", "marta", "sales"),
		Entry("no: a Member removes somebody", marta, `no: orgusers.accounts.usher.dev "ana" is forbidden: User "marta@acme.example" `+
			`cannot get resource "orgusers" in API group "accounts.usher.dev" in the namespace "acme"; users are managed by the role `+
			"OrganizationAdmin, Members by UserAdmin too", "remove", "ana"),
	)

	It("ORG-24 CLI-4 answers nobody that they may remove themselves", func(ctx context.Context) {
		r := usher(ctx, ana, "can", "remove", "ana", "-n", "acme")
		Expect(r.code).To(Equal(1))
		Expect(r.out).To(And(HavePrefix("no: "), ContainSubstring("you cannot remove yourself")))
	})

	It("CLI-4 does nothing else, whatever the flags say", func(ctx context.Context) {
		file := filepath.Join(GinkgoT().TempDir(), "people.csv")
		for _, words := range [][]string{
			{"export", "--file", file}, {"remove", "marta", "--yes", "--dry-run=none"}, {"invite", "zoe@acme.example", "--dry-run=none", "--wait"},
		} {
			Expect(usher(ctx, ana, append(append([]string{"can"}, words...), "-n", "acme")...).out).To(Equal("yes\n"))
		}
		Expect(file).NotTo(BeAnExistingFile())
		Expect(get(ctx, "acme", "marta", &v1alpha1.OrgUser{}).DeletionTimestamp).To(BeNil())
		Expect(invitations(ctx, "acme")).To(HaveLen(1))
	})

	It("CLI-4 says what can be asked", func(ctx context.Context) {
		all := "choose one of check, directory, export, grant, invite, move-admin, remove, resend, resume, revoke, role, seats, suspend, tree, user, " +
			"users, whoami, why, workspaces\n"
		for _, words := range []string{"fly", "can", "completion", "help"} {
			Expect(usher(ctx, ana, "can", words, "-n", "acme").fails()).To(Equal(`error: "` + words + `" is no command to ask about: ` + all))
		}
		Expect(usher(ctx, ana, "can", "-n", "acme").fails()).To(Equal(
			"error: name the command that you ask about, as in kubectl usher can remove marta\n"))
		Expect(usher(ctx, ana, "can", "remove", "zebedee", "-n", "acme").fails()).To(HavePrefix(`error: no user "zebedee"`))
	})
})
