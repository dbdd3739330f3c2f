// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// InvitationBuilder builds an Invitation.
type InvitationBuilder struct{ object *v1alpha1.Invitation }

// Invitation starts with an Invitation with the role Member. An entry of emails may hold several addresses.
func Invitation(namespace, name string, emails ...string) InvitationBuilder {
	return InvitationBuilder{&v1alpha1.Invitation{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.InvitationSpec{Emails: emails, Role: v1alpha1.RoleMember},
	}}
}

// With applies a change that has no step of its own.
func (b InvitationBuilder) With(change func(*v1alpha1.Invitation)) InvitationBuilder {
	object := b.object.DeepCopy()
	change(object)
	return InvitationBuilder{object}
}

// Role sets the role of everybody invited.
func (b InvitationBuilder) Role(role v1alpha1.Role) InvitationBuilder {
	return b.With(func(i *v1alpha1.Invitation) { i.Spec.Role = role })
}

// Workspace adds a grant for everybody invited.
func (b InvitationBuilder) Workspace(name string, access v1alpha1.WorkspaceAccess) InvitationBuilder {
	return b.With(func(i *v1alpha1.Invitation) { i.Spec.Workspaces = append(i.Spec.Workspaces, grant(name, access)) })
}

// Modules adds modules for everybody invited.
func (b InvitationBuilder) Modules(names ...string) InvitationBuilder {
	return b.With(func(i *v1alpha1.Invitation) { i.Spec.Modules = append(i.Spec.Modules, objectNames(names)...) })
}

// Groups adds groups for everybody invited.
func (b InvitationBuilder) Groups(names ...string) InvitationBuilder {
	return b.With(func(i *v1alpha1.Invitation) { i.Spec.Groups = append(i.Spec.Groups, objectNames(names)...) })
}

// Language sets the language of mails and pages.
func (b InvitationBuilder) Language(tag string) InvitationBuilder {
	return b.With(func(i *v1alpha1.Invitation) { i.Spec.Language = v1alpha1.LanguageTag(tag) })
}

// Message sets the message in the mail.
func (b InvitationBuilder) Message(text string) InvitationBuilder {
	return b.With(func(i *v1alpha1.Invitation) { i.Spec.Message = text })
}

// InvitedBy names the person who invites.
func (b InvitationBuilder) InvitedBy(username string) InvitationBuilder {
	return b.With(func(i *v1alpha1.Invitation) { i.Spec.InvitedBy = v1alpha1.Username(username) })
}

// Resend sets the annotation that sends the invitation again, once for each new value.
func (b InvitationBuilder) Resend(value string) InvitationBuilder {
	return b.With(func(i *v1alpha1.Invitation) {
		metav1.SetMetaDataAnnotation(&i.ObjectMeta, v1alpha1.AnnotationResend, value)
	})
}

// Obj returns a copy of the object, which no later step changes.
func (b InvitationBuilder) Obj() *v1alpha1.Invitation { return b.object.DeepCopy() }
