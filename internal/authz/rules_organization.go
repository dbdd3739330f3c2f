// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// organizationAreas maps fields of an Organization to areas, by the beginning of the field's path.
var organizationAreas = []struct {
	prefix string
	area   Area
}{
	{"spec.profile", AreaProfile},
	{"spec.branding", AreaProfile},
	{"spec.primaryAdministrator", AreaProfile},
	{"spec.settings", AreaProfile},
	{"spec.contacts", AreaProfile},
	{"spec.billing", AreaBilling},
	{"spec.subscription", AreaSubscription},
}

// areaOfField returns the area of a field. Fields without an area of their own, such as delegates and deletion protection,
// are about the organization itself.
func areaOfField(path string) Area {
	for _, entry := range organizationAreas {
		if path == entry.prefix || strings.HasPrefix(path, entry.prefix+".") {
			return entry.area
		}
	}
	return AreaOrganization
}

// judgeOrganization judges an update by what it changes, field by field (ORG-3, ORG-6, ORG-7, ORG-8, NOV-6, GTA-2).
func judgeOrganization(r Request) []Violation {
	if r.Operation != Update {
		return judgeArea(r, AreaOrganization, "the organization")
	}
	fields := r.changed()
	if len(fields) == 0 {
		return judgeAnyArea(r)
	}
	var found []Violation
	for _, field := range fields {
		if area := areaOfField(field); PowerOf(r.Actor.Role, area) != PowerManage {
			found = append(found, r.deny(field, "field-managed", managersOf(area), "change %s", field))
		}
	}
	return append(found, slices.Concat(judgePrimaryAdministrator(r, fields), judgeModuleRoles(r))...)
}

// judgePrimaryAdministrator refuses to let those who manage the profile, but no users, decide who becomes the first administrator: an
// organization without users invites its primary administrator as one (WXP-3). Otherwise the field is only contact data.
func judgePrimaryAdministrator(r Request, changed []string) []Violation {
	const field = "spec.primaryAdministrator.email"
	before, is := r.Old.(*v1alpha1.Organization)
	if !is || len(before.Status.Administrators) > 0 || !slices.Contains(changed, field) ||
		PowerOf(r.Actor.Role, AreaProfile) != PowerManage || mayGrant(r.Actor.Role, v1alpha1.RoleOrganizationAdmin) {
		return nil
	}
	if r.Facts.Organization != nil && !hasAdministrator(r.Facts.Organization) {
		return []Violation{r.refuse(field, Forbidden, "first-administrator", "whoever is named in %s may become the first administrator: "+
			"ask the platform team to change it", field)}
	}
	return []Violation{r.deny(field, "first-administrator", grantersOf(v1alpha1.RoleOrganizationAdmin),
		"change %s while there is no administrator, because that person may become the first one", field)}
}

// judgeModuleRoles refuses to let those who only buy seats decide what a module grants: its ClusterRole is bound in every
// workspace, so setting it takes somebody who manages workspaces as well as the subscription. Removing a module altogether is
// part of managing the subscription.
func judgeModuleRoles(r Request) []Violation {
	before, after := moduleRoles(r.Old), moduleRoles(r.New)
	changed := slices.ContainsFunc(slices.Collect(maps.Keys(after)), func(name v1alpha1.ObjectName) bool {
		return after[name] != before[name]
	})
	if !changed || PowerOf(r.Actor.Role, AreaSubscription) != PowerManage ||
		PowerOf(r.Actor.Role, AreaWorkspaces) == PowerManage {
		return nil
	}
	return []Violation{r.deny("spec.subscription.modules", "module-role-managed", managersOf(AreaOrganization),
		"change the clusterRoleName of a module")}
}

// moduleRoles returns the ClusterRole of each module of an Organization.
func moduleRoles(object metav1.Object) map[v1alpha1.ObjectName]string {
	roles := map[v1alpha1.ObjectName]string{}
	if o, ok := object.(*v1alpha1.Organization); ok {
		for _, m := range o.Spec.Subscription.Modules {
			roles[m.Name] = m.ClusterRoleName
		}
	}
	return roles
}

// judgeAnyArea judges an update that leaves the spec as it is: anyone who manages a part of the organization may change
// labels and annotations that are not Usher's.
func judgeAnyArea(r Request) []Violation {
	for _, area := range []Area{AreaProfile, AreaBilling, AreaSubscription} {
		if PowerOf(r.Actor.Role, area) == PowerManage {
			return nil
		}
	}
	return judgeArea(r, AreaProfile, "the organization")
}
