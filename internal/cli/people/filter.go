// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package people finds users in a list: by words of their names and addresses, and by what they have. It has no client and no clock.
package people

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// Filter says which users to list. Of each list a user needs to match one entry; an empty one matches everybody.
type Filter struct {
	// Text has words, all of which must be in the name, the display name, the user name or an address. Case and accents do not matter.
	Text string
	// Roles are the roles in force, or requested while none is.
	Roles []v1alpha1.Role
	// States are the states of the accounts.
	States []v1alpha1.UserState
	// Workspaces, Modules and Groups are what users have. A person who has not accepted has what is requested.
	Workspaces, Modules, Groups []string
	// InactiveSince, unless zero, finds those who have not been active since, or never.
	InactiveSince time.Time
	// PendingSince, unless zero, finds those who have been pending since before.
	PendingSince time.Time
}

// Matches reports whether a user is to be listed.
func (f Filter) Matches(u *v1alpha1.OrgUser) bool {
	return containsWords(searchText(u), f.Text) &&
		anyOf(f.Roles, []v1alpha1.Role{RoleOf(u)}) &&
		anyOf(f.States, []v1alpha1.UserState{u.Status.State}) &&
		anyOf(f.Workspaces, workspacesOf(u)) &&
		anyOf(f.Modules, text(cmp.Or(u.Status.State, v1alpha1.UserPending), u.Status.Modules, effective.RequestedModules(u))) &&
		anyOf(f.Groups, text(v1alpha1.UserPending, nil, effective.KnownGroups(u))) &&
		(f.InactiveSince.IsZero() || inactiveSince(u, f.InactiveSince)) &&
		(f.PendingSince.IsZero() || pendingSince(u, f.PendingSince))
}

// Select returns the users that match.
func (f Filter) Select(users []v1alpha1.OrgUser) []v1alpha1.OrgUser {
	return slices.DeleteFunc(slices.Clone(users), func(u v1alpha1.OrgUser) bool { return !f.Matches(&u) })
}

// RoleOf returns the role in force, or the requested one while none is.
func RoleOf(u *v1alpha1.OrgUser) v1alpha1.Role {
	return cmp.Or(u.Status.Role, effective.RequestedRole(u))
}

// NameOf returns the name that is shown for a user.
func NameOf(u *v1alpha1.OrgUser) string {
	return emailaddr.FormOfAddress(cmp.Or(u.Status.DisplayName, effective.DisplayNameOf(u, u.Status.Registration)))
}

// LastActive returns the time of the last activity, and false while there has been none.
func LastActive(u *v1alpha1.OrgUser) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, u.Status.LastActive)
	return at, err == nil
}

func anyOf[T comparable](wanted, has []T) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w T) bool { return slices.Contains(has, w) })
}

func workspacesOf(u *v1alpha1.OrgUser) []string {
	var names []string
	if u.Status.State == v1alpha1.UserPending || u.Status.State == "" {
		for _, grant := range u.Spec.Workspaces {
			names = append(names, string(grant.Name))
		}
		return names
	}
	for _, grant := range u.Status.Workspaces {
		names = append(names, grant.Name)
	}
	return names
}

// text returns names in force as strings, or the requested ones of a person who is pending.
func text(state v1alpha1.UserState, inForce, requested []v1alpha1.ObjectName) []string {
	names := inForce
	if state == v1alpha1.UserPending {
		names = requested
	}
	words := make([]string, 0, len(names))
	for _, n := range names {
		words = append(words, string(n))
	}
	return words
}

func inactiveSince(u *v1alpha1.OrgUser, since time.Time) bool {
	if u.Status.State == v1alpha1.UserPending || u.Status.State == "" {
		return false
	}
	at, ever := LastActive(u)
	return !ever || at.Before(since)
}

func pendingSince(u *v1alpha1.OrgUser, since time.Time) bool {
	return u.Status.State == v1alpha1.UserPending && !u.CreationTimestamp.After(since)
}

func searchText(u *v1alpha1.OrgUser) string {
	return strings.Join([]string{
		u.Name, NameOf(u), string(u.Spec.DisplayName), string(u.Spec.Email), u.Status.Email, u.Status.Username,
	}, " ")
}

func containsWords(text, words string) bool {
	if words == "" {
		return true
	}
	text = Fold(text)
	for word := range strings.FieldsSeq(Fold(words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// Fold returns a text without what people leave out when they search: capitals and accents.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s) // most texts, and many times as fast
	}
	folded, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), s)
	if err != nil {
		folded = s
	}
	return strings.ToLower(folded)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
