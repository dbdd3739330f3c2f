// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/scim"
)

// New returns the account of a person whom a directory sent. It has the least role; groups give it more.
func New(organization string, r scim.Resource, onboarding v1alpha1.Onboarding, now time.Time) (*v1alpha1.OrgUser, error) {
	p, err := personOf(r)
	if err != nil {
		return nil, err
	}
	u := &v1alpha1.OrgUser{}
	u.Namespace, u.Name = organization, emailaddr.ObjectName(p.email)
	u.Finalizers = []string{v1alpha1.Finalizer}
	u.Spec = v1alpha1.OrgUserSpec{Role: v1alpha1.RoleMember, Access: v1alpha1.AccessFull, Onboarding: onboarding}
	p.apply(&u.Spec, person{}, false)
	return u, writeRecord(u, r, now)
}

// Sent returns what the directory has sent about an account. Changes apply to that: what the directory leaves out, or sends again, is not
// something that it has decided anew.
func Sent(u *v1alpha1.OrgUser) (scim.Resource, error) {
	kept, err := readRecord(u)
	return kept.Resource, err
}

func schemasOf(r scim.Resource) []any {
	if _, has := r[scim.EnterpriseUserSchema]; has {
		return []any{scim.UserSchema, scim.EnterpriseUserSchema}
	}
	return []any{scim.UserSchema}
}

// Resource returns an account as the directory sees it: what it sent, with what Usher adds. Whether it is active is said by the account,
// which others can suspend too. Location is the URL of all users.
func Resource(u *v1alpha1.OrgUser, location string) (scim.Resource, error) {
	kept, err := readRecord(u)
	if err != nil {
		return nil, err
	}
	r := kept.Resource
	r["active"] = !u.Spec.Suspend
	meta := map[string]any{
		"resourceType": "User", "location": location + "/" + u.Name,
		"created":      u.CreationTimestamp.UTC().Format(time.RFC3339),
		"lastModified": kept.Modified.UTC().Format(time.RFC3339),
	}
	r["meta"] = meta
	meta["version"] = scim.ETag(r)
	return r, nil
}

// Change brings an account to what the directory has sent, and reports whether that is anything new. What it sends as before stays as the
// organization has set it: Okta sends everything whenever anything changes, and is not to let in whom an administrator has suspended.
func Change(u *v1alpha1.OrgUser, after scim.Resource, now time.Time) (bool, error) {
	before, err := Sent(u)
	if err != nil {
		return false, err
	}
	after = withoutTombstone(before, after)
	if same(before, after) {
		return false, nil
	}
	is, err := personOf(after)
	if err != nil {
		return false, err
	}
	was, err := personOf(before)
	is.apply(&u.Spec, was, err == nil)
	return true, writeRecord(u, after, now)
}

// same reports whether a directory sees two resources as the same.
func same(a, b scim.Resource) bool {
	a, b = a.Clone(), b.Clone()
	for _, r := range []scim.Resource{a, b} {
		delete(r, "meta")
		delete(r, "schemas")
	}
	return reflect.DeepEqual(a, b)
}

// tombstone is what Entra ID puts before the name of a user who is deleted, for the time until the user goes: the objectId without hyphens.
var tombstone = regexp.MustCompile(`^[0-9A-Fa-f]{32}$`)

// withoutTombstone returns what a directory has sent, with the name and addresses from before if it has only buried them: such a name is
// nobody's, and would be invited.
func withoutTombstone(before, after scim.Resource) scim.Resource {
	was, is := text(before, "userName"), text(after, "userName")
	if was == "" || len(is) <= len(was) {
		return after
	}
	prefix, rest := strings.ReplaceAll(is[:len(is)-len(was)], "-", ""), is[len(is)-len(was):]
	if !strings.EqualFold(rest, was) || !tombstone.MatchString(prefix) {
		return after
	}
	after = after.Clone()
	for _, name := range []string{"userName", "emails"} {
		if v, had := before[name]; had {
			after[name] = v
		} else {
			delete(after, name)
		}
	}
	return after
}
