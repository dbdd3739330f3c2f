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
	DescribeTable("say what, to whom in which role, and who could", func(ctx context.Context, as, command, words string) {
		args := strings.Fields(strings.ReplaceAll(command, "$org", org))
		_, shown, err := env.KubectlAs(ctx, strings.ReplaceAll(as, "$org", org), append(args, "-n", org)...)
		Expect(err).To(HaveOccurred())
		shown = strings.ReplaceAll(strings.TrimSpace(shown), org, "acme")
		AddReportEntry("kubectl --as "+strings.ReplaceAll(as, "$org", "acme")+" "+strings.ReplaceAll(command, "$org", "acme"), shown)
		Expect(shown).To(Equal(words))
	},
		Entry("ORG-6 two fields of the profile, beside billing", "bruno@$org.example",
			`patch org $org --type=merge -p {"spec":{"profile":{"size":7},"settings":{"language":"es"},"billing":{"email":"b@acme.example"}}}`,
			denied("organizations", `user "bruno@acme.example" is BillingAdmin in organization "acme": `+
				`only an OrganizationAdmin or FinanceAdmin may change spec.profile.size; `+
				`user "bruno@acme.example" is BillingAdmin in organization "acme": `+
				`only an OrganizationAdmin or FinanceAdmin may change spec.settings.language`)),
		Entry("ORG-12 a role that is not one's to give", "eva@$org.example", `patch ou sam --type=merge -p {"spec":{"role":"BillingAdmin"}}`,
			denied("orgusers", `user "eva@acme.example" is UserAdmin in organization "acme": only an OrganizationAdmin may set role "BillingAdmin"`)),
		Entry("ORG-10 a user who is no Member", "eva@$org.example", `delete ou tea`,
			denied("orgusers", `user "eva@acme.example" is UserAdmin in organization "acme": `+
				`only an OrganizationAdmin may delete a user with the role "Technician"`)),
		Entry("ORG-24 oneself", "ana@$org.example", `delete ou ana`,
			denied("orgusers", `user "ana@acme.example" is OrganizationAdmin in organization "acme": `+
				`nobody may remove himself from the organization; an OrganizationAdmin other than "ana@acme.example" can`)),
		Entry("ORG-15 without an account", stray, `label ws support team=blue`,
			denied("workspaces", `user "stray@elsewhere.example" has no active account in organization "acme": `+
				`ask one of its organization administrators for an invitation`)),
		Entry("what is Usher's", "ana@$org.example", `label ou sam accounts.usher.dev/user=x`,
			denied("orgusers", `metadata.labels[accounts.usher.dev/user] is Usher's own: leave it as it is`)),
		Entry("GTA-2 what RBAC alone refuses", "tomas@$org.example", `delete ws support`,
			`Error from server (Forbidden): workspaces.accounts.usher.dev "support" is forbidden: User "tomas@acme.example" `+
				`cannot delete resource "workspaces" in API group "accounts.usher.dev" in the namespace "acme"`),
	)
})

// denied is how kubectl shows a refusal by a webhook.
func denied(resource, text string) string {
	return `Error from server (Forbidden): admission webhook "` + resource + `.accounts.usher.dev" denied the request: ` + text
}
