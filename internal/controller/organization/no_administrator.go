// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
)

const noneInForce = "no administrator is in force yet: "

// noAdministrator says how an organization that has no administrator in force gets one, and who has to act. Nobody in it may give the
// role, except for a delegate with that role.
func noAdministrator(o *v1alpha1.Organization, users []*v1alpha1.OrgUser) string {
	requested := first(users, func(u *v1alpha1.OrgUser) bool {
		return effective.RequestedRole(u) == v1alpha1.RoleOrganizationAdmin && isFull(u) && u.DeletionTimestamp.IsZero()
	})
	switch primary := o.Spec.PrimaryAdministrator; {
	case requested != nil:
		return noneInForce + awaited(o, requested)
	case primary != nil && !slices.ContainsFunc(users, isFull):
		return noneInForce + fmt.Sprintf("the primary administrator, %s, is about to be invited", primary.Email)
	case !slices.ContainsFunc(users, isFull):
		return noneInForce + fmt.Sprintf("%s set spec.primaryAdministrator to have that person invited, or create an OrgUser with the "+
			"role OrganizationAdmin", whoHasTo(o))
	}
	candidate := first(users, func(u *v1alpha1.OrgUser) bool { return u.Status.State == v1alpha1.UserActive && isFull(u) })
	if candidate == nil {
		return noneInForce + fmt.Sprintf("%s create an OrgUser with the role OrganizationAdmin; spec.primaryAdministrator has no effect "+
			"once there are users", whoHasTo(o))
	}
	return noneInForce + fmt.Sprintf("%s give the role to somebody who is active, for example with `%s`; spec.primaryAdministrator has no "+
		"effect once there are users", whoHasTo(o), patchOf(candidate, `{"spec":{"role":"OrganizationAdmin"}}`))
}

// awaited says what keeps a user who requests the role from having it.
func awaited(o *v1alpha1.Organization, u *v1alpha1.OrgUser) string {
	ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case u.Spec.Suspend:
		return fmt.Sprintf("OrgUser %q requests the role but is suspended: %s end that, for example with `%s`", u.Name, whoHasTo(o),
			patchOf(u, `{"spec":{"suspend":false}}`))
	case meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionStalled) && ready != nil:
		return fmt.Sprintf("OrgUser %q requests the role but is %s: %s see to that. It says: %s", u.Name, ready.Reason, whoHasTo(o),
			ready.Message)
	case ready != nil && ready.Reason == v1alpha1.ReasonAwaitingAcceptance:
		return fmt.Sprintf("OrgUser %q gets the role when %s accepts the invitation", u.Name, effective.EmailOf(u))
	default:
		return fmt.Sprintf("OrgUser %q is about to get the role, or to be invited to it", u.Name)
	}
}

// whoHasTo names those who may do everything while there is no administrator.
func whoHasTo(o *v1alpha1.Organization) string {
	for _, d := range o.Spec.Delegates {
		if d.Role == v1alpha1.RoleOrganizationAdmin {
			return fmt.Sprintf("the platform team or the delegate %q has to", d.Username)
		}
	}
	return "the platform team has to"
}

func patchOf(u *v1alpha1.OrgUser, patch string) string {
	return fmt.Sprintf("kubectl patch orguser %s -n %s --type=merge -p '%s'", u.Name, u.Namespace, patch)
}

// first returns the user with the most powerful role, among those for whom is returns true, and by name; nil: there is none.
func first(users []*v1alpha1.OrgUser, is func(*v1alpha1.OrgUser) bool) *v1alpha1.OrgUser {
	rank := func(u *v1alpha1.OrgUser) int { return slices.Index(authz.Roles(), effective.RequestedRole(u)) }
	var found *v1alpha1.OrgUser
	for _, u := range users {
		if is(u) && (found == nil || cmp.Or(cmp.Compare(rank(u), rank(found)), cmp.Compare(u.Name, found.Name)) < 0) {
			found = u
		}
	}
	return found
}
