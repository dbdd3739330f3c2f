// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// OrgUserBuilder builds an OrgUser.
type OrgUserBuilder struct{ object *v1alpha1.OrgUser }

// OrgUser starts with a Member with that name and the address <name>@<namespace>.example.
func OrgUser(namespace, name string) OrgUserBuilder {
	return OrgUserBuilder{&v1alpha1.OrgUser{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.OrgUserSpec{
			Email: v1alpha1.EmailAddress(name + "@" + namespace + ".example"),
			Role:  v1alpha1.RoleMember,
		},
	}}
}

// With applies a change that has no step of its own.
func (b OrgUserBuilder) With(change func(*v1alpha1.OrgUser)) OrgUserBuilder {
	object := b.object.DeepCopy()
	change(object)
	return OrgUserBuilder{object}
}

// Email sets the address.
func (b OrgUserBuilder) Email(address string) OrgUserBuilder {
	return b.With(func(u *v1alpha1.OrgUser) { u.Spec.Email = v1alpha1.EmailAddress(address) })
}

// Role sets the requested role.
func (b OrgUserBuilder) Role(role v1alpha1.Role) OrgUserBuilder {
	return b.With(func(u *v1alpha1.OrgUser) { u.Spec.Role = role })
}

// Limited makes it an outsider's account.
func (b OrgUserBuilder) Limited() OrgUserBuilder {
	return b.With(func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessLimited })
}

// Username sets the Kubernetes user name.
func (b OrgUserBuilder) Username(name string) OrgUserBuilder {
	return b.With(func(u *v1alpha1.OrgUser) { u.Spec.Username = v1alpha1.Username(name) })
}

// Workspace adds a grant.
func (b OrgUserBuilder) Workspace(name string, access v1alpha1.WorkspaceAccess) OrgUserBuilder {
	return b.With(func(u *v1alpha1.OrgUser) { u.Spec.Workspaces = append(u.Spec.Workspaces, grant(name, access)) })
}

// Modules adds modules.
func (b OrgUserBuilder) Modules(names ...string) OrgUserBuilder {
	return b.With(func(u *v1alpha1.OrgUser) { u.Spec.Modules = append(u.Spec.Modules, objectNames(names)...) })
}

// Groups adds groups.
func (b OrgUserBuilder) Groups(names ...string) OrgUserBuilder {
	return b.With(func(u *v1alpha1.OrgUser) { u.Spec.Groups = append(u.Spec.Groups, objectNames(names)...) })
}

// Existing makes it an identity that is active at once, without an invitation.
func (b OrgUserBuilder) Existing() OrgUserBuilder {
	return b.With(func(u *v1alpha1.OrgUser) { u.Spec.Onboarding = v1alpha1.OnboardingNone })
}

// Suspended suspends the account.
func (b OrgUserBuilder) Suspended() OrgUserBuilder {
	return b.With(func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })
}

// Obj returns a copy of the object, which no later step changes.
func (b OrgUserBuilder) Obj() *v1alpha1.OrgUser { return b.object.DeepCopy() }

func grant(name string, access v1alpha1.WorkspaceAccess) v1alpha1.WorkspaceGrant {
	return v1alpha1.WorkspaceGrant{Name: v1alpha1.ObjectName(name), Access: access}
}

func objectNames(names []string) []v1alpha1.ObjectName {
	list := make([]v1alpha1.ObjectName, len(names))
	for i, name := range names {
		list[i] = v1alpha1.ObjectName(name)
	}
	return list
}
