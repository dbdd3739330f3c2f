// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Refusals, as kubectl shows them,", func() {
	DescribeTable("say what was refused, to whom in which role, and who may do it", func(ctx context.Context, as, command, words string) {
		Expect(kubectlSays(ctx, org, as, command)).To(Equal(words))
	},
		Entry("ORG-6 two fields outside of billing, changed together with billing", "bruno@$org.example",
			`patch org $org --type=merge -p {"spec":{"profile":{"size":7},"settings":{"language":"es"},"billing":{"email":"b@acme.example"}}}`,
			denied("organizations", `user "bruno@acme.example" is BillingAdmin in organization "acme": `+
				`only an OrganizationAdmin or FinanceAdmin may change spec.profile.size; `+
				`only an OrganizationAdmin or FinanceAdmin may change spec.settings.language`)),
		Entry("ORG-12 a role that the user may not grant", "eva@$org.example", `patch ou sam --type=merge -p {"spec":{"role":"BillingAdmin"}}`,
			denied("orgusers", `user "eva@acme.example" is UserAdmin in organization "acme": only an OrganizationAdmin may set role "BillingAdmin"`)),
		Entry("GTA-11 a module that the user may not give", "eva@$org.example", `patch ou sam --type=merge -p {"spec":{"modules":["desk"]}}`,
			denied("orgusers", `user "eva@acme.example" is UserAdmin in organization "acme": only an OrganizationAdmin may give module "desk"`)),
		Entry("ORG-10 a user who is not a Member", "eva@$org.example", `delete ou tea`,
			denied("orgusers", `user "eva@acme.example" is UserAdmin in organization "acme": `+
				`only an OrganizationAdmin may delete a user with the role "Technician"`)),
		Entry("DIR-5 ORG-11 a user who is not a Member, in a group", "eva@$org.example", `patch og leads --type=merge -p {"spec":{"members":[]}}`,
			denied("orggroups", `user "eva@acme.example" is UserAdmin in organization "acme": `+
				`only an OrganizationAdmin may remove from a group "tea@acme.example", a user with the role "Technician"`)),
		Entry("ORG-24 deleting one's own account", "ana@$org.example", `delete ou ana`,
			denied("orgusers", `user "ana@acme.example" is OrganizationAdmin in organization "acme": `+
				`you cannot remove yourself from the organization; another OrganizationAdmin can`)),
		Entry("ORG-15 a user without an account", stray, `label ws support team=blue`,
			denied("workspaces", `user "stray@elsewhere.example" has no active account in organization "acme" and may not update workspaces: `+
				`ask an OrganizationAdmin for an invitation`)),
		Entry("one of Usher's own labels", "ana@$org.example", `label ou sam accounts.usher.dev/user=x`,
			denied("orgusers", `user "ana@acme.example" is OrganizationAdmin in organization "acme": `+
				`only Usher may change metadata.labels[accounts.usher.dev/user]; leave it as it is`)),
		Entry("NOV-13 suspending one's own account", "ana@$org.example", `patch ou ana --type=merge -p {"spec":{"suspend":true}}`,
			denied("orgusers", `user "ana@acme.example" is OrganizationAdmin in organization "acme": `+
				`you cannot suspend yourself; another OrganizationAdmin can`)),
		Entry("ORG-4 OPS-5 a status without administrators, also for the platform", masters,
			`patch org $org --subresource=status --type=merge -p {"status":{"administrators":[]}}`,
			`The Organization "acme" is invalid: status.administrators: user "admin" acts for the platform in organization "acme": `+
				`the list of administrators in force cannot be emptied; write a status that contains it`),
		Entry("another inviter", "eva@$org.example", `patch inv members --type=merge -p {"spec":{"invitedBy":"bea@acme.example"}}`,
			denied("invitations", `user "eva@acme.example" is UserAdmin in organization "acme": `+
				`only platform identities and delegates may name an inviter other than "ana@acme.example"; `+
				`to take the Invitation over, name yourself: "eva@acme.example"`)),
		Entry("a refusal to a delegate", "$delegate", `annotate ou sam accounts.usher.dev/note=x`,
			denied("orgusers", `delegate "system:serviceaccount:argocd:acme" is OrganizationAdmin in organization "acme": `+
				`only Usher may change metadata.annotations[accounts.usher.dev/note]; leave it as it is`)),
		Entry("all faults of the content at once, for every role", "ana@$org.example",
			`patch org $org --type=merge -p {"spec":{"profile":{"timeZone":"Europe/Atlantis","address":{"country":"XX"}}}}`,
			`The Organization "acme" is invalid: `+
				"\n"+`* spec.profile.timeZone: Invalid value: "Europe/Atlantis": is not in the IANA time zone database: use a name such as Europe/Madrid`+
				"\n"+`* spec.profile.address.country: Invalid value: "XX": is not an ISO 3166-1 alpha-2 country code: use a code such as ES`),
		Entry("a fault that the CRD's schema finds", "ana@$org.example",
			`patch org $org --type=merge -p {"spec":{"profile":{"size":0}}}`,
			`The Organization "acme" is invalid: spec.profile.size: Invalid value: 0: spec.profile.size in body should be greater than or equal to 1`),
		Entry("GTA-2 a request that RBAC refuses", "tomas@$org.example", `delete ws support`,
			`Error from server (Forbidden): workspaces.accounts.usher.dev "support" is forbidden: User "tomas@acme.example" `+
				`cannot delete resource "workspaces" in API group "accounts.usher.dev" in the namespace "acme"`),
	)
})

// masters stands for the cluster's administrator.
const masters = ""

// kubectlSays runs kubectl in an organization's namespace as somebody who must be refused, and returns what it prints, with
// the organization's name replaced by "acme".
func kubectlSays(ctx context.Context, organization, as, command string) string {
	GinkgoHelper()
	fill := strings.NewReplacer("$org", organization, "$delegate", columns[delegate].username).Replace
	args := append(strings.Fields(fill(command)), "-n", organization)
	if as != masters {
		args = append([]string{"--as", fill(as)}, args...)
	}
	_, shown, err := env.Kubectl(ctx, args...)
	Expect(err).To(HaveOccurred())
	shown = strings.ReplaceAll(strings.TrimSpace(shown), organization, "acme")
	AddReportEntry("kubectl "+strings.ReplaceAll(strings.Join(args, " "), organization, "acme"), shown)
	return shown
}

// denied returns how kubectl shows a refusal by a webhook.
func denied(resource, text string) string {
	return `Error from server (Forbidden): admission webhook "` + resource + `.accounts.usher.dev" denied the request: ` + text
}
