// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"reflect"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// userFields changes each field of an OrgUser's spec except the role.
var userFields = map[string]func(*v1alpha1.OrgUser){
	"spec.email":       func(u *v1alpha1.OrgUser) { u.Spec.Email = "other@acme.example" },
	"spec.displayName": func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Luis" },
	"spec.avatarURL":   func(u *v1alpha1.OrgUser) { u.Spec.AvatarURL = "https://pictures.example/luis" },
	"spec.phone":       func(u *v1alpha1.OrgUser) { u.Spec.Phone = "+34600000001" },
	"spec.access":      func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessLimited },
	"spec.workspaces":  func(u *v1alpha1.OrgUser) { u.Spec.Workspaces = []v1alpha1.WorkspaceGrant{edit("support")} },
	"spec.modules":     func(u *v1alpha1.OrgUser) { u.Spec.Modules = []v1alpha1.ObjectName{"desk"} },
	"spec.groups":      func(u *v1alpha1.OrgUser) { u.Spec.Groups = []v1alpha1.ObjectName{"helpdesk"} },
	"spec.onboarding":  func(u *v1alpha1.OrgUser) { u.Spec.Onboarding = v1alpha1.OnboardingNone },
	"spec.username":    func(u *v1alpha1.OrgUser) { u.Spec.Username = "luis" },
	"spec.invitedBy":   func(u *v1alpha1.OrgUser) { u.Spec.InvitedBy = "eva@acme.example" },
	"spec.message":     func(u *v1alpha1.OrgUser) { u.Spec.Message = "Hello" },
	"spec.suspend":     func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true },
}

// standing is a user's requested role and role in force.
type standing struct{ requested, inForce v1alpha1.Role }

// above are users above Member, as requested or in force.
var above = []standing{
	{orgAdmin, orgAdmin},
	{billingAdmin, billingAdmin},
	{financeAdmin, financeAdmin},
	{userAdmin, userAdmin},
	{technician, technician},
	{notifications, notifications},
	{orgAdmin, ""},
	{technician, ""},          // not accepted yet
	{member, orgAdmin},        // demoted, and held in force as the last administrator
	{orgAdmin, member},        // promoted, and not in force yet
	{member, technician},      // demoted a moment ago
	{notifications, orgAdmin}, // above Member in both
}

// mereMembers are Members as requested, and in force if at all.
var mereMembers = []standing{{member, member}, {member, ""}}

func (s standing) user() *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", "luis").Role(s.requested).Obj()
	u.Status.Role = s.inForce
	return u
}

