// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/locale"
	"github.com/usher-operator/usher/internal/question"
)

// askForm is the form for a question: what stands in its fields, and what is wrong with it.
type askForm struct {
	// Form tells it from other forms.
	Form string
	// Name, Email, Subject and Text are what people fill in; Website is a field that nobody sees, and programs fill in.
	Name, Email, Subject, Text, Website string
	// Errors are the mistakes in the order of the fields.
	Errors []fieldError
}

// Error is the phrase for a field's mistake, empty when there is none.
func (f askForm) Error(field string) string { return form{Errors: f.Errors}.Error(field) }

// MaxName and the others are what the fields take, in characters.
func (askForm) MaxName() int { return question.MaxName }

// MaxSubject is what the subject takes.
func (askForm) MaxSubject() int { return question.MaxSubject }

// MaxText is what the text takes.
func (askForm) MaxText() int { return question.MaxText }

var formID = regexp.MustCompile("^[0-9a-f-]{36}$")

// newAskForm is an empty form.
func newAskForm() askForm { return askForm{Form: uuid.NewString()} }

// readAskForm takes what was sent. The page's own addresses are no asker's: answers would go round.
func readAskForm(sent url.Values, own []string) askForm {
	f := askForm{
		Form:    sent.Get("form"),
		Name:    locale.OneLine(sent.Get("name")),
		Email:   strings.TrimSpace(sent.Get("email")),
		Subject: locale.OneLine(sent.Get("subject")),
		Text:    strings.Join(locale.Lines(sent.Get("text")), "\n"),
		Website: sent.Get("website"),
	}
	if !formID.MatchString(f.Form) {
		f.Form = uuid.NewString()
	}
	f.check(own)
	return f
}

func (f *askForm) check(own []string) {
	add := func(wrong bool, field, key string) {
		if wrong && f.Error(field) == "" {
			f.Errors = append(f.Errors, fieldError{Field: field, Key: "error." + field + "." + key})
		}
	}
	length := utf8.RuneCountInString
	add(length(f.Name) > question.MaxName, "name", "long")
	add(f.Email == "", "email", "missing")
	add(!emailaddr.Valid(f.Email), "email", "form")
	add(slices.ContainsFunc(own, func(a string) bool { return a != "" && emailaddr.Same(a, f.Email) }), "email", "own")
	add(f.Subject == "", "subject", "missing")
	add(length(f.Subject) > question.MaxSubject, "subject", "long")
	add(f.Text == "", "text", "missing")
	add(length(f.Text) > question.MaxText, "text", "long")
	add(len(f.Text) > question.MaxTextBytes, "text", "large")
	add(f.Website != "", "website", "filled")
}

// ask gives the form in other terms; it must be without errors.
func (f *askForm) ask(language string) Ask {
	return Ask{Form: f.Form, Name: f.Name, Address: f.Email, Subject: f.Subject, Text: f.Text, Language: language}
}
