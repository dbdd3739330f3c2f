// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"github.com/usher-operator/usher/internal/locale"
)

// detail is one labelled line.
type detail struct{ Label, Value string }

// shellCommand is a line for a terminal, with what it is for.
type shellCommand struct{ Label, Line string }

// view contains the fields that templates can use; docs/operations.md lists them.
type view struct {
	Language, Direction, Organization         string
	Subject, Preheader, Title, Greeting, Lead string
	LeadHTML                                  template.HTML
	Details                                   []detail
	MessageLabel                              string
	Message                                   []string
	Button, URL, LinkHint, Note, Footer       string
	Commands                                  []shellCommand
	AccountLabel, AccountURL                  string
}

// Render writes the mail with the templates that ship, in the language closest to c.Language. Control characters, and characters
// that reorder text, are removed from values, so no value can add a header or disguise what it says.
//
// It fails if the kind is unknown, if the organization has no name, or if the URL is missing or neither http nor https. The
// error does not contain the URL.
func Render(c Content) (Rendered, error) { return shipped.Render(c) }

// Render writes the mail like the function Render, with these templates.
func (t *Templates) Render(c Content) (Rendered, error) {
	rendered, err := t.render(c)
	if err != nil {
		return Rendered{}, fmt.Errorf("mail: cannot write the %s mail: %w", c.Kind, err)
	}
	return rendered, nil
}

func (t *Templates) render(c Content) (Rendered, error) {
	v, err := t.newView(c)
	if err != nil {
		return Rendered{}, err
	}
	if c.Kind == Question {
		t = t.forQuestion(v)
	}
	text, errText := execute(TextFile, t.text, v)
	html, errHTML := execute(HTMLFile, t.html, v)
	if err := errors.Join(errText, errHTML); err != nil {
		return Rendered{}, errors.New(withoutLink(err, c.URL))
	}
	return Rendered{Language: v.Language, Subject: v.Subject, Text: text, HTML: html}, nil
}

// withoutLink removes a link from the error of a template.
func withoutLink(err error, link string) string {
	if link == "" {
		return err.Error()
	}
	return strings.ReplaceAll(err.Error(), link, "[link]")
}

func (t *Templates) newView(c Content) (*view, error) {
	l := catalogue{t.languages.Closest(c.Language)}
	if l.Get(string(c.Kind)+".subject") == "" {
		return nil, errors.New("the kind is unknown")
	}
	plain, err := newValues(c)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(checkURL(c), checkAccountURL(c)); err != nil {
		return nil, err
	}
	values := l.isolated(plain)
	l.nameContact(c, plain, values)
	lead := l.lead(c, plain)
	v := &view{
		Language:     l.Tag(),
		Direction:    l.direction(),
		Organization: plain["organization"],
		Subject:      plain.Fill(l.variant(c, "subject")),
		Preheader:    values.Fill(l.variant(c, "preheader")),
		Title:        values.Fill(l.variant(c, "title")),
		Greeting:     values.Fill(l.Get(either(plain["recipient"], "greeting", "greeting.unnamed"))),
		Lead:         values.Fill(lead),
		LeadHTML:     plain.FillHTML(lead),
		Details:      l.details(c),
		Button:       l.of(c.Kind, "button", values),
		URL:          c.URL,
		LinkHint:     values.Fill(l.Get("link.hint")),
		Note:         values.Fill(l.variant(c, "note")),
		Footer:       l.footer(c, values),
	}
	if c.Kind.quotes() {
		v.Message = locale.Lines(c.Message)
		v.MessageLabel = values.Fill(l.Get(either(plain["inviter"], "message.from", "message.unsigned")))
	}
	if c.Kind == Welcome {
		l.addStart(v, c, values)
	}
	return v, nil
}

// lead returns the phrase that the mail starts with.
func (c catalogue) lead(content Content, values locale.Values) string {
	if content.Kind == Invitation && values["inviter"] == "" {
		return c.Get(string(content.Kind) + ".lead.unsigned")
	}
	return c.variant(content, "lead")
}

// variant returns a phrase that every kind of mail has: the one for the person's standing, or for a module without seats, if there is one.
func (c catalogue) variant(content Content, name string) string {
	key, variant := string(content.Kind)+"."+name, ""
	switch {
	case content.Kind == Welcome:
		variant = content.Standing
	case content.Kind == SeatsExhausted && content.Values["seats"] == "0":
		variant = "none" // of which none are taken
	}
	if phrase := c.Get(key + "." + variant); variant != "" && phrase != "" {
		return phrase
	}
	return c.Get(key)
}

