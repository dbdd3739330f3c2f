// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/mapper"
)

// describeContacts resolves the assignees of the organization's contacts (ORG-27).
func (r *Reconciler) describeContacts(ctx context.Context, o *v1alpha1.Organization) error {
	users, err := r.cache.Assignees(ctx, o.Namespace, o.Spec.Contacts)
	o.Status.Contacts = effective.NextContacts(o.Spec.Contacts, o.Status.Contacts, users)
	return err
}

// ofAssignee: a user's coming, going and standing concern the organization at once if one of its contacts is assigned to
// the address.
func (r *Reconciler) ofAssignee(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !mapper.StandingChanged(c) {
		return nil, nil
	}
	user := c.Newest()
	o, err := r.cache.Organization(ctx, user.Namespace)
	if err != nil || o == nil {
		return nil, err
	}
	for n := range o.Spec.Contacts {
		if assignee := string(o.Spec.Contacts[n].Assignee); assignee != "" && emailaddr.Same(assignee, string(user.Spec.Email)) {
			return []types.NamespacedName{mapper.OrganizationKey(o)}, nil
		}
	}
	return nil, nil
}
