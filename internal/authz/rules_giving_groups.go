// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

const ruleGroupGives = "group-gives"

// judgeGivingGroup refuses to let an actor who manages Members only decide who is in a group that gives a role or modules which the actor
// could not give (DIR-4). The directory may: an OrganizationAdmin has said what its groups give.
func judgeGivingGroup(r Request) []Violation {
	why := r.givesMore(v1alpha1.ObjectName(r.object().GetName()))
	if why == "" || len(GroupAddresses(r)) == 0 {
		return nil
	}
	return []Violation{r.denyGiving("spec.members", r.object().GetName(), why)}
}

// judgeGivingGroups refuses it for the groups that an account names which the directory keeps. To others, groups give access alone.
func judgeGivingGroups(r Request, before, after *v1alpha1.OrgUser) []Violation {
	if !effective.FromDirectory(before) {
		return nil
	}
	var found []Violation
	for _, group := range slices.Concat(without(after.Spec.Groups, before.Spec.Groups), without(before.Spec.Groups, after.Spec.Groups)) {
		if why := r.givesMore(group); why != "" {
			found = append(found, r.denyGiving("spec.groups", string(group), why))
		}
	}
	return found
}

func (r Request) denyGiving(field, group, why string) Violation {
	return r.deny(field, ruleGroupGives, managersOf(AreaOrganization), "decide who is in the group %q, which gives %s "+
		"(spec.directory of the Organization)", group, why)
}

// givesMore names what a group gives and the actor could not give; empty: nothing.
func (r Request) givesMore(group v1alpha1.ObjectName) string {
	role, modules := effective.GroupGives(r.Facts.Organization, group)
	switch {
	case role != "" && !mayGrant(r.Actor.Role, role):
		return fmt.Sprintf("the role %q", role)
	case len(modules) > 0 && !managesModules(r.Actor.Role):
		return "the " + modulesNamed(modules)
	}
	return ""
}

// judgeDirectoryRoles refuses a role that groups cannot give, whoever asks. One that they were to give before is left to the reconciler.
func judgeDirectoryRoles(r Request) []Violation {
	after, is := r.New.(*v1alpha1.Organization)
	if !is {
		return nil
	}
	before, _ := r.Old.(*v1alpha1.Organization)
	var found []Violation
	for n, m := range after.Spec.Directory.Roles {
		why := r.Facts.Appointing.RoleRefusal(after.Name, m.Role)
		if why == "" || before != nil && slices.Contains(before.Spec.Directory.Roles, m) {
			continue
		}
		found = append(found, invalid(fmt.Sprintf("spec.directory.roles[%d].role", n), "role-by-group-allowed", string(m.Role), why))
	}
	return found
}
