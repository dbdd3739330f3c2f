// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"embed"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
)

//go:embed locales/*.json
var localeFiles embed.FS

// phrases are the sentences of one mail.
type phrases struct {
	Subject      string `json:"subject"`
	Title        string `json:"title"`
	Lead         string `json:"lead"`
	LeadUnsigned string `json:"leadUnsigned"`
	Button       string `json:"button"`
	Note         string `json:"note"`
}

// labels stand before the details of a mail.
type labels struct {
	Role       string `json:"role"`
	Workspaces string `json:"workspaces"`
	Username   string `json:"username"`
	Expires    string `json:"expires"`
}

// locale is one language's catalogue. Words in braces are replaced by values.
type locale struct {
	Greeting        string            `json:"greeting"`
	GreetingUnnamed string            `json:"greetingUnnamed"`
	MessageFrom     string            `json:"messageFrom"`
	MessageUnsigned string            `json:"messageUnsigned"`
	LinkHint        string            `json:"linkHint"`
	Footer          string            `json:"footer"`
	Labels          labels            `json:"labels"`
	Mails           map[Kind]phrases  `json:"mails"`
	Roles           map[string]string `json:"roles"`
	Date            string            `json:"date"`
	Weekdays        [7]string         `json:"weekdays"`
	Months          [12]string        `json:"months"`

	tag string
}

// locales are the languages that ship; the first is the one for everybody whose language does not.
var (
	locales = []*locale{mustLocale("en"), mustLocale("es")}
	matcher = newMatcher(locales)
)

func mustLocale(tag string) *locale {
	data, err := localeFiles.ReadFile(path.Join("locales", tag+".json"))
	if err != nil {
		panic(err)
	}
	l := &locale{tag: tag}
	if err := json.Unmarshal(data, l); err != nil {
		panic(fmt.Errorf("mail: locales/%s.json: %w", tag, err))
	}
	return l
}

func newMatcher(locales []*locale) language.Matcher {
	tags := make([]language.Tag, len(locales))
	for i, l := range locales {
		tags[i] = language.MustParse(l.tag)
	}
	return language.NewMatcher(tags)
}

// closest is the locale for a BCP 47 tag.
func closest(tag string) *locale {
	wanted, err := language.Parse(tag)
	if err != nil {
		return locales[0]
	}
	_, index, _ := matcher.Match(wanted)
	return locales[index]
}

func (l *locale) role(name string) string {
	if written, ok := l.Roles[name]; ok {
		return written
	}
	return name
}

func (l *locale) time(t time.Time, location *time.Location) string {
	if location == nil {
		location = time.UTC
	}
	t = t.In(location)
	zone := t.Format("MST")
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") {
		zone = "UTC" + zone
	}
	return values{
		"weekday": l.Weekdays[t.Weekday()],
		"day":     strconv.Itoa(t.Day()),
		"month":   l.Months[t.Month()-1],
		"year":    strconv.Itoa(t.Year()),
		"time":    t.Format("15:04"),
		"zone":    zone,
	}.fill(l.Date)
}

// values are what the words in braces stand for.
type values map[string]string

// fill puts the values into a phrase. It goes over the phrase once, so braces in a value stay what they are.
func (v values) fill(phrase string) string {
	return v.replace(phrase, func(value string) string { return value })
}

// fillHTML is fill for HTML: phrase and values are escaped, values stand out and keep their own writing direction.
func (v values) fillHTML(phrase string) template.HTML {
	filled := v.replace(html.EscapeString(phrase), func(value string) string {
		return `<strong style="font-weight:600;"><bdi>` + html.EscapeString(value) + `</bdi></strong>`
	})
	return template.HTML(filled) //nolint:gosec // phrase and values are escaped above
}

func (v values) replace(phrase string, write func(string) string) string {
	pairs := make([]string, 0, 4*len(v))
	for name, value := range v {
		if strings.HasSuffix(value, ".") {
			// A sentence that ends with "Acme S.A." has its full stop already.
			pairs = append(pairs, "{"+name+"}.", write(value))
		}
		pairs = append(pairs, "{"+name+"}", write(value))
	}
	return strings.NewReplacer(pairs...).Replace(phrase)
}
