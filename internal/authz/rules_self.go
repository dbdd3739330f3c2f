// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// judgeSelf refuses what nobody may do to their own account, whatever the role: remove it, suspend it or change its role (ORG-24).
func judgeSelf(r Request) []Violation {
	if r.Actor.Kind != ActorPerson || r.object().GetName() != r.Actor.User {
		return nil
	}
	before, isUser := r.Old.(*v1alpha1.OrgUser)
	if !isUser || r.Operation == Create {
		return nil
	}
	if r.Operation == Delete {
		return []Violation{r.denySelf("", "remove himself from the organization")}
	}
	after, isUser := r.New.(*v1alpha1.OrgUser)
	if !isUser {
		return nil
	}
	var found []Violation
	if before.Spec.Role != after.Spec.Role {
		found = append(found, r.denySelf("spec.role", "change his own role"))
	}
	if !before.Spec.Suspend && after.Spec.Suspend {
		found = append(found, r.denySelf("spec.suspend", "suspend himself"))
	}
	return found
}

func (r Request) denySelf(field, what string) Violation {
	return Violation{
		Field: field, Reason: Forbidden, Rule: "not-oneself",
		Message: fmt.Sprintf("%s: nobody may %s; %s other than %q can", r.Actor.describe(r.Organization), what,
			managersOf(AreaUsers), r.Actor.Username),
	}
}
