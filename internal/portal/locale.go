// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

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
	"unicode"

	"golang.org/x/text/language"
)

//go:embed locales/*.json
var localeFiles embed.FS

// locale is one language's catalogue. Words in braces are replaced by values.
type locale struct {
	tag     string
	phrases map[string]string
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
	if err := json.Unmarshal(data, &l.phrases); err != nil {
		panic(fmt.Errorf("portal: locales/%s.json: %w", tag, err))
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

// named is the locale with exactly that tag, nil if none ships.
func named(tag string) *locale {
	for _, l := range locales {
		if l.tag == tag {
			return l
		}
	}
	return nil
}

// closest is the locale for the first wish that is one: tags or Accept-Language headers.
func closest(wishes ...string) *locale {
	for _, wish := range wishes {
		tags, _, err := language.ParseAcceptLanguage(wish)
		if err != nil || len(tags) == 0 {
			continue
		}
		_, index, _ := matcher.Match(tags...)
		return locales[index]
	}
	return locales[0]
}

// phrase gives a phrase of the catalogue; a missing one is a mistake in a template.
func (l *locale) phrase(key string) (string, error) {
	if phrase, ok := l.phrases[key]; ok {
		return phrase, nil
	}
	return "", fmt.Errorf("locale %s has no phrase %q", l.tag, key)
}

func (l *locale) role(name string) string {
	if written, ok := l.phrases["role."+name]; ok {
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
		"weekday": strings.Fields(l.phrases["weekdays"])[t.Weekday()],
		"day":     strconv.Itoa(t.Day()),
		"month":   strings.Fields(l.phrases["months"])[t.Month()-1],
		"year":    strconv.Itoa(t.Year()),
		"time":    t.Format("15:04"),
		"zone":    zone,
	}.fill(l.phrases["date"])
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
		return "<strong><bdi>" + html.EscapeString(value) + "</bdi></strong>"
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

// visible drops control characters and the invisible ones that reorder or hide text; ZWNJ and ZWJ stay, which names
// and emoji need.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) && r != '\u200c' && r != '\u200d' && r != '\n' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
