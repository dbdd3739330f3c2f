// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// InvitedUser returns the user that an Invitation requests for an address.
func InvitedUser(i *v1alpha1.Invitation, email string) *v1alpha1.OrgUser {
	return &v1alpha1.OrgUser{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: i.Namespace,
			Name:      emailaddr.ObjectName(email),
			Labels: map[string]string{
				v1alpha1.ManagedByLabel:  v1alpha1.ManagedByValue,
				v1alpha1.LabelInvitation: i.Name,
			},
		},
		Spec: v1alpha1.OrgUserSpec{
			Email:      v1alpha1.EmailAddress(email),
			Role:       i.Spec.Role,
			Workspaces: i.Spec.Workspaces,
			Groups:     i.Spec.Groups,
			Modules:    i.Spec.Modules,
			Onboarding: v1alpha1.OnboardingInvite,
		},
	}
}
