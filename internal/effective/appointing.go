// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// everyOrganization stands for all organizations in the platform's configuration.
const everyOrganization = "*"

// Appointing lists the organizations in which a group can give the role OrganizationAdmin (DIR-4): whoever manages the group in the
// directory decides who it is. By default, there are none.
type Appointing []string

// Validate returns an error that names every entry which is wrong.
func (a Appointing) Validate() error {
	var wrong []error
	for _, organization := range a {
		if organization != everyOrganization && len(validation.IsDNS1123Label(organization)) > 0 {
			wrong = append(wrong, fmt.Errorf("--group-administrators: %q is not the name of an organization: write such a name, or %s for "+
				"every organization", organization, everyOrganization))
		}
	}
	return errors.Join(wrong...)
}

// RoleRefusal says why a group of an organization cannot give a role. It is empty if it can.
func (a Appointing) RoleRefusal(organization string, role v1alpha1.Role) string {
	if role != v1alpha1.RoleOrganizationAdmin || slices.Contains(a, organization) || slices.Contains(a, everyOrganization) {
		return ""
	}
	return fmt.Sprintf("cannot be given by a group: name a lower role, set the role on the OrgUsers themselves, or ask the platform team "+
		"to add %s to groups.administrators of the operator's configuration", organization)
}

// RefusedRoles names the groups of an organization that are to give a role which they cannot give.
func (a Appointing) RefusedRoles(o *v1alpha1.Organization) []string {
	var groups []string
	for _, m := range o.Spec.Directory.Roles {
		if a.RoleRefusal(o.Name, m.Role) != "" {
			groups = append(groups, string(m.Group))
		}
	}
	return groups
}
