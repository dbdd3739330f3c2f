// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// accessRules are the rules about RoleBindings of users.
//
// A request can be delayed in the network: a replica that has lost its lease, or was killed, may have sent one that arrives after its
// successor has revoked the access. No client of the API can prevent that. Such access is late: the status has named it before, and it
// must be found and revoked, so that it is gone in the end.
type accessRules struct {
	// once are the accesses that a user's status has ever named.
	once map[types.NamespacedName]map[slot]bool
	// delayed are the bindings that exist and came late, and count is how many there were.
	delayed map[types.NamespacedName]bool
	count   int
}

// slot is where a user has one access, and the role there.
type slot struct{ workspace, module, role string }

func slotOf(b *rbacv1.RoleBinding) slot {
	s := slot{workspace: b.Labels[v1alpha1.LabelWorkspace], module: b.Labels[v1alpha1.LabelModule], role: b.RoleRef.Name}
	if s.module != "" || b.RoleRef.Kind == "Role" {
		s.role = b.RoleRef.Kind // what it is follows from the organization
	}
	return s
}

// named returns the accesses that a user's status names.
func named(u *v1alpha1.OrgUser) map[slot]bool {
	all := map[slot]bool{}
	if u.Status.State == v1alpha1.UserActive {
		all[slot{role: effective.ClusterRoleForRole(u.Status.Role)}] = true
		all[slot{role: "Role"}] = true
	}
	for _, w := range u.Status.Workspaces {
		all[slot{workspace: w.Name, role: effective.ClusterRoleForAccess(w.Access)}] = true
		for _, m := range u.Status.Modules {
			all[slot{workspace: w.Name, module: string(m), role: "ClusterRole"}] = true
		}
	}
	return all
}

// given judges that a binding came or changed.
func (a *accessRules) given(w *world, c change) string {
	if u, is := c.after.(*v1alpha1.OrgUser); is {
		a.remember(u)
	}
	if gone, was := c.before.(*rbacv1.RoleBinding); was && c.after == nil {
		delete(a.delayed, client.ObjectKeyFromObject(gone))
	}
	b, is := c.after.(*rbacv1.RoleBinding)
	if !is || !byUsherNow(b) {
		return ""
	}
	if former, was := c.before.(*rbacv1.RoleBinding); was && former.UID == b.UID && slices.Equal(former.Subjects, b.Subjects) {
		return ""
	}
	user := userOf(b)
	if user.Name == "" || w.standing(user.Namespace) == nil {
		return ""
	}
	u := w.users[user]
	if u != nil && named(u)[slotOf(b)] && !forSomebodyElse(u, b) {
		return ""
	}
	if a.once[user][slotOf(b)] {
		a.delayed[client.ObjectKeyFromObject(b)] = true
		a.count++
		return ""
	}
	return fmt.Sprintf("RoleBinding %s/%s was given to %s, whose status has never named it", b.Namespace, b.Name, user)
}

func (a *accessRules) remember(u *v1alpha1.OrgUser) {
	key := client.ObjectKeyFromObject(u)
	if a.once[key] == nil {
		a.once[key] = map[slot]bool{}
	}
	for s := range named(u) {
		a.once[key][s] = true
	}
}

// forSomebodyElse reports whether a binding is for another user name than the one in force.
func forSomebodyElse(u *v1alpha1.OrgUser, b *rbacv1.RoleBinding) bool {
	return len(b.Subjects) != 1 || b.Subjects[0].Kind == rbacv1.UserKind && b.Subjects[0].Name != u.Status.Username
}

