// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/scim"
)

// addressTaken is the refusal of a person whose address is another account's.
func addressTaken(holder *v1alpha1.OrgUser) error {
	if directory.Keeps(holder) {
		return scim.Conflict("the directory has a person with the address %s already, with the id %s",
			effective.EmailOf(holder), holder.Name)
	}
	return scim.Conflict("the address %s is that of the OrgUser %q, which the directory did not create: delete that OrgUser, or leave the "+
		"person out of the directory's assignment", effective.EmailOf(holder), holder.Name)
}

// removes counts that the directory is about to suspend or delete a person, and refuses it if that would take away the organization's last
// administrator, or if the directory does so too often.
func (p *People) removes(ctx context.Context, u *v1alpha1.OrgUser, verb string) error {
	return p.store().Protected(ctx, func(o *v1alpha1.Organization) error {
		switch {
		case slices.Equal(o.Status.Administrators, []string{u.Name}):
			return lastAdministrator(o, u, verb)
		case u.Spec.Suspend && verb == "delete":
			return nil // they had no access
		}
		return directory.Remove(o, u.UID, p.Now())
	})
}

// lastAdministrator is the refusal to take away an organization's last administrator.
func lastAdministrator(o *v1alpha1.Organization, u *v1alpha1.OrgUser, verb string) error {
	return &scim.Error{
		Status: http.StatusConflict,
		Detail: fmt.Sprintf("cannot %s %s: the OrgUser %q is the last OrganizationAdmin of organization %q; make somebody else "+
			"OrganizationAdmin first", verb, effective.EmailOf(u), u.Name, o.Name),
	}
}
