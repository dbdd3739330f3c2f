// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Identified is an object whose status holds its identity: an Invitation, an OrgUser or a Workspace.
type Identified interface {
	metav1.Object
	GetIdentity() *v1alpha1.Identity
	SetIdentity(identity *v1alpha1.Identity)
}

// IdentityOf returns what identifies an object: the identity that its status holds, as long as it is the object's own. A status that was
// copied from an object of another namespace or name identifies nothing. Then, and before the first status, it is the object's UID.
func IdentityOf(o Identified) v1alpha1.Identity {
	if held := o.GetIdentity(); held != nil && held.Namespace == o.GetNamespace() && held.Name == o.GetName() {
		return *held
	}
	return v1alpha1.Identity{
		UID: string(o.GetUID()), Namespace: o.GetNamespace(), Name: o.GetName(), CreationTime: o.GetCreationTimestamp(),
	}
}

// RecordIdentity sets the identity in an object's status.
func RecordIdentity(o Identified) { o.SetIdentity(new(IdentityOf(o))) }

// UIDOf returns the UID by which links name an object.
func UIDOf(o Identified) types.UID { return types.UID(IdentityOf(o).UID) }

// CreatedAt returns when an object was first created. A restored object is older than its creation timestamp.
func CreatedAt(o Identified) metav1.Time { return IdentityOf(o).CreationTime }
