// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"maps"
	"slices"
	"strings"
	texttemplate "text/template"

	"golang.org/x/text/language"

	"github.com/usher-operator/usher/internal/locale"
)

const (
	catalogueSuffix = ".json"

	// maxFiles bounds all files together, and maxPhrase one phrase, in bytes.
	maxFiles  = 256 << 10
	maxPhrase = 2000
)

// Customize gives the templates that ship with files in their place, by name: HTMLFile and TextFile replace a template,
// <language>.json puts phrases over those of a language, or adds a language, which speaks English (or as the language
// that it is a variety of) where it has no phrase of its own.
//
// It fails unless every mail in every language can be written with them and is fit to be sent. The error tells all that
// is wrong, each with the file, the place in it and what to do.
func Customize(files map[string]string) (*Templates, error) {
	t := *shipped
	size := 0
	over := map[string]map[string]string{}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		size += len(files[name])
		if err := t.take(name, files[name], over); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		}
	}
	if size > maxFiles {
		wrong = append(wrong, fmt.Errorf("all files together have %d KiB: at most %d KiB are taken", size>>10, maxFiles>>10))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	var err error
	if t.languages, err = shipped.languages.With(over); err != nil {
		return nil, err
	}
	return &t, t.try()
}

// take reads one file.
func (t *Templates) take(name, content string, over map[string]map[string]string) error {
	var err error
	tag, isCatalogue := strings.CutSuffix(name, catalogueSuffix)
	switch {
	case name == HTMLFile:
		t.html, err = htmltemplate.New(name).Parse(content)
	case name == TextFile:
		t.text, err = texttemplate.New(name).Parse(content)
	case isCatalogue:
		over[tag], err = readPhrases(tag, content)
	default:
		err = fmt.Errorf("is not read: call it %s, %s, or by a language such as fr.json", HTMLFile, TextFile)
	}
	return err
}

// readPhrases reads and checks a catalogue that goes over one that ships.
func readPhrases(tag, content string) (map[string]string, error) {
	parsed, err := language.Parse(tag)
	if err != nil || parsed.String() != tag {
		return nil, errors.New("is named after no language: call it by a BCP 47 tag such as fr.json or pt-BR.json")
	}
	var phrases map[string]string
	if err := json.Unmarshal([]byte(content), &phrases); err != nil {
		return nil, explainJSON(content, err)
	}
	var wrong []error
	for _, key := range slices.Sorted(maps.Keys(phrases)) {
		if err := checkPhrase(key, phrases[key]); err != nil {
			wrong = append(wrong, fmt.Errorf("phrase %q %w", key, err))
		}
	}
	return phrases, errors.Join(wrong...)
}

// explainJSON says on which line of a catalogue its mistake is.
func explainJSON(content string, err error) error {
	offset := int64(len(content))
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
		err = fmt.Errorf("there is a %s where a text in quotes must be", kind.Value)
	}
	line := 1 + bytes.Count([]byte(content)[:min(max(offset, 0), int64(len(content)))], []byte("\n"))
	return fmt.Errorf("line %d: %w: the file must be one JSON object of texts", line, err)
}

func checkPhrase(key, phrase string) error {
	fallback := shipped.languages.Named(locale.Fallback)
	original, err := fallback.Phrase(key)
	if err != nil {
		return errors.New("is unknown: look at the phrases that ship for its right name")
	}
	if err := locale.CheckForm(key, phrase); err != nil {
		return err
	}
	if len(phrase) > maxPhrase {
		return fmt.Errorf("has %d bytes: at most %d are taken", len(phrase), maxPhrase)
	}
	if locale.OneLine(phrase) != phrase {
		return errors.New("holds line breaks, blanks too many or characters that cannot be seen: take them out")
	}
	return checkPlaceholders(phrase, allowedIn(key, original))
}

// allowedIn gives the words in braces that a phrase may hold: those of the original, and in phrases of mails those that
// always have a value.
func allowedIn(key, original string) []string {
	allowed := locale.Placeholders(original)
	if !locale.Common(key) {
		allowed = append(allowed, "organization", "who")
	}
	slices.Sort(allowed)
	return slices.Compact(allowed)
}

func checkPlaceholders(phrase string, allowed []string) error {
	rest := phrase
	for _, name := range locale.Placeholders(phrase) {
		if !slices.Contains(allowed, name) {
			return fmt.Errorf("holds {%s}, which has no value there: these have one: %v", name, allowed)
		}
		rest = strings.ReplaceAll(rest, "{"+name+"}", "")
	}
	if strings.ContainsAny(rest, "{}") {
		return errors.New("holds a brace that belongs to no word in braces: take it out")
	}
	return nil
}
