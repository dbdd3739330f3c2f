// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/locale"
)

// maxDisplayName is the API's limit, in characters.
const maxDisplayName = 128

var phoneNumber = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// form is the registration form: the values of its fields, and what is wrong with them.
type form struct {
	DisplayName, Phone, Language string
	// Email is the address on the page that asks for a link to choose a password.
	Email string
	// Errors are the errors in the order of the fields.
	Errors []fieldError
}

// fieldError is an error in one field.
type fieldError struct {
	// Field is the field's name and HTML id.
	Field string
	// Key is the key of the phrase that says what to do.
	Key string
}

// Error returns the key of the phrase for a field's error, or "".
func (f form) Error(field string) string {
	for _, e := range f.Errors {
		if e.Field == field {
			return e.Key
		}
	}
	return ""
}

// prefilled returns the form as it is first shown.
func prefilled(link *Link, language string) form {
	f := form{
		DisplayName: string(link.Registration.DisplayName),
		Phone:       string(link.Registration.Phone),
		Language:    language,
	}
	if l := languages.Named(string(link.Registration.Language)); l != nil {
		f.Language = l.Tag()
	}
	return f
}

// readForm reads and checks a form. It drops surrounding blanks and the invisible characters that come with pasted text. A phone
// number may contain the usual separators.
func readForm(sent url.Values) form {
	f := form{
		DisplayName: locale.OneLine(sent.Get("displayName")),
		Phone:       locale.OneLine(sent.Get("phone")),
		Language:    sent.Get("language"),
	}
	f.check()
	return f
}

func (f *form) check() {
	add := func(field, key string) {
		f.Errors = append(f.Errors, fieldError{Field: field, Key: "error." + field + "." + key})
	}
	switch {
	case f.DisplayName == "":
		add("displayName", "missing")
	case utf8.RuneCountInString(f.DisplayName) > maxDisplayName:
		add("displayName", "long")
	}
	if f.Phone != "" && !phoneNumber.MatchString(f.e164()) {
		add("phone", "form")
	}
	if languages.Named(f.Language) == nil {
		add("language", "unknown")
	}
}

// e164 returns the phone number without separators, with + in place of the international prefix 00.
func (f *form) e164() string {
	digits := strings.NewReplacer(" ", "", "\u00a0", "", "-", "", ".", "", "/", "", "(", "", ")", "").Replace(f.Phone)
	if rest, ok := strings.CutPrefix(digits, "00"); ok {
		return "+" + rest
	}
	return digits
}

// registration returns the values of a form without errors.
func (f *form) registration() v1alpha1.Registration {
	return v1alpha1.Registration{
		DisplayName: v1alpha1.DisplayName(f.DisplayName),
		Phone:       v1alpha1.PhoneNumber(f.e164()),
		Language:    v1alpha1.LanguageTag(f.Language),
	}
}
