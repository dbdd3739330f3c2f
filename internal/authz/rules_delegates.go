// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"slices"
	"strings"

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
	before := usernamesIn(r.Facts.Usernames, r.Old)
	after := usernamesIn(r.Facts.Usernames, r.New)
	for n, name := range after {
		if slices.Contains(before, name) || slices.Contains(after[:n], name) || DelegateOf(r.Facts.Organization, name) == nil {
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

// serviceAccountPrefix starts the Kubernetes user name of a ServiceAccount: the prefix, its namespace, a colon and its name.
const serviceAccountPrefix = "system:serviceaccount:"

// ServiceAccountNamespace returns the namespace of the ServiceAccount with a user name, or "" for other users.
func ServiceAccountNamespace(username string) string {
	rest, is := strings.CutPrefix(username, serviceAccountPrefix)
	namespace, _, _ := strings.Cut(rest, ":")
	if !is {
		return ""
	}
	return namespace
}

// judgeDelegateNamespace refuses a Workspace whose namespace is that of a delegate's ServiceAccount. Whoever manages workspaces can give
// themselves the access Edit in it, create the ServiceAccount there, and act with the delegate's role.
func judgeDelegateNamespace(r Request) []Violation {
	w, is := r.New.(*v1alpha1.Workspace)
	if !is || r.Operation != Create || r.Facts.Organization == nil || PowerOf(r.Actor.Role, AreaOrganization) == PowerManage {
		return nil
	}
	name := effective.NamespaceOf(w)
	for _, d := range r.Facts.Organization.Spec.Delegates {
		if ServiceAccountNamespace(string(d.Username)) == name {
			return []Violation{r.deny("spec.namespace", "delegate-kept", managersOf(AreaOrganization),
				"create a workspace with the namespace %q: the ServiceAccount of delegate %q is of that namespace, and everybody with the "+
					"access Edit there could act with its role", name, d.Username)}
		}
	}
	return nil
}

// usernamesIn returns the Kubernetes user names that an object gives, or would give, to people.
func usernamesIn(names effective.Usernames, object metav1.Object) []string {
	switch o := object.(type) {
	case *v1alpha1.OrgUser:
		if o == nil || effective.IsLimited(o) {
			return nil // an account without access has no user name
		}
		if o.Spec.Username != "" {
			return []string{names.Of(o)}
		}
		return []string{names.Of(o), names.ForAddress(string(o.Spec.Email))}
	case *v1alpha1.Invitation:
		if o == nil {
			return nil
		}
		people, _ := emailaddr.ParseList(o.Spec.Emails) // malformed entries are refused as such
		invited := make([]string, 0, len(people))
		for _, p := range people {
			invited = append(invited, names.ForAddress(p.Email))
		}
		return invited
	default:
		return nil
	}
}