// left judges that a status stopped naming access, or that a user is gone.
func (a *accessRules) left(w *world, c change) string {
	before, was := c.before.(*v1alpha1.OrgUser)
	if !was || w.standing(before.Namespace) == nil {
		return ""
	}
	had, has := named(before), map[slot]bool{}
	if after, is := c.after.(*v1alpha1.OrgUser); is {
		for s := range named(after) {
			has[slot{workspace: s.workspace, module: s.module}] = true
		}
	}
	var found []string
	for key, b := range w.bindingsOf[client.ObjectKeyFromObject(before)] {
		s := slotOf(b)
		if !a.delayed[key] && (had[s] || c.after == nil) && !has[slot{workspace: s.workspace, module: s.module}] {
			found = append(found, fmt.Sprintf("%s/%s since %s", b.Namespace, b.Name, b.ResourceVersion))
		}
	}
	if len(found) == 0 {
		return ""
	}
	slices.Sort(found)
	return fmt.Sprintf("%s/%s still has RoleBinding %s", before.Namespace, before.Name, strings.Join(found, ", "))
}

// foreignNamespace judges where a binding came.
func foreignNamespace(w *world, c change) string {
	b, is := c.after.(*rbacv1.RoleBinding)
	if !is || c.before != nil || !byUsherNow(b) {
		return ""
	}
	organization := b.Labels[v1alpha1.LabelOrganization]
	if n := w.namespaces[b.Namespace]; b.Namespace == organization || n == nil || n.Labels[v1alpha1.LabelOrganization] == organization {
		return ""
	}
	return fmt.Sprintf("RoleBinding %s/%s belongs to organization %s, and its namespace does not", b.Namespace, b.Name, organization)
}

// byUsherNow reports whether the operator was the last who wrote a binding.
func byUsherNow(b *rbacv1.RoleBinding) bool {
	fields := b.GetManagedFields()
	if b.Labels[v1alpha1.ManagedByLabel] != v1alpha1.ManagedByValue || len(fields) == 0 {
		return false
	}
	last := slices.MaxFunc(fields, func(x, y metav1.ManagedFieldsEntry) int { return x.Time.Compare(y.Time.Time) })
	return byUsher(last)
}

// accessDiffers compares the access that there is in the end with what the statuses name.
func accessDiffers(w *world, _ Facts) string {
	var found []string
	exist := map[types.NamespacedName]map[slot]bool{}
	for key, b := range w.bindings {
		user := userOf(b)
		switch u := w.users[user]; {
		case !w.known[user.Namespace] || b.Labels[v1alpha1.ManagedByLabel] != v1alpha1.ManagedByValue:
		case w.organizations[user.Namespace] == nil:
			found = append(found, fmt.Sprintf("RoleBinding %s is left of organization %s, which is gone", key, user.Namespace))
		case user.Name == "":
		case u == nil:
			found = append(found, fmt.Sprintf("RoleBinding %s is left of %s, who is gone", key, user))
		case !named(u)[slotOf(b)] || forSomebodyElse(u, b):
			found = append(found, fmt.Sprintf("RoleBinding %s is left of %s, whose status does not name it", key, user))
		default:
			if exist[user] == nil {
				exist[user] = map[slot]bool{}
			}
			exist[user][slotOf(b)] = true
		}
	}
	for key, u := range w.users {
		o := w.standing(key.Namespace)
		if o == nil {
			continue
		}
		for s := range named(u) {
			if isBound(o, s) && !exist[key][s] {
				found = append(found, fmt.Sprintf("%s lacks access %v, which the status names", key, s))
			}
		}
	}
	slices.Sort(found)
	return strings.Join(found, "\n")
}

// isBound reports whether an access that a status names is given by a RoleBinding.
func isBound(o *v1alpha1.Organization, s slot) bool {
	if s.module != "" {
		for _, m := range o.Spec.Subscription.Modules {
			if string(m.Name) == s.module {
				return m.ClusterRoleName != ""
			}
		}
		return false
	}
	return s.role != "" && s.role != "Role"
}

func newAccessRules() *accessRules {
	return &accessRules{once: map[types.NamespacedName]map[slot]bool{}, delayed: map[types.NamespacedName]bool{}}
}
