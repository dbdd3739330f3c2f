// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The actor", func() {
	const admin, users, member = v1alpha1.RoleOrganizationAdmin, v1alpha1.RoleUserAdmin, v1alpha1.RoleMember
	platform := authz.Platform{Operator: "usher", Users: []string{"backup"}, Groups: []string{"platform-team"}}
	promised := active("tom", member)
	promised.Spec.Role = admin
	off := active("off", users)
	off.Status.State = v1alpha1.UserSuspended
	named := active("kim", users)
	named.Status.Username = "kim-k8s"

	DescribeTable("is", func(ctx context.Context, username string, groups []string, want authz.Actor) {
		reader := holding(acme("ana"), active("ana", admin), active("eva", users), promised, off, named)
		want.Username = username
		Expect(reader.Actor(ctx, platform, "acme", username, groups)).To(Equal(want))
	},
		Entry("an active person, in the role in force", "ana@acme.example", nil,
			authz.Actor{Kind: authz.ActorPerson, Role: admin, User: "ana"}),
		Entry("a person in the role in force, not in the requested one", "tom@acme.example", nil, authz.Actor{Kind: authz.ActorPerson, Role: member, User: "tom"}),
		Entry("a person by the user name in force", "kim-k8s", nil, authz.Actor{Kind: authz.ActorPerson, Role: users, User: "kim"}),
		Entry("nobody for the address of a user with another user name", "kim@acme.example", nil, authz.Actor{Kind: authz.ActorNobody}),
		Entry("nobody for a user name in another case", "ANA@acme.example", nil, authz.Actor{Kind: authz.ActorNobody}),
		Entry("NOV-13 nobody for a suspended user", "off@acme.example", nil, authz.Actor{Kind: authz.ActorNobody}),
		Entry("a delegate", "argocd", nil, authz.Actor{Kind: authz.ActorDelegate, Role: users}),
		Entry("DIR-2 the organization's directory", "system:serviceaccount:acme:usher-directory", nil,
			authz.Actor{Kind: authz.ActorDirectory, Role: users}),
		Entry("DIR-2 nobody for the directory of another organization", "system:serviceaccount:other:usher-directory", nil,
			authz.Actor{Kind: authz.ActorNobody}),
		Entry("a person before a delegate of the same name", "eva@acme.example", nil,
			authz.Actor{Kind: authz.ActorPerson, Role: users, User: "eva"}),
		Entry("the platform before a person", "ana@acme.example", []string{"platform-team"}, authz.Actor{Kind: authz.ActorPlatform}),
		Entry("Usher", "usher", nil, authz.Actor{Kind: authz.ActorOperator}),
		Entry("nobody for an unknown user", "mallory", []string{"system:authenticated"}, authz.Actor{Kind: authz.ActorNobody}),
		Entry("nobody without a user name", "", nil, authz.Actor{Kind: authz.ActorNobody}),
	)

	It("ORG-28 is a person in one organization and nobody in another", func(ctx context.Context) {
		reader := holding(acme("ana"), active("ana", admin), builders.Organization("other").Obj())
		Expect(reader.Actor(ctx, platform, "other", "ana@acme.example", nil)).To(HaveField("Kind", authz.ActorNobody))
		Expect(reader.Actor(ctx, platform, "nowhere", "argocd", nil)).To(HaveField("Kind", authz.ActorNobody))
	})
})
