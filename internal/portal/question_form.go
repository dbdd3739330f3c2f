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

// questionForm is the form for a question: the values of its fields, and what is wrong with them.
type questionForm struct {
	// Form identifies the form.
	Form string
	// Name, Email, Subject and Text are what people fill in. Website is a field that only programs see and fill in.
	Name, Email, Subject, Text, Website string
	// Errors are the errors in the order of the fields.
	Errors []fieldError
}

// Error returns the key of the phrase for a field's error, or "".
func (f questionForm) Error(field string) string { return form{Errors: f.Errors}.Error(field) }

// MaxName returns the maximum length of the name, in characters.
func (questionForm) MaxName() int { return question.MaxName }

// MaxSubject returns the maximum length of the subject, in characters.
func (questionForm) MaxSubject() int { return question.MaxSubject }

// MaxText returns the maximum length of the text, in characters.
func (questionForm) MaxText() int { return question.MaxText }

var formID = regexp.MustCompile("^[0-9a-f-]{36}$")

// newQuestionForm returns an empty form.
func newQuestionForm() questionForm { return questionForm{Form: uuid.NewString()} }

// readQuestionForm reads and checks a form. The page's own addresses cannot ask: the answers would go in circles.
func readQuestionForm(sent url.Values, own []string) questionForm {
	f := questionForm{
		Form:    sent.Get("form"),
		Name:    locale.OneLine(sent.Get("name")),
		Email:   locale.OneLine(sent.Get("email")),
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

func (f *questionForm) check(own []string) {
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

// submission returns the question of a form without errors.
func (f *questionForm) submission(language, network string) Submission {
	return Submission{
		Form: f.Form, Name: f.Name, Address: f.Email, Subject: f.Subject, Text: f.Text, Language: language, Network: network,
	}
}
