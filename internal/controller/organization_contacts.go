// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// describeContacts resolves the assignees of the organization's contacts (ORG-27).
func (r *organizationReconciler) describeContacts(ctx context.Context, o *v1alpha1.Organization) error {
	users, err := r.lookup().Assignees(ctx, o.Namespace, o.Spec.Contacts)
	o.Status.Contacts = effective.NextContacts(o.Spec.Contacts, o.Status.Contacts, users)
	return err
}

// ofAssignee: a user's coming, going and standing concern the organization at once if one of its contacts is assigned to
// the address.
func (r *organizationReconciler) ofAssignee(ctx context.Context, c change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !standingChanged(c) {
		return nil, nil
	}
	user := c.newest()
	o, err := r.lookup().Organization(ctx, user.Namespace)
	if err != nil || o == nil {
		return nil, err
	}
	for n := range o.Spec.Contacts {
		if assignee := string(o.Spec.Contacts[n].Assignee); assignee != "" && emailaddr.Same(assignee, string(user.Spec.Email)) {
			return []types.NamespacedName{organizationKey(o)}, nil
		}
	}
	return nil, nil
}
