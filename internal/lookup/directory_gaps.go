// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// DirectoryGaps returns a sentence for each group and module that spec.directory of an organization names and that do not exist. Until they
// do, the entry gives nobody anything, which is no fault: objects may be created in any order.
func (r Reader) DirectoryGaps(ctx context.Context, o *v1alpha1.Organization) ([]string, error) {
	var gaps []string
	known := map[v1alpha1.ObjectName]bool{}
	group := func(field string, name v1alpha1.ObjectName) error {
		exists, seen := known[name]
		if !seen {
			var err error
			if exists, err = r.memberExists(ctx, o.Namespace, v1alpha1.WorkspaceMember{Group: name}); err != nil {
				return err
			}
			known[name] = exists
		}
		if !exists {
			gaps = append(gaps, fmt.Sprintf("%s: there is no OrgGroup %q, and nobody is in a group of that name yet", field, name))
		}
		return nil
	}
	for _, m := range o.Spec.Directory.Roles {
		if err := group("spec.directory.roles", m.Group); err != nil {
			return nil, err
		}
	}
	for _, m := range o.Spec.Directory.Modules {
		if err := group("spec.directory.modules", m.Group); err != nil {
			return nil, err
		}
		for _, name := range m.Modules {
			if !effective.HasModule(o, name) {
				gaps = append(gaps, fmt.Sprintf("spec.directory.modules: the organization's subscription has no module %q", name))
			}
		}
	}
	return gaps, nil
}
