// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import "github.com/usher-operator/usher/api/v1alpha1"

// AsksToLeave reports whether a person in force asks to be removed from the organization (SIG-5).
func AsksToLeave(u *v1alpha1.OrgUser) bool {
	return u.Status.LeaveRequestTime != nil && u.Status.State == v1alpha1.UserActive && u.DeletionTimestamp.IsZero()
}

// IsOnlyAdministrator reports whether a user is an organization's only administrator in force, who stays until there is another one
// (ORG-4).
func IsOnlyAdministrator(o *v1alpha1.Organization, u *v1alpha1.OrgUser) bool {
	return len(o.Status.Administrators) == 1 && o.Status.Administrators[0] == u.Name
}
