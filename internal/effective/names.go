// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// UsernameOf gives the Kubernetes user name that a user wishes: the address unless the spec names another.
func UsernameOf(u *v1alpha1.OrgUser) string {
	if u.Spec.Username != "" {
		return string(u.Spec.Username)
	}
	return string(u.Spec.Email)
}

// DisplayNameOf gives the name shown for a user: the declared one, the one given at registration, or one derived from
// the address (LMI-5, LMI-6).
func DisplayNameOf(u *v1alpha1.OrgUser, registration *v1alpha1.Registration) string {
	switch {
	case u.Spec.DisplayName != "":
		return string(u.Spec.DisplayName)
	case registration != nil && registration.DisplayName != "":
		return string(registration.DisplayName)
	default:
		return emailaddr.DisplayName(string(u.Spec.Email))
	}
}
