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

// Customize returns the templates that ship, with files in place of some of them, by name. HTMLFile and TextFile replace a
// template. <language>.json replaces phrases of a language, or adds a language. An added language falls back to the language
// that it is a variety of, or to English, where it has no phrase of its own.
//
// It fails unless every mail in every language can be rendered with the result and is fit to be sent. The error lists
// everything that is wrong, each with the file, the place in it and what to do.
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
		wrong = append(wrong, fmt.Errorf("all files together have %d KiB: at most %d KiB are allowed", size>>10, maxFiles>>10))
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
		err = fmt.Errorf("is not used: name it %s, %s, or after a language such as fr.json", HTMLFile, TextFile)
	}
	return err
}

// readPhrases reads and checks a catalogue that replaces phrases of one that ships.
func readPhrases(tag, content string) (map[string]string, error) {
	parsed, err := language.Parse(tag)
	if err != nil || parsed.String() != tag {
		return nil, errors.New("is not named after a language: use a BCP 47 tag such as fr.json or pt-BR.json")
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

// explainJSON adds the line of a catalogue that an error is on.
func explainJSON(content string, err error) error {
	offset := int64(len(content))
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
		err = fmt.Errorf("found a %s instead of a quoted text", kind.Value)
	}
	line := 1 + bytes.Count([]byte(content)[:min(max(offset, 0), int64(len(content)))], []byte("\n"))
	return fmt.Errorf("line %d: %w: the file must be a single JSON object of texts", line, err)
}

func checkPhrase(key, phrase string) error {
	fallback := shipped.languages.Named(locale.Fallback)
	original, err := fallback.Phrase(key)
	if err != nil {
		return errors.New("is unknown: look up its name in the phrases that ship")
	}
	if err := locale.CheckForm(key, phrase); err != nil {
		return err
	}
	if len(phrase) > maxPhrase {
		return fmt.Errorf("has %d bytes: at most %d are allowed", len(phrase), maxPhrase)
	}
	if locale.OneLine(phrase) != phrase {
		return errors.New("contains line breaks, extra spaces or invisible characters: remove them")
	}
	return checkPlaceholders(phrase, allowedIn(key, original))
}

// allowedIn returns the words in braces that a phrase may contain: those of the original and, in phrases of mails, those that
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
			return fmt.Errorf("contains {%s}, which has no value here: use only %v", name, allowed)
		}
		rest = strings.ReplaceAll(rest, "{"+name+"}", "")
	}
	if strings.ContainsAny(rest, "{}") {
		return errors.New("contains a stray brace: remove it")
	}
	return nil
}
