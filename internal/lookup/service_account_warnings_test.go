// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A ServiceAccount of a workspace's namespace", func() {
	const inside, outside = "system:serviceaccount:acme-support:robot", "system:serviceaccount:argocd:acme"
	warning := func(field, role string) string {
		return field + ": this ServiceAccount is of a workspace's namespace: everybody with the access Edit or Admin there can act as " +
			role + " through it; use a ServiceAccount of another namespace"
	}

	It("causes a warning as a delegate, because others can act as it", func(ctx context.Context) {
		reader := holding(builders.Workspace("acme", "support").Obj())
		o := builders.Organization("acme").Delegate(outside, v1alpha1.RoleOrganizationAdmin).
			Delegate(inside, v1alpha1.RoleOrganizationAdmin).Delegate("ana@acme.example", v1alpha1.RoleMember).Obj()
		Expect(reader.MissingReferenceWarnings(ctx, o)).To(HaveExactElements(warning("spec.delegates[1].username", "OrganizationAdmin")))
		Expect(holding().MissingReferenceWarnings(ctx, o)).To(BeEmpty(), "there is no such workspace")
	})

	It("causes a warning as a user with a role above Member", func(ctx context.Context) {
		reader := holding(acme(), builders.Workspace("acme", "support").Obj())
		user := func(username string, role v1alpha1.Role) *v1alpha1.OrgUser {
			return builders.OrgUser("acme", "robot").Username(username).Role(role).Obj()
		}
		Expect(reader.MissingReferenceWarnings(ctx, user(inside, v1alpha1.RoleUserAdmin))).To(
			HaveExactElements(warning("spec.username", "UserAdmin")))
		Expect(reader.MissingReferenceWarnings(ctx, user(inside, v1alpha1.RoleMember))).To(BeEmpty())
		Expect(reader.MissingReferenceWarnings(ctx, user(outside, v1alpha1.RoleUserAdmin))).To(BeEmpty())
	})
})
