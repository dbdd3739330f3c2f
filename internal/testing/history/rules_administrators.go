// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// listEmptied judges a change of an organization's list.
func listEmptied(w *world, c change) string {
	before, _ := c.before.(*v1alpha1.Organization)
	after, _ := c.after.(*v1alpha1.Organization)
	if before == nil || after == nil || w.standing(after.Namespace) == nil {
		return ""
	}
	if len(before.Status.Administrators) > 0 && len(after.Status.Administrators) == 0 {
		return fmt.Sprintf("the list of %s named %v and is empty now", after.Namespace, before.Status.Administrators)
	}
	return ""
}

// listedGone judges a change of an organization's list, or of its users.
func listedGone(w *world, c change) string {
	var names []string
	switch o := c.one().(type) {
	case *v1alpha1.Organization:
		if c.after != nil {
			names = o.Status.Administrators
		}
	case *v1alpha1.OrgUser:
		if o := w.standing(o.Namespace); c.after == nil && o != nil {
			names = o.Status.Administrators
		}
	}
	if len(names) == 0 || w.standing(c.one().GetNamespace()) == nil {
		return ""
	}
	for _, name := range names {
		if w.usersOf[c.one().GetNamespace()][name] == nil {
			return fmt.Sprintf("the list of %s names %s, who does not exist", c.one().GetNamespace(), name)
		}
	}
	return ""
}

// newAdministratorRule returns the rule that an organization always has somebody who acts as administrator once it had.
func newAdministratorRule() func(*world, change) string {
	had := map[string]bool{} // by the organization's UID
	return func(w *world, c change) string {
		if _, is := c.one().(*v1alpha1.OrgUser); !is {
			return ""
		}
		o := w.standing(c.one().GetNamespace())
		if o == nil {
			return ""
		}
		users := w.usersOf[o.Namespace]
		for _, u := range users {
			if u.Status.State == v1alpha1.UserActive && u.Status.Role == v1alpha1.RoleOrganizationAdmin {
				had[string(o.UID)] = true
				return ""
			}
		}
		if had[string(o.UID)] {
			return fmt.Sprintf("nobody in %s has the role in force any more", o.Namespace)
		}
		return ""
	}
}

// primariesDoubled judges the creation of a user.
func primariesDoubled(w *world, c change) string {
	u, is := c.after.(*v1alpha1.OrgUser)
	if !is || c.before != nil || u.Labels[v1alpha1.LabelBootstrap] == "" {
		return ""
	}
	var names []string
	for name, other := range w.usersOf[u.Namespace] {
		if other.Labels[v1alpha1.LabelBootstrap] != "" && other.DeletionTimestamp.IsZero() {
			names = append(names, name)
		}
	}
	if len(names) < 2 {
		return ""
	}
	slices.Sort(names)
	return fmt.Sprintf("%s has the primary administrators %v", u.Namespace, names)
}
