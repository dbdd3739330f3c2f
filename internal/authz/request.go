// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// Operation is what a request does to an object.
type Operation string

const (
	// Create creates the object.
	Create Operation = "create"
	// Update changes it.
	Update Operation = "update"
	// Delete deletes it.
	Delete Operation = "delete"
)

// Request is a change that an actor asks for. Old is nil for Create; New is nil for Delete.
type Request struct {
	Operation Operation
	// Status is true for a write to the status.
	Status bool
	Actor  Actor
	// Organization is the name of the organization, which is that of the namespace.
	Organization string
	Old, New     metav1.Object
	Facts        Facts
}

// Facts are what Judge has to know besides the objects of a request.
type Facts struct {
	// Organization is the one of the request's namespace. It is nil if there is none.
	Organization *v1alpha1.Organization
	// Usernames maps addresses to Kubernetes user names.
	Usernames effective.Usernames
	// OtherAdministrator is true if an administrator in force other than the request's user requests to stay one. It is
	// meaningful only if the request's user is an administrator.
	OtherAdministrator bool
	// Succession says who takes over from the administrator that the request deletes.
	Succession effective.Succession
	// ClusterRoles says which ClusterRoles named by the modules of the request's Organization may be bound.
	ClusterRoles effective.ClusterRoleStates
	// Named says which of the AssignmentKeys workspaces list as members.
	Named map[effective.MemberKey]bool
	// IntakeHolder is another workspace, of any organization, that has the intake address of the request's workspace. It is
	// nil if there is none.
	IntakeHolder *v1alpha1.Workspace
	// IntakeDomains say where the organizations may receive mail.
	IntakeDomains effective.IntakeDomains
	// IntakeChain lists, in order, the workspaces whose intakes the mail of the request's workspace passes through.
	IntakeChain []*v1alpha1.Workspace
	// SerialHolders are the devices in other workspaces that have a serial number that the request adds to its workspace. The
	// keys are the numbers as effective.SerialKey returns them.
	SerialHolders map[string]effective.SerialHolder
	// Resend is about another mail that the request's OrgUser requests.
	Resend ResendFacts
	// Protected maps those of the GroupAddresses that belong to a user above the role Member to that role.
	Protected map[string]v1alpha1.Role
	// IdentityGroups say which groups of the identity provider the organization may name.
	IdentityGroups effective.IdentityGroups
	// Appointing lists the organizations in which a group can give the role OrganizationAdmin.
	Appointing effective.Appointing
	// Issuers are the hosts at which organizations may have OpenID providers of their own.
	Issuers effective.Issuers
	// TitleHolder is another OrgGroup with the name for people that the request's OrgGroup has; nil: there is none.
	TitleHolder *v1alpha1.OrgGroup
	// Namespace is about the namespace of a new Workspace.
	Namespace NamespaceFacts
}

// object returns the object that the request leaves behind or deletes.
func (r Request) object() metav1.Object {
	if r.Operation == Delete {
		return r.Old
	}
	return r.New
}

// ChangesNothing reports whether an update leaves the spec and the metadata as they are.
func (r Request) ChangesNothing() bool {
	return r.Operation == Update && r.Old.GetDeletionTimestamp().Equal(r.New.GetDeletionTimestamp()) &&
		maps.Equal(r.Old.GetLabels(), r.New.GetLabels()) && maps.Equal(r.Old.GetAnnotations(), r.New.GetAnnotations()) &&
		slices.Equal(r.Old.GetFinalizers(), r.New.GetFinalizers()) &&
		equality.Semantic.DeepEqual(r.Old.GetOwnerReferences(), r.New.GetOwnerReferences()) && len(r.changed()) == 0
}

// changed returns the paths of the spec's fields that an update changes.
func (r Request) changed() []string { return changedFields(specOf(r.Old), specOf(r.New)) }
