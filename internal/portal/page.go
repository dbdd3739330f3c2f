// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/usher-operator/usher/internal/locale"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates are the pages by name, each inside the layout.
var templates = func() map[string]*template.Template {
	pages := map[string]*template.Template{}
	for _, name := range []string{
		"invite", "confirm", "address", "password", "forgot", "welcome", "notice", "ask", "question", "received", "questions", "queue",
		"account", "accounts", "accountSignIn",
	} {
		pages[name] = template.Must(template.ParseFS(templateFiles,
			"templates/layout.html", "templates/fields.html", "templates/"+name+".html"))
	}
	return pages
}()

// page is what the templates see.
type page struct {
	// Name is the screen's name. The keys of its phrases start with it.
	Name string
	// Link is what the token leads to; nil: there is none.
	Link *Link
	// Form is the registration form, on the invitation's page.
	Form form
	// ContactPage is the contact page that this page belongs to; nil: there is none.
	ContactPage *ContactPage
	// QuestionForm is the form for a question, on a contact page.
	QuestionForm questionForm
	// Question is the question that the page is about. Questions are all questions of an asker.
	Question  *Question
	Questions []Question
	// Proved is true if the person has signed in with the invited address.
	Proved bool
	// Account is the person's account, on their own page; Saved is true after they have changed their details. Choices are their accounts,
	// if there are several.
	Account *Account
	Saved   bool
	Choices []AccountChoice
	// SignInWith is the way to the provider for a person's own page, and Asked the organization that they have named; empty: none.
	SignInWith, Asked string
	// Path is the path of the link or contact page, without a query; empty: there is none.
	Path string

	// customer is true below the path of the contact pages, even if there is no such page.
	customer bool
	locale   *locale.Catalogue
	// chosen is the language that the person has chosen, or "".
	chosen   string
	branding Branding
	// values replace the placeholders of phrases.
	values locale.Values
}

func newPage(r *http.Request, name string, link *Link) *page {
	p := &page{Name: name, Link: link, values: locale.Values{}, customer: strings.HasPrefix(r.URL.Path, contactPagePrefix)}
	if chosen := languages.Named(r.URL.Query().Get("lang")); chosen != nil {
		p.chosen = chosen.Tag()
	}
	preferences := []string{p.chosen, r.Header.Get("Accept-Language")}
	if link != nil {
		p.branding = link.Branding
		preferences = []string{p.chosen, link.Language, r.Header.Get("Accept-Language")}
		p.values = locale.Values{
			"organization": locale.OneLine(link.Organization),
			"inviter":      locale.OneLine(link.Inviter),
			"email":        locale.OneLine(link.Email),
			"username":     locale.OneLine(link.Username),
			"provider":     locale.OneLine(link.Provider.Title()),
			"signedIn":     locale.OneLine(link.SignedIn),
		}
	}
	p.locale = languages.Closest(preferences...)
	if link != nil {
		p.values["contact"] = locale.OneLine(link.Contact.String())
		p.values["expires"] = p.Expires()
	}
	p.Path = linkPath(r)
	return p
}

// linkPath returns the path of the link that a request is for, or "" for other requests. An answer of a provider's is for the invitation
// that the person was on the way to.
func linkPath(r *http.Request) string {
	token := r.PathValue("token")
	switch {
	case token == "":
		return ""
	case strings.HasPrefix(r.URL.Path, CallbackPath):
		return "/i/" + url.PathEscape(token)
	}
	return r.URL.Path[:3] + url.PathEscape(token)
}

// Lang returns the page's language.
func (p *page) Lang() string { return p.locale.Tag() }

// Direction returns the writing direction of the page's language.
func (p *page) Direction() string { return p.locale.Get(locale.KeyDirection) }

// Query returns the query that keeps the language that the person has chosen.
func (p *page) Query() string {
	if p.chosen == "" {
		return ""
	}
	return "?lang=" + p.chosen
}

// Locales returns the languages to choose from.
func (p *page) Locales() []localeChoice {
	all := languages.All()
	choices := make([]localeChoice, len(all))
	for i, l := range all {
		choices[i] = localeChoice{Tag: l.Tag(), Name: l.Get(locale.KeyName), Current: l == p.locale}
	}
	return choices
}

// localeChoice is a language that a page offers.
type localeChoice struct {
	Tag, Name string
	Current   bool
}

// T returns a phrase as text.
func (p *page) T(key ...string) (string, error) {
	phrase, err := p.phrase(strings.Join(key, "."))
	return p.values.Fill(phrase), err
}

// H returns a phrase as HTML, with its values emphasized.
func (p *page) H(key ...string) (template.HTML, error) {
	phrase, err := p.phrase(strings.Join(key, "."))
	return p.values.FillHTML(phrase), err
}

// Title returns the title of the browser window.
func (p *page) Title() (string, error) {
	title, err := p.T(p.titleKey())
	if err == nil && len(p.Errors()) > 0 {
		prefix, err := p.T("errors.prefix")
		return prefix + title, err
	}
	return title, err
}

func (p *page) titleKey() string {
	if _, ok := templates[p.Name]; ok {
		return p.Name + ".title"
	}
	return p.noticeKey("title")
}

// Organization returns the name that people know the organization by.
func (p *page) Organization() string { return p.values["organization"] }

// Expires returns until when the link can be used, or "" if that is unknown.
func (p *page) Expires() string {
	if p.Link.ExpirationTime.IsZero() {
		return ""
	}
	return p.locale.Time(p.Link.ExpirationTime, p.Link.Location)
}

// Errors returns the errors of the page's form.
func (p *page) Errors() []fieldError { return append(p.Form.Errors, p.QuestionForm.Errors...) }

// write sends the page. If a template fails, it sends an error and nothing of the page.
func (p *page) write(w http.ResponseWriter, s screen, status int) error {
	var body bytes.Buffer
	if err := templates[s.template].ExecuteTemplate(&body, "layout", p); err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return fmt.Errorf("cannot show page %s: %w", s.name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", p.locale.Tag())
	if p.Logo() != "" {
		w.Header().Set("Content-Security-Policy", contentSecurityPolicyWithLogo)
	}
	if p.AsksPassword() {
		w.Header().Set("Content-Security-Policy", w.Header().Get("Content-Security-Policy")+allowScript)
	}
	w.WriteHeader(status)
	_, err := body.WriteTo(w)
	return err
}
