// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

// refuseGrowth refuses what would make the operator's cache larger while there is no room. Everything else goes on: access is changed and
// taken away, and whoever deletes something makes room.
func (a authorizer) refuseGrowth(r authz.Request) error {
	if a.full == nil || r.Status || !grows(r) {
		return nil
	}
	if err := a.full(); err != nil {
		return apierrors.NewServiceUnavailable(err.Error())
	}
	return nil
}

// grows reports whether a request adds an object, or entries from which objects follow.
func grows(r authz.Request) bool {
	switch r.Operation {
	case authz.Create:
		return true
	case authz.Update:
		return entries(r.New) > entries(r.Old)
	default:
		return false
	}
}

// entries returns the number of entries of an object from which RoleBindings, accounts or entries in a status follow.
func entries(o any) int {
	switch o := o.(type) {
	case *v1alpha1.OrgUser:
		return len(o.Spec.Workspaces) + len(o.Spec.Groups) + len(o.Spec.Modules)
	case *v1alpha1.Workspace:
		return len(o.Spec.Members) + len(o.Spec.Devices) + len(o.Spec.Contacts)
	case *v1alpha1.OrgGroup:
		return len(o.Spec.Members)
	case *v1alpha1.Invitation:
		return len(o.Spec.Emails) + len(o.Spec.Workspaces)
	case *v1alpha1.Organization:
		return len(o.Spec.Delegates) + len(o.Spec.Contacts) + len(o.Spec.Subscription.Modules)
	}
	return 0
}