// addStart adds how a welcomed person starts. Without a user name there is nothing to sign in to.
func (c catalogue) addStart(v *view, content Content, values locale.Values) {
	if locale.OneLine(content.Username) == "" {
		v.Note, v.URL = "", ""
		return
	}
	if v.URL != "" {
		v.Note = values.Fill(c.Get("Welcome.note.link"))
	}
	if file := locale.OneLine(content.Kubeconfig); file != "" {
		v.Note = values.Fill(c.Get("Welcome.note.kubeconfig"))
		v.Commands = append(v.Commands,
			shellCommand{Label: values.Fill(c.Get("command.kubeconfig")), Line: "export KUBECONFIG=~/Downloads/" + file},
			shellCommand{Label: values.Fill(c.Get("command.login")), Line: "kubectl usher login"})
	}
	for _, each := range content.Commands {
		v.Commands = append(v.Commands, shellCommand{Label: c.word(each.Label, content), Line: name(each.Line)})
	}
	if content.AccountURL != "" {
		v.AccountLabel, v.AccountURL = values.Fill(c.Get("Welcome.account")), content.AccountURL
	}
}

// nameContact adds whom the person can ask.
func (c catalogue) nameContact(content Content, plain, isolated locale.Values) {
	plain["contact"] = name(content.Contact)
	if plain["contact"] == "" {
		plain["contact"] = c.Get("contact.unknown")
	}
	isolated["contact"] = c.isolate(plain["contact"])
}

// footer says in whose name the mail is sent, and what becomes of an answer to it. A mail that somebody answers is not called automatic.
func (c catalogue) footer(content Content, values locale.Values) string {
	footer := values.Fill(c.Get("footer"))
	switch {
	case !content.Answered:
		footer += " " + c.Get("footer.automatic")
	case name(content.Contact) != "":
		footer += " " + values.Fill(c.Get("footer.answered"))
	}
	return footer
}

func newValues(c Content) (locale.Values, error) {
	organization, inviter := name(c.Organization), name(c.Inviter)
	if organization == "" {
		return nil, errors.New("the organization has no name: set Content.Organization")
	}
	values := locale.Values{
		"organization": organization,
		"inviter":      inviter,
		"recipient":    name(c.Recipient),
		"who":          either(inviter, inviter, organization),
		"subject":      name(c.Subject),
	}
	for key, value := range c.Values {
		values[key] = name(value)
	}
	return values, nil
}

// name cleans a name. It breaks up text that looks like a link, because mail clients would make a link of it.
func name(s string) string {
	return strings.ReplaceAll(locale.OneLine(s), "://", ": //")
}

func checkURL(c Content) error {
	if c.URL == "" && !c.Kind.leads() {
		return nil
	}
	if !isWebURL(c.URL) {
		return errors.New("Content.URL must be an absolute http or https URL")
	}
	return nil
}

func checkAccountURL(c Content) error {
	if c.AccountURL != "" && !isWebURL(c.AccountURL) {
		return errors.New("Content.AccountURL must be an absolute http or https URL")
	}
	return nil
}

func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsFunc(s, notInURL)
}

func notInURL(r rune) bool { return r <= ' ' || r > '~' }

func (c catalogue) details(content Content) []detail {
	var all []Fact
	add := func(label string, values ...Word) { all = append(all, FactOf("details."+label, values...)) }
	if content.Kind == Invitation || content.Kind == Welcome {
		add("role", WordOf(c.Role(content.Role)))
		add("workspaces", content.Workspaces...)
		add("modules", content.Modules...)
	}
	if content.Kind == Welcome {
		add("username", WordOf(content.Username))
		add("namespaces", wordsOf(content.Namespaces)...)
	}
	if content.Kind == Invitation || content.Kind == Welcome {
		add("contact", WordOf(content.Contact))
	}
	if content.Kind != Welcome && !content.Expires.IsZero() {
		add("expires", Word{Time: content.Expires})
	}
	content.Facts = append(all, content.Facts...)
	return c.facts(content)
}

// wordsOf returns texts that are the same in every language.
func wordsOf(texts []string) []Word {
	words := make([]Word, len(texts))
	for n, text := range texts {
		words[n] = WordOf(text)
	}
	return words
}

// either returns yes if the condition is not empty, no otherwise.
func either(condition, yes, no string) string {
	if condition != "" {
		return yes
	}
	return no
}
