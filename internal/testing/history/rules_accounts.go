// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/object"
)

func addressShared(w *world, c change) string {
	return shared(w, c, func(u *v1alpha1.OrgUser) string { return emailaddr.Normalize(string(effective.EmailOf(u))) })
}

func usernameShared(w *world, c change) string {
	return shared(w, c, func(u *v1alpha1.OrgUser) string { return u.Status.Username })
}

// shared judges a change of a user: what identifies an active one identifies no other.
func shared(w *world, c change, identity func(*v1alpha1.OrgUser) string) string {
	u, is := c.after.(*v1alpha1.OrgUser)
	if !is || u.Status.State != v1alpha1.UserActive || w.standing(u.Namespace) == nil {
		return ""
	}
	for name, other := range w.usersOf[u.Namespace] {
		if name != u.Name && other.Status.State == v1alpha1.UserActive && identity(u) != "" && identity(other) == identity(u) {
			names := []string{name, u.Name}
			slices.Sort(names)
			return fmt.Sprintf("the active users %v of %s are both %s", names, u.Namespace, identity(u))
		}
	}
	return ""
}

// userTurnsBack judges a change of a user's state.
func userTurnsBack(_ *world, c change) string {
	before, _ := c.before.(*v1alpha1.OrgUser)
	after, _ := c.after.(*v1alpha1.OrgUser)
	if before == nil || after == nil || before.UID != after.UID || before.Status.State == after.Status.State {
		return ""
	}
	back := after.Status.State == v1alpha1.UserPending && before.Status.State != "" || before.Status.State == v1alpha1.UserRemoving ||
		after.Status.State == ""
	if !back {
		return ""
	}
	return fmt.Sprintf("%s of %s was %s and is %s", after.Name, after.Namespace, before.Status.State, after.Status.State)
}

// specWritten judges who owns the fields of what somebody else has declared.
func specWritten(_ *world, c change) string {
	switch c.after.(type) {
	case *v1alpha1.Organization, *v1alpha1.OrgUser, *v1alpha1.Invitation, *v1alpha1.Workspace:
	default:
		return ""
	}
	if c.after.GetLabels()[v1alpha1.ManagedByLabel] == v1alpha1.ManagedByValue {
		return ""
	}
	for _, entry := range c.after.GetManagedFields() {
		if byUsher(entry) && entry.FieldsV1 != nil && strings.Contains(entry.FieldsV1.GetRawString(), `"f:spec"`) {
			return fmt.Sprintf("%s has fields of the spec that Usher owns", strings.TrimPrefix(c.key, "/registry/"))
		}
	}
	return ""
}

// byUsher reports whether an entry of the managed fields is the operator's.
func byUsher(entry metav1.ManagedFieldsEntry) bool { return entry.Manager == string(object.FieldOwner) }
