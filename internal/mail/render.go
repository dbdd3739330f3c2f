// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"strings"
	texttemplate "text/template"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

var (
	textTemplate = texttemplate.Must(texttemplate.ParseFS(templateFiles, "templates/mail.txt.tmpl"))
	htmlTemplate = htmltemplate.Must(htmltemplate.ParseFS(templateFiles, "templates/mail.html.tmpl"))
)

// detail is one labelled line.
type detail struct{ Label, Value string }

// view is what the templates see.
type view struct {
	Language, Subject, Title, Greeting, Lead string
	LeadHTML                                 htmltemplate.HTML
	Details                                  []detail
	MessageLabel                             string
	Message                                  []string
	Button, URL, LinkHint, Note, Footer      string
}

// Render writes the mail in the language that is closest to c.Language. Values are cleaned of control characters and
// of characters that reorder text, so no value can add a header or disguise what it says.
//
// It fails when the kind is unknown, the organization has no name, or the URL is missing or neither http nor https.
// The error does not hold the URL.
func Render(c Content) (Rendered, error) {
	v, err := newView(c)
	if err != nil {
		return Rendered{}, fmt.Errorf("mail: cannot write the %s mail: %w", c.Kind, err)
	}
	var text, html strings.Builder
	if err := errors.Join(textTemplate.Execute(&text, v), htmlTemplate.Execute(&html, v)); err != nil {
		return Rendered{}, fmt.Errorf("mail: cannot write the %s mail: %w", c.Kind, err)
	}
	return Rendered{Subject: v.Subject, Text: text.String(), HTML: html.String()}, nil
}

func newView(c Content) (*view, error) {
	l := closest(c.Language)
	p, ok := l.Mails[c.Kind]
	if !ok {
		return nil, errors.New("there is no such kind")
	}
	words, err := newValues(c)
	if err != nil {
		return nil, err
	}
	if err := checkURL(c); err != nil {
		return nil, err
	}
	lead := p.Lead
	if words["inviter"] == "" {
		lead = p.LeadUnsigned
	}
	v := &view{
		Language: l.tag,
		Subject:  words.fill(p.Subject),
		Title:    words.fill(p.Title),
		Greeting: words.fill(either(words["recipient"], l.Greeting, l.GreetingUnnamed)),
		Lead:     words.fill(lead),
		LeadHTML: words.fillHTML(lead),
		Details:  details(l, c),

		Button:   p.Button,
		URL:      c.URL,
		LinkHint: l.LinkHint,
		Note:     words.fill(p.Note),
		Footer:   words.fill(l.Footer),
	}
	if c.Kind == Invitation {
		v.Message = lines(c.Message)
		v.MessageLabel = words.fill(either(words["inviter"], l.MessageFrom, l.MessageUnsigned))
	}
	if c.Kind == Welcome && oneLine(c.Username) == "" {
		v.Note = "" // how to sign in is of no use without a user name
	}
	return v, nil
}

func newValues(c Content) (values, error) {
	organization, inviter := oneLine(c.Organization), oneLine(c.Inviter)
	if organization == "" {
		return nil, errors.New("the organization has no name: give Content.Organization")
	}
	return values{
		"organization": organization,
		"inviter":      inviter,
		"recipient":    oneLine(c.Recipient),
		"who":          either(inviter, inviter, organization),
	}, nil
}

func checkURL(c Content) error {
	if c.URL == "" && c.Kind == Welcome {
		return nil
	}
	u, err := url.Parse(c.URL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.ContainsFunc(c.URL, notInURL) {
		return errors.New("Content.URL must be an absolute http or https URL")
	}
	return nil
}

func notInURL(r rune) bool { return r <= ' ' || r > '~' }

func details(l *locale, c Content) []detail {
	var all []detail
	add := func(label, value string) {
		if value = oneLine(value); value != "" {
			all = append(all, detail{Label: label, Value: value})
		}
	}
	if c.Kind != Confirmation {
		add(l.Labels.Role, l.role(c.Role))
		add(l.Labels.Workspaces, strings.Join(c.Workspaces, ", "))
	}
	if c.Kind == Welcome {
		add(l.Labels.Username, c.Username)
	}
	if c.Kind != Welcome && !c.Expires.IsZero() {
		add(l.Labels.Expires, l.time(c.Expires, c.Location))
	}
	return all
}

// either is yes when the condition is not empty, no otherwise.
func either(condition, yes, no string) string {
	if condition != "" {
		return yes
	}
	return no
}
