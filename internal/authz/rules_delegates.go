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

// DelegateOf returns the organization's delegate with a user name. It returns nil if there is none, or no organization.
func DelegateOf(o *v1alpha1.Organization, username string) *v1alpha1.Delegate {
	if o == nil {
		return nil
	}
	for i := range o.Spec.Delegates {
		if string(o.Spec.Delegates[i].Username) == username {
			return &o.Spec.Delegates[i]
		}
	}
	return nil
}

// judgeDelegates refuses a change that gives a person a delegate's user name. A person has precedence over a delegate with
// the same user name, so the delegate would lose its role. Only those who manage the organization itself may do that.
func judgeDelegates(r Request) []Violation {
	if r.Operation == Delete || PowerOf(r.Actor.Role, AreaOrganization) == PowerManage {
		return nil
	}
	var found []Violation
	before := usernamesIn(r.Old)
	for _, name := range usernamesIn(r.New) {
		if slices.Contains(before, name) || DelegateOf(r.Facts.Organization, name) == nil {
			continue
		}
		field := "spec.username"
		if _, invites := r.New.(*v1alpha1.Invitation); invites {
			field = "spec.emails"
		}
		found = append(found, r.deny(field, "delegate-kept", managersOf(AreaOrganization),
			"give a user the user name %q: it belongs to a delegate, who would lose its role", name))
	}
	return found
}

// usernamesIn returns the Kubernetes user names that an object gives, or would give, to people.
func usernamesIn(object metav1.Object) []string {
	switch o := object.(type) {
	case *v1alpha1.OrgUser:
		if o == nil || effective.IsLimited(o) {
			return nil // an account without access has no user name
		}
		return []string{effective.UsernameOf(o)}
	case *v1alpha1.Invitation:
		if o == nil {
			return nil
		}
		people, _ := emailaddr.ParseList(o.Spec.Emails) // malformed entries are refused as such
		names := make([]string, 0, len(people))
		for _, p := range people {
			names = append(names, p.Email)
		}
		return names
	default:
		return nil
	}
}
