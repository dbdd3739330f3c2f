// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// judgeGrantable refuses modules that name a ClusterRole that Usher may not bind. ClusterRoles that the organization names
// already, or that do not exist yet, are not refused.
func judgeGrantable(r Request) []Violation {
	o, is := r.New.(*v1alpha1.Organization)
	if !is || r.Operation == Delete || r.Status {
		return nil
	}
	var found []Violation
	before := moduleRoles(r.Old)
	for n, m := range o.Spec.Subscription.Modules {
		role := m.ClusterRoleName
		if role != "" && r.Facts.ClusterRoles[role] == effective.NotGrantable && before[m.Name] != role {
			found = append(found, invalid(fmt.Sprintf("spec.subscription.modules[%d].clusterRoleName", n),
				"cluster-role-grantable", role, effective.NotGrantableMessage(role)))
		}
	}
	return found
}
