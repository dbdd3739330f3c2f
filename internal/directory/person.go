// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"regexp"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/scim"
)

// person is what an account takes from a directory.
type person struct {
	email       string
	displayName string
	phone       string
	active      bool
}

// personOf returns what an account takes from what a directory sent.
func personOf(r scim.Resource) (person, error) {
	p := person{email: emailOf(r), displayName: displayNameOf(r), phone: phoneOf(r), active: r.Active()}
	if !emailaddr.Valid(p.email) {
		return p, invalid("the person %q has no email address that Usher can use, %q is none: map an address such as ana@acme.example to "+
			`emails[type eq "work"].value or userName`, text(r, "userName"), p.email)
	}
	return p, nil
}

// emailOf returns the primary address, else that for work, else the first one, else the userName.
func emailOf(r scim.Resource) string {
	if email := preferred(r["emails"], "work"); email != "" {
		return email
	}
	return strings.TrimSpace(text(r, "userName"))
}

// preferred returns the value of the primary element of a list, else of the one with a type, else of the first one.
func preferred(v any, kind string) string {
	list, _ := v.([]any)
	best, rank := "", 0
	for _, element := range list {
		parts, _ := element.(map[string]any)
		value, _ := parts["value"].(string)
		value = strings.TrimSpace(value)
		mine := 1
		if t, _ := parts["type"].(string); strings.EqualFold(t, kind) {
			mine = 2
		}
		if parts["primary"] == true {
			mine = 3
		}
		if value != "" && mine > rank {
			best, rank = value, mine
		}
	}
	return best
}

// displayNameOf returns a name that an account can have, or an empty one: the account's is then derived from the address.
func displayNameOf(r scim.Resource) string {
	parts := strings.TrimSpace(text(r, "name.givenName") + " " + text(r, "name.familyName"))
	for _, name := range []string{text(r, "displayName"), text(r, "name.formatted"), parts} {
		if name = strings.Join(strings.Fields(name), " "); name != "" && emailaddr.ValidName(name) {
			return name
		}
	}
	return ""
}

var (
	e164        = regexp.MustCompile(`^[+][1-9][0-9]{6,14}$`)
	punctuation = strings.NewReplacer(" ", "", "\u00a0", "", "-", "", ".", "", "/", "", "(0)", "", "(", "", ")", "")
)

// phoneOf returns a number in E.164 form, or an empty one. As it was sent, the number stays among what the directory sent.
func phoneOf(r scim.Resource) string {
	number := punctuation.Replace(strings.TrimPrefix(preferred(r["phoneNumbers"], "work"), "tel:"))
	if !e164.MatchString(number) {
		return ""
	}
	return number
}

// apply sets what the directory decides about, as far as it differs from what was decided before, if anything was.
func (p person) apply(spec *v1alpha1.OrgUserSpec, was person, decided bool) {
	if !decided || p.email != was.email {
		spec.Email = v1alpha1.EmailAddress(p.email)
	}
	if !decided || p.displayName != was.displayName {
		spec.DisplayName = v1alpha1.DisplayName(p.displayName)
	}
	if !decided || p.phone != was.phone {
		spec.Phone = v1alpha1.PhoneNumber(p.phone)
	}
	if !decided || p.active != was.active {
		spec.Suspend = !p.active
	}
}
