// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

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

var _ = Describe("Whom invited people may ask", func() {
	const admin, member = v1alpha1.RoleOrganizationAdmin, v1alpha1.RoleMember
	const email = "luis@acme.example"
	named := func(u *v1alpha1.OrgUser, name string) *v1alpha1.OrgUser {
		u.Status.DisplayName = name
		return u
	}
	with := func(u *v1alpha1.OrgUser, change func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
		change(u)
		return u
	}
	ana := func() *v1alpha1.OrgUser { return named(active("ana", admin), "Ana Ana") }
	bea := func() *v1alpha1.OrgUser { return named(active("bea", admin), "Bea Soto") }
	nora := func() *v1alpha1.OrgUser { return named(active("nora", v1alpha1.RoleUserAdmin), "Nora Gil") }

	DescribeTable("NOV-8 is", func(ctx context.Context, invitedBy string, who Contact, users ...*v1alpha1.OrgUser) {
		o := acme("ana", "bea")
		o.Spec.PrimaryAdministrator = &v1alpha1.PrimaryAdministrator{Email: "bea@acme.example"}
		objects := []client.Object{o}
		for _, u := range users {
			objects = append(objects, u)
		}
		Expect(holding(objects...).ContactFor(ctx, o, v1alpha1.Username(invitedBy), email)).To(Equal(who))
	},
		Entry("the inviter, by user name", "nora@acme.example", Contact{"Nora Gil", "nora@acme.example"}, ana(), bea(), nora()),
		Entry("the inviter, by an address in another spelling", "NORA@acme.example", Contact{"Nora Gil", "nora@acme.example"}, ana(), bea(), nora()),
		Entry("the primary administrator, if nobody is named", "", Contact{"Bea Soto", "bea@acme.example"}, ana(), bea(), nora()),
		Entry("the primary administrator, if a delegate invites", "system:serviceaccount:argocd:argocd", Contact{"Bea Soto", "bea@acme.example"}, ana(), bea()),
		Entry("the primary administrator, if the inviter is suspended", "nora@acme.example", Contact{"Bea Soto", "bea@acme.example"}, ana(), bea(),
			with(nora(), func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })),
		Entry("the primary administrator, if the inviter is Limited", "nora@acme.example", Contact{"Bea Soto", "bea@acme.example"}, ana(), bea(),
			with(nora(), func(u *v1alpha1.OrgUser) {
				u.Spec.Access, u.Status.Role, u.Status.Username = v1alpha1.AccessLimited, "", ""
			})),
		Entry("the primary administrator, if the inviter is unknown", "ceo@bank.example", Contact{"Bea Soto", "bea@acme.example"}, ana(), bea()),
		Entry("another administrator, if the primary one is not a user", "", Contact{"Ana", "ana@acme.example"}, ana()),
		Entry("another administrator, if the primary one has not accepted", "", Contact{"Ana", "ana@acme.example"}, ana(),
			with(bea(), func(u *v1alpha1.OrgUser) { u.Status.State = v1alpha1.UserPending })),
		Entry("nobody, if there is nobody else", "", Contact{}),
		Entry("never the person themselves", "luis@acme.example", Contact{}, active("luis", member)),
	)

	DescribeTable("NOV-8 is named as the inviter", func(ctx context.Context, invitedBy, name string, users ...*v1alpha1.OrgUser) {
		objects := []client.Object{acme("ana")}
		for _, u := range users {
			objects = append(objects, u)
		}
		Expect(holding(objects...).InviterName(ctx, "acme", v1alpha1.Username(invitedBy))).To(Equal(name))
	},
		Entry("by name", "nora@acme.example", "Nora Gil", nora()),
		Entry("by the address while unknown", "nora@acme.example", "nora@acme.example"),
		Entry("not while suspended", "nora@acme.example", "", with(nora(), func(u *v1alpha1.OrgUser) {
			u.Spec.Suspend, u.Status.State = true, v1alpha1.UserSuspended
		})),
		Entry("not if Limited", "nora@acme.example", "", with(nora(), func(u *v1alpha1.OrgUser) {
			u.Spec.Access, u.Status.Role, u.Status.Username = v1alpha1.AccessLimited, "", ""
		})),
		Entry("not if a delegate", "system:serviceaccount:argocd:argocd", ""),
	)
})

// renamed returns an administrator in force whose OrgUser is called ana, with another user name.
func renamed(username string) *v1alpha1.OrgUser {
	u := active("ana", v1alpha1.RoleOrganizationAdmin)
	u.Spec.Email, u.Status.Username = v1alpha1.EmailAddress(username+"@acme.example"), username+"@acme.example"
	return u
}
