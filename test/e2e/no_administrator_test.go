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

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("An organization without an administrator", func() {
	It("ORG-4 names a command that works, and sends whoever may not to the platform team", func(ctx context.Context) {
		org := env.Namespace(ctx, "org")
		o, eva := builders.Organization(org).Obj(), builders.OrgUser(org, "eva").Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		create(ctx, o, eva)
		awaitReady(ctx, eva)
		bea := builders.OrgUser(org, "bea").Role(v1alpha1.RoleOrganizationAdmin).Obj()
		Expect(env.As("eva@"+org+".example").Create(ctx, bea)).To(BeRefused(http.StatusForbidden,
			`only an OrganizationAdmin may set role "OrganizationAdmin"; none is in force yet: ask the platform team`))

		const reason = "NoAdministrator"
		var message string
		Eventually(get(ctx, o)).Should(And(HaveCondition("Ready", metav1.ConditionTrue, reason), HaveField("Status.Conditions", ContainElement(
			HaveField("Message", ContainSubstring("kubectl patch orguser eva"))))))
		for _, c := range o.Status.Conditions {
			if c.Reason == reason {
				message = c.Message
			}
		}
		Expect(message).To(HavePrefix("no administrator is in force yet: the platform team has to give the role to somebody who is active"))
		_, command, _ := strings.Cut(message, "`kubectl ")
		command, _, _ = strings.Cut(command, "`")
		kubectl(ctx, "", strings.Fields(strings.ReplaceAll(command, "'", ""))...)
		Eventually(get(ctx, o)).Should(And(HaveCondition("Ready", metav1.ConditionTrue, "Ready"),
			HaveField("Status.Administrators", ConsistOf("eva"))))
	})
})
