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

// templates are the pages by name, each within the layout.
var templates = func() map[string]*template.Template {
	pages := map[string]*template.Template{}
	for _, name := range []string{"invite", "confirm", "welcome", "notice", "ask", "question", "received", "questions"} {
		pages[name] = template.Must(template.ParseFS(templateFiles, "templates/layout.html", "templates/"+name+".html"))
	}
	return pages
}()

// page is what the templates see.
type page struct {
	// Name is the screen's name, the prefix of its phrases.
	Name string
	// Link is what the token leads to; nil where there is none.
	Link *Link
	// Form is what the form shows; set on the invitation's page.
	Form form
	// Counter is the workspace's page that this one belongs to; nil where there is none.
	Counter *Counter
	// Ask is what the form for a question shows; set on a workspace's page.
	Ask askForm
	// Question is the one question that the page is about, Questions are all of an asker's.
	Question  *Asked
	Questions []Asked
	// Path is the link's own path without a query; empty where there is none.
	Path string

	// customer is true for a workspace's page, whatever became of it.
	customer bool
	locale   *locale.Catalogue
	chosen   string
	values   locale.Values
}

func newPage(r *http.Request, name string, link *Link) *page {
	p := &page{Name: name, Link: link, values: locale.Values{}, customer: strings.HasPrefix(r.URL.Path, counterPrefix)}
	if chosen := languages.Named(r.URL.Query().Get("lang")); chosen != nil {
		p.chosen = chosen.Tag()
	}
	wishes := []string{p.chosen, r.Header.Get("Accept-Language")}
	if link != nil {
		wishes = []string{p.chosen, link.Language, r.Header.Get("Accept-Language")}
		p.values = locale.Values{
			"organization": locale.OneLine(link.Organization),
			"inviter":      locale.OneLine(link.Inviter),
			"email":        locale.OneLine(link.Email),
			"username":     locale.OneLine(link.Username),
		}
	}
	p.locale = languages.Closest(wishes...)
	p.Path = linkPath(r)
	return p
}

// linkPath is the path of the link that the request belongs to; empty for other pages.
func linkPath(r *http.Request) string {
	token := r.PathValue("token")
	if token == "" {
		return ""
	}
	return r.URL.Path[:3] + url.PathEscape(token)
}

// Lang is the page's language.
func (p *page) Lang() string { return p.locale.Tag() }

// Direction is the writing direction of the page's language.
func (p *page) Direction() string { return p.locale.Get(locale.KeyDirection) }

// Query keeps the language that the person has chosen for the page.
func (p *page) Query() string {
	if p.chosen == "" {
		return ""
	}
	return "?lang=" + p.chosen
}

// Locales are the languages to choose from.
func (p *page) Locales() []localeChoice {
	all := languages.All()
	choices := make([]localeChoice, len(all))
	for i, l := range all {
		choices[i] = localeChoice{Tag: l.Tag(), Name: l.Get(locale.KeyName), Current: l == p.locale}
	}
	return choices
}

// localeChoice is one language as a page offers it.
type localeChoice struct {
	Tag, Name string
	Current   bool
}

// T is a phrase as text.
func (p *page) T(key ...string) (string, error) {
	phrase, err := p.locale.Phrase(strings.Join(key, "."))
	return p.values.Fill(phrase), err
}

// H is a phrase as HTML, in which values stand out.
func (p *page) H(key ...string) (template.HTML, error) {
	phrase, err := p.locale.Phrase(strings.Join(key, "."))
	return p.values.FillHTML(phrase), err
}

// Title is the text of the window's title.
func (p *page) Title() (string, error) {
	title, err := p.T(p.prefix(), "title")
	if err == nil && len(p.Form.Errors)+len(p.Ask.Errors) > 0 {
		prefix, err := p.T("errors.prefix")
		return prefix + title, err
	}
	return title, err
}

func (p *page) prefix() string {
	if _, ok := templates[p.Name]; ok {
		return p.Name
	}
	return "notice." + p.Name
}

// Organization is the name that people know the organization by.
func (p *page) Organization() string { return p.values["organization"] }

// Expires is until when the link can be used; empty: not said.
func (p *page) Expires() string {
	if p.Link.ExpirationTime.IsZero() {
		return ""
	}
	return p.locale.Time(p.Link.ExpirationTime, p.Link.Location)
}

// Message is the inviter's text; its line breaks are kept by the style sheet.
func (p *page) Message() string {
	return strings.Join(locale.Lines(p.Link.Message), "\n")
}

// write sends the page. Nothing of it is sent when a template fails.
func (p *page) write(w http.ResponseWriter, s screen, status int) error {
	var body bytes.Buffer
	if err := templates[s.template].ExecuteTemplate(&body, "layout", p); err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return fmt.Errorf("cannot show page %s: %w", s.name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", p.locale.Tag())
	w.WriteHeader(status)
	_, err := body.WriteTo(w)
	return err
}
