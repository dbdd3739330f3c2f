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

var _ = Describe("The inviter's authority at the API server", func() {
	const admin = v1alpha1.RoleOrganizationAdmin

	DescribeTable("NOV-4 is that of the person with the user name", func(ctx context.Context, kind v1alpha1.InviterKind,
		live *v1alpha1.OrgUser, authorized bool,
	) {
		i := builders.Invitation("acme", "team", "luis@acme.example").Role(admin).InvitedBy("ana@acme.example").Obj()
		i.Annotations = map[string]string{v1alpha1.AnnotationInviterKind: string(kind)}
		cache, api := holding(acme("ana"), active("ana", admin)), holding()
		if live != nil {
			api = holding(live)
		}
		Expect(NewAPIReader(api).InviterAuthorized(ctx, cache, i)).To(Equal(authorized))
	},
		Entry("in force", v1alpha1.InviterPerson, active("ana", admin), true),
		Entry("and not the role that the cache still shows", v1alpha1.InviterPerson, active("ana", v1alpha1.RoleMember), false),
		Entry("and not that of an OrgUser of the same object name, who is somebody else by now", v1alpha1.InviterPerson, renamed("mallory"), false),
		Entry("and none if the OrgUser is gone", v1alpha1.InviterPerson, nil, false),
		Entry("or the platform's, if that was recorded, whoever has the user name", v1alpha1.InviterPlatform, renamed("mallory"), true),
	)
})

// renamed returns an administrator in force whose OrgUser is called ana, with another user name.
func renamed(username string) *v1alpha1.OrgUser {
	u := active("ana", v1alpha1.RoleOrganizationAdmin)
	u.Spec.Email, u.Status.Username = v1alpha1.EmailAddress(username+"@acme.example"), username+"@acme.example"
	return u
}
