// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// sentUser returns an account as the directory creates it.
func sentUser() *v1alpha1.OrgUser {
	return builders.OrgUser("acme", "luis").With(func(u *v1alpha1.OrgUser) {
		u.Finalizers = []string{v1alpha1.Finalizer}
		u.Labels = map[string]string{
			v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue, v1alpha1.LabelOrigin: v1alpha1.OriginDirectory,
			v1alpha1.LabelDirectoryID: "1", v1alpha1.LabelDirectoryName: "2",
		}
		u.Annotations = map[string]string{v1alpha1.AnnotationDirectory: "{}"}
		u.Spec = v1alpha1.OrgUserSpec{
			Email: "luis@acme.example", DisplayName: "Luis", Phone: "+34600000001", Suspend: true,
			Role: member, Access: v1alpha1.AccessFull, Onboarding: v1alpha1.OnboardingNone,
		}
	}).Obj()
}

var _ = Describe("DIR-2 a directory", func() {
	directory, is := authz.DirectoryOf("acme", "system:serviceaccount:acme:usher-directory")
	changes := map[string]func(*v1alpha1.OrgUser){
		"spec.role":             func(u *v1alpha1.OrgUser) { u.Spec.Role = orgAdmin },
		"spec.access":           func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessLimited },
		"spec.username":         func(u *v1alpha1.OrgUser) { u.Spec.Username = "ana@acme.example" },
		"spec.workspaces":       func(u *v1alpha1.OrgUser) { u.Spec.Workspaces = []v1alpha1.WorkspaceGrant{{Name: "support"}} },
		"spec.modules":          func(u *v1alpha1.OrgUser) { u.Spec.Modules = []v1alpha1.ObjectName{"desk"} },
		"spec.groups":           func(u *v1alpha1.OrgUser) { u.Spec.Groups = []v1alpha1.ObjectName{"helpdesk"} },
		"spec.avatarURL":        func(u *v1alpha1.OrgUser) { u.Spec.AvatarURL = "https://a.example/a.png" },
		"spec.invitedBy":        func(u *v1alpha1.OrgUser) { u.Spec.InvitedBy = "ana@acme.example" },
		"spec.message":          func(u *v1alpha1.OrgUser) { u.Spec.Message = "Hello" },
		"metadata.labels[team]": func(u *v1alpha1.OrgUser) { u.Labels["team"] = "blue" },
		"metadata.labels[accounts.usher.dev/bootstrap]":  func(u *v1alpha1.OrgUser) { u.Labels[v1alpha1.LabelBootstrap] = "true" },
		"metadata.labels[accounts.usher.dev/invitation]": func(u *v1alpha1.OrgUser) { u.Labels[v1alpha1.LabelInvitation] = "team" },
		"metadata.annotations[accounts.usher.dev/note]":  func(u *v1alpha1.OrgUser) { u.Annotations["accounts.usher.dev/note"] = "1" },
		"metadata.finalizers":                            func(u *v1alpha1.OrgUser) { u.Finalizers = nil },
		"metadata.ownerReferences":                       func(u *v1alpha1.OrgUser) { u.OwnerReferences = []metav1.OwnerReference{{Name: "x"}} },
	}

	It("is its ServiceAccount in its own namespace, and nobody else", func() {
		Expect(is).To(BeTrue())
		Expect(directory).To(Equal(authz.Actor{
			Kind: authz.ActorDirectory, Username: "system:serviceaccount:acme:usher-directory", Role: userAdmin,
		}))
		for _, username := range []string{"system:serviceaccount:other:usher-directory", "usher-directory", ""} {
			_, is := authz.DirectoryOf("acme", username)
			Expect(is).To(BeFalse(), username)
		}
		_, is := authz.DirectoryOf("", "system:serviceaccount::usher-directory")
		Expect(is).To(BeFalse())
	})

	It("creates Members, changes what it decides about them, and deletes them", func() {
		Expect(passes(asked(directory, authz.Create, sentUser()))).To(BeTrue())
		Expect(passes(asked(directory, authz.Delete, sentUser()))).To(BeTrue())
		Expect(passes(update(directory, sentUser(), changed(sentUser(), func(u *v1alpha1.OrgUser) {
			u.Spec.Email, u.Spec.DisplayName, u.Spec.Phone, u.Spec.Suspend = "l@acme.example", "L", "", false
			u.Labels[v1alpha1.LabelDirectoryName] = "3"
			delete(u.Labels, v1alpha1.LabelDirectoryID)
			u.Annotations[v1alpha1.AnnotationDirectory] = "[]"
		})))).To(BeTrue())
	})

	It("sets nothing else, neither at first nor later", func() {
		for field, change := range changes {
			after := changed(sentUser(), change)
			for _, r := range []authz.Request{asked(directory, authz.Create, after), update(directory, sentUser(), after)} {
				found := authz.Judge(r)
				Expect(fields(found)).To(ConsistOf(field), "%s %s", r.Operation, field)
				Expect(found[0]).To(And(HaveField("Reason", authz.Forbidden), HaveField("Rule", "directory-bounds"),
					HaveField("Message", HavePrefix(`the directory of organization "acme": cannot `))))
			}
		}
		joins := changed(sentUser(), func(u *v1alpha1.OrgUser) { u.Spec.Onboarding = v1alpha1.OnboardingInvite })
		Expect(passes(asked(directory, authz.Create, joins))).To(BeTrue())
		Expect(fields(authz.Judge(update(directory, sentUser(), joins)))).To(ConsistOf("spec.onboarding"))
	})

	It("DIR-3 touches nothing that it does not keep, and never adopts it", func() {
		declared := changed(sentUser(), func(u *v1alpha1.OrgUser) { delete(u.Labels, v1alpha1.LabelOrigin) })
		for _, r := range []authz.Request{
			update(directory, declared, sentUser()), asked(directory, authz.Delete, declared),
			update(directory, declared, changed(declared, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = false })),
		} {
			found := authz.Judge(r)
			Expect(rules(found)).To(ConsistOf("directory-bounds"))
			Expect(found[0].Message).To(ContainSubstring(`"luis", which it does not keep`))
		}
		Expect(fields(authz.Judge(update(directory, sentUser(), declared)))).To(ConsistOf("metadata.labels[accounts.usher.dev/origin]"))
		Expect(fields(authz.Judge(asked(directory, authz.Create, declared)))).To(ConsistOf("metadata.labels[accounts.usher.dev/origin]"))
	})

	It("does nothing to other kinds, nor to a status", func() {
		for kind, object := range objectsBy(directory) {
			for _, operation := range []authz.Operation{authz.Create, authz.Update, authz.Delete} {
				if kind == "user" {
					continue
				}
				Expect(rules(authz.Judge(asked(directory, operation, object)))).To(ContainElement("directory-bounds"), "%s %s", operation, kind)
			}
		}
		r := update(directory, sentUser(), sentUser())
		r.Status = true
		Expect(fields(authz.Judge(r))).To(ConsistOf("status"))
	})

	It("DIR-4 counts in the status of the organization whom it removes, and writes nothing else there", func() {
		counted := acme("ana")
		counted.Status.Directory.Removals = []v1alpha1.DirectoryRemoval{{UID: "1"}}
		r := update(directory, acme("ana"), counted)
		r.Status = true
		Expect(authz.Judge(r)).To(BeEmpty())
		counted.Status.Administrators = []string{"mallory"}
		Expect(rules(authz.Judge(r))).To(ConsistOf("directory-bounds"))
	})

	It("DIR-4 takes access from people of any role, but not the last administrator's, and moves nobody above Member", func() {
		ana := changed(sentUser(), func(u *v1alpha1.OrgUser) {
			u.Name, u.Spec.Role, u.Spec.Suspend, u.Status.Role, u.Status.State = "ana", orgAdmin, false, orgAdmin, v1alpha1.UserActive
		})
		suspended := changed(ana, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })
		for _, r := range []authz.Request{update(directory, ana, suspended), asked(directory, authz.Delete, ana)} {
			r.Facts.Organization = acme("ana", "bea")
			r.Facts.OtherAdministrator = true
			Expect(authz.Judge(r)).To(BeEmpty())
			r.Facts.Organization, r.Facts.OtherAdministrator = acme("ana"), false
			Expect(rules(authz.Judge(r))).To(ConsistOf(authz.RuleLastAdministrator))
		}
		moved := changed(ana, func(u *v1alpha1.OrgUser) { u.Spec.Email = "mallory@acme.example" })
		found := authz.Judge(update(directory, ana, moved))
		Expect(rules(found)).To(ConsistOf("members-only"))
		Expect(found[0].Message).To(ContainSubstring(`address of a user with the role "OrganizationAdmin"`))
		Expect(passes(update(person("bea", orgAdmin), ana, moved))).To(BeTrue(), "who may, does it")
	})

	It("gives nobody the user name of a delegate", func() {
		r := asked(directory, authz.Create, changed(sentUser(), func(u *v1alpha1.OrgUser) { u.Spec.Email = "argo@acme.example" }))
		r.Facts.Organization = builders.Organization("acme").With(func(o *v1alpha1.Organization) {
			o.Spec.Delegates = []v1alpha1.Delegate{{Username: "argo@acme.example", Role: orgAdmin}}
		}).Obj()
		Expect(rules(authz.Judge(r))).To(ConsistOf("delegate-kept"))
	})

	It("DIR-3 keeps people and delegates from what it decides, and from nothing else", func() {
		for _, actor := range []authz.Actor{person("ana", orgAdmin), delegate(userAdmin)} {
			for field, change := range map[string]func(*v1alpha1.OrgUser){
				"spec.email":       func(u *v1alpha1.OrgUser) { u.Spec.Email = "l@acme.example" },
				"spec.displayName": func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "L" },
				"spec.phone":       func(u *v1alpha1.OrgUser) { u.Spec.Phone = "" },
			} {
				found := authz.Judge(update(actor, sentUser(), changed(sentUser(), change)))
				Expect(fields(found)).To(ConsistOf(field))
				Expect(found[0]).To(And(HaveField("Rule", "directory-kept"),
					HaveField("Message", HaveSuffix(`of "luis", which it keeps: change it there`))))
			}
			Expect(passes(update(actor, sentUser(), changed(sentUser(), func(u *v1alpha1.OrgUser) {
				u.Spec.Suspend, u.Spec.Workspaces = false, []v1alpha1.WorkspaceGrant{{Name: "support", Access: v1alpha1.WorkspaceView}}
				u.Labels["team"] = "blue"
			})))).To(BeTrue())
			Expect(passes(asked(actor, authz.Delete, sentUser()))).To(BeTrue())
			Expect(fields(authz.Judge(asked(actor, authz.Create, sentUser())))).To(ContainElement(
				"metadata.labels[accounts.usher.dev/origin]"), "nobody declares what the directory keeps")
		}
		group := func(members ...v1alpha1.MemberAddress) *v1alpha1.OrgGroup {
			g := &v1alpha1.OrgGroup{Spec: v1alpha1.OrgGroupSpec{DisplayName: "Helpdesk", Members: members}}
			g.Namespace, g.Name, g.Finalizers = "acme", "helpdesk", []string{v1alpha1.Finalizer}
			g.Labels = map[string]string{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory}
			return g
		}
		Expect(passes(asked(directory, authz.Create, group("luis@acme.example")))).To(BeTrue())
		Expect(passes(update(directory, group(), group("luis@acme.example")))).To(BeTrue())
		Expect(fields(authz.Judge(update(person("ana", orgAdmin), group(), group("luis@acme.example"))))).To(ConsistOf("spec.members"))
		named := group()
		named.Spec.IdentityGroup = "oidc:helpdesk"
		Expect(fields(authz.Judge(update(directory, group(), named)))).To(ContainElement("spec.identityGroup"))
	})
})