var _ = Describe("Users", func() {
	eva := person("eva", userAdmin)

	It("have all their fields in the table of these specs", func() {
		paths := []string{"spec.role"}
		for path := range userFields {
			paths = append(paths, path)
		}
		Expect(paths).To(ConsistOf(leaves("spec", reflect.TypeFor[v1alpha1.OrgUserSpec]())))
	})

	It("ORG-9 ORG-11 with the role Member can be changed by a UserAdmin in every field but the role and the modules", func() {
		for _, s := range mereMembers {
			for path, change := range userFields {
				if path == "spec.modules" {
					continue // see the specs of modules
				}
				Expect(authz.Judge(update(eva, s.user(), changed(s.user(), change)))).To(BeEmpty(), path)
			}
		}
	})

	It("ORG-11 above Member, requested or in force, can be changed by a UserAdmin only in their workspaces", func() {
		for _, s := range above {
			for path, change := range userFields {
				found := authz.Judge(update(eva, s.user(), changed(s.user(), change)))
				if path == "spec.workspaces" {
					Expect(found).To(BeEmpty(), "%v", s)
					continue
				}
				Expect(fields(found)).To(Equal([]string{path}), "%v", s)
				Expect(found[0].Message).To(ContainSubstring("only an OrganizationAdmin may change " + path[len("spec."):] + " of a user with the role"))
			}
		}
	})

	It("ORG-10 above Member cannot be made undeletable by a UserAdmin's finalizer", func() {
		hold := func(u *v1alpha1.OrgUser) { u.Finalizers = []string{"others.example/hold"} }
		for _, s := range above {
			Expect(fields(authz.Judge(update(eva, s.user(), changed(s.user(), hold))))).To(Equal([]string{"metadata.finalizers"}), "%v", s)
			Expect(passes(update(person("ana", orgAdmin), s.user(), changed(s.user(), hold)))).To(BeTrue())
		}
		for _, s := range mereMembers {
			Expect(passes(update(eva, s.user(), changed(s.user(), hold)))).To(BeTrue())
		}
	})

	It("WXP-7 ORG-12 above Member cannot be invited again by a UserAdmin, which would invalidate the link that they have", func() {
		again := func(u *v1alpha1.OrgUser) { u.Annotations = map[string]string{v1alpha1.AnnotationResend: "1"} }
		const annotation = "metadata.annotations[accounts.usher.dev/resend]"
		for _, s := range above {
			found := authz.Judge(update(eva, s.user(), changed(s.user(), again)))
			Expect(fields(found)).To(Equal([]string{annotation}), "%v", s)
			Expect(found[0].Message).To(ContainSubstring("only an OrganizationAdmin may invite a user with the role"))
			Expect(passes(update(person("ana", orgAdmin), s.user(), changed(s.user(), again)))).To(BeTrue())
		}
		for _, s := range mereMembers {
			Expect(passes(update(eva, s.user(), changed(s.user(), again)))).To(BeTrue())
		}
	})

	It("ORG-12 cannot be given another role by a UserAdmin, whichever it is", func() {
		for _, from := range allRoles {
			for _, to := range allRoles {
				before := builders.OrgUser("acme", "luis").Role(from).Obj()
				found := authz.Judge(update(eva, before, changed(before, func(u *v1alpha1.OrgUser) { u.Spec.Role = to })))
				if from == to {
					Expect(found).To(BeEmpty())
					continue
				}
				Expect(fields(found)).To(Equal([]string{"spec.role"}), "%s to %s", from, to)
				Expect(found[0].Message).To(HaveSuffix(`only an OrganizationAdmin may set role "` + string(to) + `"`))
			}
		}
	})

	It("ORG-10 can be deleted by a UserAdmin only while they are Members, both requested and in force", func() {
		for _, s := range mereMembers {
			Expect(authz.Judge(asked(eva, authz.Delete, s.user()))).To(BeEmpty(), "%v", s)
		}
		for _, s := range above {
			Expect(rules(authz.Judge(asked(eva, authz.Delete, s.user())))).To(Equal([]string{"members-only"}), "%v", s)
		}
		Expect(authz.Judge(asked(eva, authz.Delete, standing{member, orgAdmin}.user()))[0].Message).To(Equal(
			`user "eva@acme.example" is UserAdmin in organization "acme": only an OrganizationAdmin may delete a user with the role "OrganizationAdmin"`))
	})

	It("ORG-9 can be created or invited with any role by an OrganizationAdmin, and as Members by a UserAdmin", func() {
		for _, role := range allRoles {
			made := builders.OrgUser("acme", "luis").Role(role).Obj()
			invited := builders.Invitation("acme", "team", "luis@acme.example").Role(role).InvitedBy("eva@acme.example").Obj()
			Expect(authz.Judge(asked(person("eva", orgAdmin), authz.Create, made))).To(BeEmpty())
			Expect(authz.Judge(asked(person("eva", orgAdmin), authz.Create, invited))).To(BeEmpty())
			for _, found := range [][]authz.Violation{authz.Judge(asked(eva, authz.Create, made)), authz.Judge(asked(eva, authz.Create, invited))} {
				if role == member {
					Expect(found).To(BeEmpty())
				} else {
					Expect(fields(found)).To(Equal([]string{"spec.role"}), string(role))
				}
			}
		}
	})

	It("ORG-3 GTA-1 can be changed by an OrganizationAdmin in every field, whatever their role", func() {
		for _, s := range append(above, mereMembers...) {
			for path, change := range userFields {
				Expect(authz.Judge(update(person("eva", orgAdmin), s.user(), changed(s.user(), change)))).To(BeEmpty(), path)
			}
			Expect(authz.Judge(asked(person("ana", orgAdmin), authz.Delete, s.user()))).To(BeEmpty())
		}
	})

	It("ORG-7 ORG-15 NOV-6 GTA-2 cannot be changed by other roles in any field", func() {
		for _, role := range []v1alpha1.Role{billingAdmin, financeAdmin, technician, member, notifications} {
			for path, change := range userFields {
				found := authz.Judge(update(person("eva", role), mereMembers[0].user(), changed(mereMembers[0].user(), change)))
				Expect(rules(found)).To(Equal([]string{"area-managed"}), "%s by %s", path, role)
			}
		}
	})
})

var _ = Describe("Invitations", func() {
	to := func(role v1alpha1.Role) *v1alpha1.Invitation {
		return builders.Invitation("acme", "team", "luis@acme.example").Role(role).InvitedBy("eva@acme.example").Obj()
	}

	It("ORG-9 ORG-12 with the role Member can be changed by a UserAdmin, and must keep the role", func() {
		eva := person("eva", userAdmin)
		for _, before := range allRoles {
			for _, after := range allRoles {
				Expect(passes(update(eva, to(before), to(after)))).To(Equal(before == member && after == member), "%s to %s", before, after)
			}
			Expect(passes(asked(eva, authz.Delete, to(before)))).To(Equal(before == member), string(before))
		}
		Expect(authz.Judge(asked(eva, authz.Delete, to(technician)))[0].Message).To(Equal(
			`user "eva@acme.example" is UserAdmin in organization "acme": only an OrganizationAdmin may delete an invitation with the role "Technician"`))
	})

	It("ORG-15 can be sent again by those who manage them", func() {
		for _, role := range allRoles {
			again := builders.Invitation("acme", "team", "luis@acme.example").InvitedBy("eva@acme.example").Resend("2").Obj()
			may := role == orgAdmin || role == userAdmin
			Expect(passes(update(person("eva", role), to(member), again))).To(Equal(may), string(role))
		}
	})
})
