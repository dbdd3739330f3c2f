// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// OrgGroupBuilder builds an OrgGroup.
type OrgGroupBuilder struct{ object *v1alpha1.OrgGroup }

// OrgGroup starts with an OrgGroup with that name.
func OrgGroup(namespace, name string) OrgGroupBuilder {
	return OrgGroupBuilder{&v1alpha1.OrgGroup{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}}
}

// With applies a change that has no step of its own.
func (b OrgGroupBuilder) With(change func(*v1alpha1.OrgGroup)) OrgGroupBuilder {
	object := b.object.DeepCopy()
	change(object)
	return OrgGroupBuilder{object}
}

// Members adds addresses.
func (b OrgGroupBuilder) Members(emails ...string) OrgGroupBuilder {
	return b.With(func(g *v1alpha1.OrgGroup) {
		for _, email := range emails {
			g.Spec.Members = append(g.Spec.Members, v1alpha1.MemberAddress(email))
		}
	})
}

// IdentityGroup sets the group of the identity provider.
func (b OrgGroupBuilder) IdentityGroup(name string) OrgGroupBuilder {
	return b.With(func(g *v1alpha1.OrgGroup) { g.Spec.IdentityGroup = v1alpha1.IdentityGroup(name) })
}

// Obj returns the object.
func (b OrgGroupBuilder) Obj() *v1alpha1.OrgGroup { return b.object.DeepCopy() }
