// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package builders builds Usher's objects for tests in one expression. Builders are values: each step returns a new
// builder, so several tests can share a base.
package builders

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// OrganizationBuilder builds an Organization.
type OrganizationBuilder struct{ object *v1alpha1.Organization }

// Organization starts with an Organization with that name, in the namespace with the same name.
func Organization(name string) OrganizationBuilder {
	return OrganizationBuilder{&v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name}}}
}

// With applies a change that has no step of its own.
func (b OrganizationBuilder) With(change func(*v1alpha1.Organization)) OrganizationBuilder {
	object := b.object.DeepCopy()
	change(object)
	return OrganizationBuilder{object}
}

// DisplayName sets the name shown.
func (b OrganizationBuilder) DisplayName(name string) OrganizationBuilder {
	return b.With(func(o *v1alpha1.Organization) { o.Spec.Profile.DisplayName = v1alpha1.DisplayName(name) })
}

// PrimaryAdministrator sets the first contact.
func (b OrganizationBuilder) PrimaryAdministrator(name, email string) OrganizationBuilder {
	return b.With(func(o *v1alpha1.Organization) {
		o.Spec.PrimaryAdministrator = &v1alpha1.PrimaryAdministrator{
			Name: v1alpha1.DisplayName(name), Email: v1alpha1.EmailAddress(email),
		}
	})
}

// Module adds a module with its seats to the subscription.
func (b OrganizationBuilder) Module(name string, seats int32) OrganizationBuilder {
	return b.ModuleWithRole(name, seats, "")
}

// ModuleWithRole adds a module with its seats and the ClusterRole that it brings.
func (b OrganizationBuilder) ModuleWithRole(name string, seats int32, clusterRole string) OrganizationBuilder {
	return b.With(func(o *v1alpha1.Organization) {
		o.Spec.Subscription.Modules = append(o.Spec.Subscription.Modules, v1alpha1.Module{
			Name: v1alpha1.ObjectName(name), Seats: ptr.To(seats), ClusterRoleName: clusterRole,
		})
	})
}

// Delegate adds an identity that acts with a role.
func (b OrganizationBuilder) Delegate(username string, role v1alpha1.Role) OrganizationBuilder {
	return b.With(func(o *v1alpha1.Organization) {
		o.Spec.Delegates = append(o.Spec.Delegates, v1alpha1.Delegate{Username: v1alpha1.Username(username), Role: role})
	})
}

// Settings sets the settings that apply to all workspaces.
func (b OrganizationBuilder) Settings(settings v1alpha1.OrganizationSettings) OrganizationBuilder {
	return b.With(func(o *v1alpha1.Organization) { o.Spec.Settings = settings })
}

// Protected enables deletion protection.
func (b OrganizationBuilder) Protected() OrganizationBuilder {
	return b.With(func(o *v1alpha1.Organization) { o.Spec.DeletionProtection = v1alpha1.SwitchEnabled })
}

// Obj returns a copy of the object, which no later step changes.
func (b OrganizationBuilder) Obj() *v1alpha1.Organization { return b.object.DeepCopy() }
