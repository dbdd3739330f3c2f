// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// judgeDelegates: a person goes before a delegate of the same user name, so a user of that name takes the delegate's role
// away. That is for who manages the organization itself.
func judgeDelegates(r Request) []Violation {
	if r.Operation == Delete || PowerOf(r.Actor.Role, AreaOrganization) == PowerManage {
		return nil
	}
	var found []Violation
	before := namesGiven(r.Old)
	for _, name := range namesGiven(r.New) {
		if slices.Contains(before, name) || !isDelegate(r.Facts.Organization, name) {
			continue
		}
		field := "spec.username"
		if _, invites := r.New.(*v1alpha1.Invitation); invites {
			field = "spec.emails"
		}
		found = append(found, r.deny(field, "delegate-kept", managersOf(AreaOrganization),
			"make a user of %q, who is a delegate of the organization and would lose that role", name))
	}
	return found
}

// namesGiven gives the Kubernetes user names that people have, or would have, by an object.
func namesGiven(object metav1.Object) []string {
	switch o := object.(type) {
	case *v1alpha1.OrgUser:
		if o == nil || effective.IsLimited(o) {
			return nil // who has no access has no user name
		}
		return []string{effective.UsernameOf(o)}
	case *v1alpha1.Invitation:
		if o == nil {
			return nil
		}
		people, _ := emailaddr.ParseList(o.Spec.Emails) // a list with faults is refused for them
		names := make([]string, 0, len(people))
		for _, p := range people {
			names = append(names, p.Email)
		}
		return names
	default:
		return nil
	}
}

func isDelegate(o *v1alpha1.Organization, username string) bool {
	return o != nil && slices.ContainsFunc(o.Spec.Delegates, func(d v1alpha1.Delegate) bool {
		return string(d.Username) == username
	})
}
