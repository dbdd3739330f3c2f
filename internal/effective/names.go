// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// DisplayNameOf returns the name to display for a user: the declared one, the one given at registration, or one derived from
// the address (LMI-5, LMI-6).
func DisplayNameOf(u *v1alpha1.OrgUser, registration *v1alpha1.Registration) string {
	switch {
	case u.Spec.DisplayName != "":
		return string(u.Spec.DisplayName)
	case registration != nil && registration.DisplayName != "":
		return string(registration.DisplayName)
	default:
		return emailaddr.DisplayName(string(EmailOf(u)))
	}
}

// FormOfAddressOf returns what a user is called in mails and on pages: the name to display, without the repetition of a derived one.
func FormOfAddressOf(u *v1alpha1.OrgUser, registration *v1alpha1.Registration) string {
	return emailaddr.FormOfAddress(DisplayNameOf(u, registration))
}

// IsAccountOf reports whether a user is a recipient's account. It must have the recipient's address, or have had it since it accepted:
// the name in the recipient's status may have become another user's. And it must be the one that accepted: an account that is created
// after that is another one, although it has the same name and address. The UID tells them apart; where none is recorded, the time of
// the acceptance does, to the second. Both are those that a restored account had first; see IdentityOf.
func IsAccountOf(u *v1alpha1.OrgUser, recipient *v1alpha1.RecipientStatus) bool {
	switch {
	case !emailaddr.Same(string(EmailOf(u)), string(recipient.Email)) &&
		(recipient.State != v1alpha1.RecipientActive || !HadEmail(u, recipient.Email)):
		return false
	case recipient.State != v1alpha1.RecipientActive:
		return true
	case recipient.UserUID != "":
		return IdentityOf(u).UID == recipient.UserUID
	default:
		return recipient.AcceptanceTime == nil || !recipient.AcceptanceTime.Before(new(CreatedAt(u)))
	}
}

// OrganizationTitle returns the organization's name for people.
func OrganizationTitle(o *v1alpha1.Organization) string {
	if o.Spec.Profile.DisplayName != "" {
		return string(o.Spec.Profile.DisplayName)
	}
	return o.Name
}

// WorkspaceTitle returns the workspace's name for people.
func WorkspaceTitle(w *v1alpha1.Workspace) string {
	if w.Spec.DisplayName != "" {
		return string(w.Spec.DisplayName)
	}
	return w.Name
}

// NamespaceOf returns the name of the Kubernetes namespace that a workspace owns.
func NamespaceOf(w *v1alpha1.Workspace) string {
	if w.Spec.Namespace != "" {
		return string(w.Spec.Namespace)
	}
	return w.Namespace + "-" + w.Name
}
