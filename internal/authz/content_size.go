// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// etcd accepts 1.5 MiB of an object. An object whose spec and metadata take more than these leaves its status less room than the status
// may need, and an object whose status cannot be written never comes into force.
const (
	maxWorkspaceSize    = 1024 << 10
	maxOrganizationSize = 256 << 10
	maxUserSize         = 512 << 10
	maxInvitationSize   = 256 << 10
	maxGroupSize        = 1024 << 10
)

// sizeLimit returns how many bytes an object's spec and metadata may take.
func sizeLimit(object metav1.Object) int {
	switch object.(type) {
	case *v1alpha1.Workspace:
		return maxWorkspaceSize
	case *v1alpha1.Organization:
		return maxOrganizationSize
	case *v1alpha1.Invitation:
		return maxInvitationSize
	case *v1alpha1.OrgGroup:
		return maxGroupSize
	default:
		return maxUserSize
	}
}

// sizeOf returns how many bytes of JSON an object takes without its status and the managed fields of it.
func sizeOf(object metav1.Object) int {
	stored := struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     any               `json:"spec"`
	}{
		metav1.ObjectMeta{
			Labels: object.GetLabels(), Annotations: object.GetAnnotations(), OwnerReferences: object.GetOwnerReferences(),
			ManagedFields: slices.DeleteFunc(slices.Clone(object.GetManagedFields()), func(m metav1.ManagedFieldsEntry) bool {
				return m.Subresource == "status"
			}),
		},
		specOf(object),
	}
	data, err := json.Marshal(stored)
	if err != nil {
		return 0 // the API server has read it from JSON
	}
	return len(data)
}

// judgeSize refuses an object that leaves its status too little room. One that was stored before may be made smaller, and changed
// otherwise.
func judgeSize(r Request) []Violation {
	found := CheckSize(r.New)
	if len(found) > 0 && r.Operation == Update && sizeOf(r.New) <= sizeOf(r.Old) {
		return nil
	}
	return found
}

// CheckSize returns what is wrong with an object that leaves its status too little room.
func CheckSize(object metav1.Object) []Violation {
	limit, size := sizeLimit(object), sizeOf(object)
	if size <= limit {
		return nil
	}
	return []Violation{invalid("spec", "size-bounded", "", fmt.Sprintf("has %d KiB together with labels, annotations and managed "+
		"fields, but only %d KiB leave room for the status: %s", (size+1023)>>10, limit>>10, shorterWay(object)))}
}

// shorterWay says how to make an object smaller.
func shorterWay(object metav1.Object) string {
	switch object.(type) {
	case *v1alpha1.Workspace:
		return "list groups instead of addresses in spec.members, or use kubectl apply --server-side, which needs no annotation"
	case *v1alpha1.Invitation:
		return "split the list of addresses into several Invitations"
	case *v1alpha1.OrgGroup:
		return "name the group in spec.groups of OrgUsers instead of listing their addresses, or use kubectl apply --server-side, which " +
			"needs no annotation"
	default:
		return "remove annotations or contacts that nobody needs, or use kubectl apply --server-side, which needs no annotation"
	}
}
