// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// judgeGroup judges what an actor does to an OrgGroup. Whoever puts people in a group grants them the access that the group opens, so it is
// for those who may do so by OrgUser.spec.groups: those who manage users, and for Members those who manage Members. All of them manage
// workspaces as well, and so could grant the same access without the group.
func judgeGroup(r Request) []Violation {
	switch PowerOf(r.Actor.Role, AreaUsers) {
	case PowerManage:
		return judgeIdentityManager(r)
	case PowerManageMembers:
		return slices.Concat(judgeGroupMembers(r), judgeGivingGroup(r), judgeIdentityManager(r))
	default:
		return judgeArea(r, AreaUsers, "groups")
	}
}

// GroupAddresses returns the addresses whose accounts decide whether an actor who manages Members only may change a group: those that are
// listed newly, or no longer. There are none for other actors.
func GroupAddresses(r Request) []string {
	before, _ := r.Old.(*v1alpha1.OrgGroup)
	after, _ := r.New.(*v1alpha1.OrgGroup)
	if r.Status || before == nil && after == nil || PowerOf(r.Actor.Role, AreaUsers) != PowerManageMembers {
		return nil
	}
	was, is := map[string]bool{}, map[string]bool{}
	for _, address := range effective.GroupMembers(before) {
		was[address] = true
	}
	for _, address := range effective.GroupMembers(after) {
		is[address] = true
	}
	var differing []string
	for _, address := range slices.Concat(effective.GroupMembers(before), effective.GroupMembers(after)) {
		if was[address] != is[address] {
			differing = append(differing, address)
		}
	}
	return differing
}

// judgeGroupMembers refuses to change the groups of people above the role Member, as judgeMember does for OrgUser.spec.groups.
func judgeGroupMembers(r Request) []Violation {
	var found []Violation
	after, _ := r.New.(*v1alpha1.OrgGroup)
	for _, address := range GroupAddresses(r) {
		role, protected := r.Facts.Protected[address]
		if !protected {
			continue
		}
		field, what := "spec.members", "remove from a group"
		if after == nil {
			field, what = "", "delete a group with"
		} else if slices.ContainsFunc(after.Spec.Members, func(m v1alpha1.MemberAddress) bool {
			return emailaddr.Same(string(m), address)
		}) {
			what = "add to a group"
		}
		found = append(found, r.deny(field, "members-only", managersOf(AreaUsers), "%s %q, a user with the role %q", what, address, role))
		if len(found) == maxListFaults {
			break
		}
	}
	return found
}

// judgeIdentityManager refuses to let others than those who manage the organization itself name a group of the identity provider: whoever
// manages it there, and takes no seat and no role here, has the access then. Removing the name takes access away.
func judgeIdentityManager(r Request) []Violation {
	after, _ := r.New.(*v1alpha1.OrgGroup)
	before, _ := r.Old.(*v1alpha1.OrgGroup)
	if after == nil || after.Spec.IdentityGroup == "" || before != nil && before.Spec.IdentityGroup == after.Spec.IdentityGroup ||
		PowerOf(r.Actor.Role, AreaOrganization) == PowerManage {
		return nil
	}
	return []Violation{r.deny("spec.identityGroup", "identity-group-managed", managersOf(AreaOrganization),
		"give access to a group of the identity provider")}
}

// checkGroup checks the addresses of a group. The API's schema leaves them out on purpose, as those of a workspace's members.
func checkGroup(g *v1alpha1.OrgGroup) []Violation {
	var found []Violation
	places := make(map[string]int, len(g.Spec.Members))
	for n, m := range g.Spec.Members {
		if len(found) == maxListFaults {
			break
		}
		field, address := fmt.Sprintf("spec.members[%d]", n), emailaddr.Normalize(string(m))
		if fault := addressFault(string(m)); fault != "" {
			found = append(found, invalid(field, "address-well-formed", string(m), fault))
		} else if place, listed := places[address]; listed {
			found = append(found, invalid(field, "member-listed-once", string(m),
				fmt.Sprintf("is already listed as spec.members[%d]: remove one of them", place)))
		} else {
			places[address] = n
		}
	}
	return found
}

// judgeIdentityGroup refuses a group of the identity provider that the platform does not allow, whoever asks. One that the group named
// before the change is left to the reconciler.
func judgeIdentityGroup(r Request) []Violation {
	g, is := r.New.(*v1alpha1.OrgGroup)
	if before, _ := r.Old.(*v1alpha1.OrgGroup); !is || before != nil && before.Spec.IdentityGroup == g.Spec.IdentityGroup {
		return nil
	}
	why := r.Facts.IdentityGroups.WhyRefused(g)
	if why == "" {
		return nil
	}
	return []Violation{invalid("spec.identityGroup", "identity-group-allowed", string(g.Spec.IdentityGroup), why)}
}

// judgeGroupTitle refuses a name for people that another group has.
func judgeGroupTitle(r Request) []Violation {
	g, is := r.New.(*v1alpha1.OrgGroup)
	holder := r.Facts.TitleHolder
	if before, _ := r.Old.(*v1alpha1.OrgGroup); !is || holder == nil ||
		before != nil && effective.GroupTitleKey(before) == effective.GroupTitleKey(g) {
		return nil
	}
	return []Violation{invalid("spec.displayName", "group-title-unique", effective.GroupTitle(g), TitleTakenMessage(holder))}
}

// TitleTakenMessage says who has the name for people that a group requests.
func TitleTakenMessage(holder *v1alpha1.OrgGroup) string {
	return fmt.Sprintf("is the name of OrgGroup %q already: names for people are unique in the organization, regardless of case",
		holder.Name)
}
