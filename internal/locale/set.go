// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package locale writes in people's languages. It has catalogues of phrases, chooses the language for a person, formats dates, and
// inserts values into phrases safely.
//
// It knows no part of Usher: each part brings its own catalogues. Phrases that all parts need (roles, dates) are here.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Fallback is the language for people whose own has no catalogue.
const Fallback = "en"

//go:embed common/*.json
var commonFiles embed.FS

// Set contains the languages of a part of Usher. It is immutable.
type Set struct {
	// catalogues are sorted by tag, with the fallback first.
	catalogues []*Catalogue
	matcher    language.Matcher
}

// MustLoad reads the catalogues <tag>.json in a folder of embedded files and adds the common phrases to each. It panics if one is
// not a JSON object of strings or is not named after a language, or if the set fails its Check: these are errors in the
// program.
func MustLoad(files fs.FS, dir string) *Set {
	names, err := fs.Glob(files, path.Join(dir, "*.json"))
	if err != nil {
		panic(err)
	}
	languages := map[string]map[string]string{}
	for _, name := range names {
		tag := strings.TrimSuffix(path.Base(name), ".json")
		languages[tag] = map[string]string{}
		for _, source := range []struct {
			files fs.FS
			name  string
		}{{commonFiles, "common/" + tag + ".json"}, {files, name}} {
			if err := readInto(languages[tag], source.files, source.name); err != nil {
				panic(err)
			}
		}
	}
	set, err := newSet(languages)
	if err == nil {
		err = set.Check()
	}
	if err != nil {
		panic(err)
	}
	return set
}

func readInto(phrases map[string]string, files fs.FS, name string) error {
	data, err := fs.ReadFile(files, name)
	if err == nil {
		err = json.Unmarshal(data, &phrases)
	}
	if err != nil {
		return fmt.Errorf("catalogue %s: %w", name, err)
	}
	return nil
}

func newSet(languages map[string]map[string]string) (*Set, error) {
	if languages[Fallback] == nil {
		return nil, fmt.Errorf("the catalogue %s.json is missing", Fallback)
	}
	order := slices.Sorted(maps.Keys(languages))
	slices.SortStableFunc(order, func(a, b string) int {
		switch Fallback {
		case a:
			return -1
		case b:
			return 1
		}
		return 0
	})
	set := &Set{}
	tags := make([]language.Tag, len(order))
	for i, name := range order {
		var err error
		if tags[i], err = language.Parse(name); err != nil {
			return nil, fmt.Errorf("catalogue %s.json: %q is not a language tag such as es or pt-BR", name, name)
		}
		set.catalogues = append(set.catalogues, &Catalogue{tag: name, phrases: languages[name]})
	}
	set.matcher = language.NewMatcher(tags)
	return set, nil
}

// With returns a set in which phrases replace those of this set, by language tag and key. A language that this set does not have
// is added. Where it has no phrase of its own, it uses that of the language that it is a variety of (es for es-MX), or else the
// fallback's. With fails if a tag is not a language tag.
func (s *Set) With(over map[string]map[string]string) (*Set, error) {
	languages := map[string]map[string]string{}
	for _, c := range s.catalogues {
		languages[c.tag] = maps.Clone(c.phrases)
	}
	for _, tag := range slices.Sorted(maps.Keys(over)) {
		if languages[tag] == nil {
			languages[tag] = maps.Clone(parent(languages, tag))
		}
		maps.Copy(languages[tag], over[tag])
	}
	return newSet(languages)
}

// parent returns the phrases of the language that another is a variety of, or else the fallback's.
func parent(languages map[string]map[string]string, name string) map[string]string {
	tag, err := language.Parse(name)
	for err == nil && !tag.IsRoot() {
		tag = tag.Parent()
		if phrases := languages[tag.String()]; phrases != nil {
			return phrases
		}
	}
	return languages[Fallback]
}

// All returns the catalogues, the fallback first.
func (s *Set) All() []*Catalogue { return slices.Clone(s.catalogues) }

// Named returns the catalogue with exactly that tag, or nil if there is none.
func (s *Set) Named(tag string) *Catalogue {
	for _, c := range s.catalogues {
		if c.tag == tag {
			return c
		}
	}
	return nil
}

// Closest returns the catalogue for the first valid preference. Preferences are BCP 47 tags or Accept-Language headers.
func (s *Set) Closest(preferences ...string) *Catalogue {
	for _, preference := range preferences {
		tags, _, err := language.ParseAcceptLanguage(preference)
		if err != nil || len(tags) == 0 {
			continue
		}
		_, index, _ := s.matcher.Match(tags...)
		return s.catalogues[index]
	}
	return s.catalogues[0]
}
