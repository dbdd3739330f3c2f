// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// WorkspaceBuilder builds a Workspace.
type WorkspaceBuilder struct{ object *v1alpha1.Workspace }

// Workspace starts with a Workspace with that name.
func Workspace(namespace, name string) WorkspaceBuilder {
	return WorkspaceBuilder{&v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}}
}

// With applies a change that has no step of its own.
func (b WorkspaceBuilder) With(change func(*v1alpha1.Workspace)) WorkspaceBuilder {
	object := b.object.DeepCopy()
	change(object)
	return WorkspaceBuilder{object}
}

// Namespace sets the namespace that the workspace owns.
func (b WorkspaceBuilder) Namespace(name string) WorkspaceBuilder {
	return b.With(func(w *v1alpha1.Workspace) { w.Spec.Namespace = v1alpha1.ObjectName(name) })
}

// Member adds a person as a member.
func (b WorkspaceBuilder) Member(email string, access v1alpha1.WorkspaceAccess) WorkspaceBuilder {
	return b.member(v1alpha1.WorkspaceMember{Email: v1alpha1.MemberAddress(email), Access: access})
}

// Group adds a group as a member.
func (b WorkspaceBuilder) Group(name string, access v1alpha1.WorkspaceAccess) WorkspaceBuilder {
	return b.member(v1alpha1.WorkspaceMember{Group: v1alpha1.ObjectName(name), Access: access})
}

func (b WorkspaceBuilder) member(member v1alpha1.WorkspaceMember) WorkspaceBuilder {
	return b.With(func(w *v1alpha1.Workspace) { w.Spec.Members = append(w.Spec.Members, member) })
}

// Contact adds a contact with an assignee.
func (b WorkspaceBuilder) Contact(name, assignee string) WorkspaceBuilder {
	return b.With(func(w *v1alpha1.Workspace) {
		w.Spec.Contacts = append(w.Spec.Contacts, v1alpha1.Contact{
			Name: v1alpha1.DisplayName(name), Assignee: v1alpha1.EmailAddress(assignee),
		})
	})
}

// Device adds a device with an assignee.
func (b WorkspaceBuilder) Device(name, assignee string) WorkspaceBuilder {
	return b.With(func(w *v1alpha1.Workspace) {
		w.Spec.Devices = append(w.Spec.Devices, v1alpha1.Device{
			Name: v1alpha1.ObjectName(name), Assignee: v1alpha1.EmailAddress(assignee),
		})
	})
}

// DeletedWithNamespace has the namespace deleted together with the workspace.
func (b WorkspaceBuilder) DeletedWithNamespace() WorkspaceBuilder {
	return b.With(func(w *v1alpha1.Workspace) { w.Spec.DeletionPolicy = v1alpha1.DeletionDelete })
}

// Obj returns a copy of the object, which no later step changes.
func (b WorkspaceBuilder) Obj() *v1alpha1.Workspace { return b.object.DeepCopy() }
