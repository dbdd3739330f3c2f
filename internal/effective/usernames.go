// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// UsernameForm is the form in which Kubernetes user names contain an internationalized domain.
type UsernameForm string

const (
	// UsernameASCII is the domain as in DNS: ana@xn--espaa-rta.example. It is the default.
	UsernameASCII UsernameForm = "ascii"
	// UsernameUnicode is the domain as people read it: ana@españa.example.
	UsernameUnicode UsernameForm = "unicode"
)

// Usernames maps addresses to the names by which the platform's API servers know people.
type Usernames struct {
	// Prefix precedes the address, such as oidc:.
	Prefix string
	// Form is UsernameASCII if it is empty.
	Form UsernameForm
}

// maxUsernamePrefix is the maximum length of a prefix, in characters. The API has room for the longest address behind it.
const maxUsernamePrefix = 64

var notInPrefixes = regexp.MustCompile(`[\s\pZ\pC]`)

// Validate returns what is wrong with the settings. The names that Kubernetes reserves for itself must not be people's.
func (n Usernames) Validate() error {
	var wrong []error
	switch {
	case strings.HasPrefix(n.Prefix, "system:"):
		wrong = append(wrong, fmt.Errorf("--username-prefix %q starts with system:, which Kubernetes reserves for itself: set it to the "+
			"API server's --oidc-username-prefix, for example oidc: or nothing", n.Prefix))
	case strings.HasPrefix(n.Prefix, "$("):
		wrong = append(wrong, fmt.Errorf("--username-prefix is %q: define that environment variable, empty for no prefix", n.Prefix))
	case notInPrefixes.MatchString(n.Prefix):
		wrong = append(wrong, fmt.Errorf("--username-prefix %q contains whitespace or control characters: remove them", n.Prefix))
	case utf8.RuneCountInString(n.Prefix) > maxUsernamePrefix:
		wrong = append(wrong, fmt.Errorf("--username-prefix is longer than %d characters: use a shorter one", maxUsernamePrefix))
	}
	if n.Form != "" && n.Form != UsernameASCII && n.Form != UsernameUnicode {
		wrong = append(wrong, fmt.Errorf("--username-form %q is unknown: set it to %s or %s", n.Form, UsernameASCII, UsernameUnicode))
	}
	return errors.Join(wrong...)
}

// ForAddress returns the name of a person with an address: its normal form, behind the prefix. All spellings of one account's
// address have the same name.
func (n Usernames) ForAddress(email string) string {
	if n.Form == UsernameUnicode {
		return n.Prefix + emailaddr.Unicode(email)
	}
	return n.Prefix + emailaddr.Normalize(email)
}

// AddressIn returns the address that a name contains, with or without the prefix; false: it contains none.
func (n Usernames) AddressIn(username string) (string, bool) {
	for _, name := range []string{strings.TrimPrefix(username, n.Prefix), username} {
		if emailaddr.Valid(name) {
			return name, true
		}
	}
	return "", false
}

// Of returns the Kubernetes user name that a user requests: the one in the spec as it is given, else the one that the user has had in
// force for the address, else the one that the address has now. So neither another prefix or form, nor an upgrade that changes the
// normal form, renames the people whose access and activity go by the former name.
func (n Usernames) Of(u *v1alpha1.OrgUser) string {
	switch {
	case u.Spec.Username != "":
		return string(u.Spec.Username)
	case keepsUsername(u):
		return u.Status.Username
	default:
		return n.ForAddress(string(EmailOf(u)))
	}
}

// keepsUsername reports whether the user name in the status has been in force and follows from the user's address. Before the status
// said where it comes from, it was the address as it is spelled.
func keepsUsername(u *v1alpha1.OrgUser) bool {
	switch u.Status.UsernameSource {
	case v1alpha1.UsernameFromAddress:
		return u.Status.Username != ""
	case "":
		return IsAccepted(u) && emailaddr.Same(u.Status.Username, string(EmailOf(u)))
	default:
		return false
	}
}

// Owns reports whether a user keeps another one from having the Kubernetes user name that the other requests. A user who has the name
// in force keeps it. If neither or both have it in force, Precedes decides. A Limited account needs no user name.
func (n Usernames) Owns(owner, other *v1alpha1.OrgUser) bool {
	name := n.Of(other)
	has := inUse(owner) && owner.Status.Username == name
	if IsLimited(other) || IsLimited(owner) && !has {
		return false
	}
	hasOther := inUse(other) && other.Status.Username == name
	if has != hasOther {
		return has
	}
	return (has || n.Of(owner) == name) && Precedes(owner, other)
}

// usernameInForce returns the requested Kubernetes user name or, while another user has that in force, the one that the user has
// already. False means that the user has none and needs one.
func usernameInForce(f UserFacts) (string, bool) {
	requested := f.Usernames.Of(f.User)
	switch {
	case IsLimited(f.User) && !InLedger(f.Organization, f.User):
		return "", true // an account without access needs none
	case f.UsernameOwner == "":
		return requested, true
	}
	has := f.User.Status.Username
	return has, has != "" && has != requested && inUse(f.User)
}

// UsernameSourceOf returns where the user name in force comes from. It stays what it was while the name is not in force.
func UsernameSourceOf(f UserFacts, in InForce) v1alpha1.UsernameSource {
	switch {
	case in.Username == "":
		return ""
	case in.State != v1alpha1.UserActive && in.State != v1alpha1.UserSuspended:
		return f.User.Status.UsernameSource
	case in.Username == string(f.User.Spec.Username):
		return v1alpha1.UsernameFromSpec
	case f.User.Spec.Username != "":
		return f.User.Status.UsernameSource // another user has the requested one
	default:
		return v1alpha1.UsernameFromAddress
	}
}
