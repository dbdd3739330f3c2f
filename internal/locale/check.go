// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package locale

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// lists are the phrases that are lists, with the number of their items.
var lists = map[string]int{KeyWeekdays: 7, KeyMonths: 12}

// Check returns everything that is wrong with the set at once: a language has phrases that the fallback does not have, lacks
// some that it has, or has empty ones or other values in braces; a list has the wrong length; a direction is unknown.
func (s *Set) Check() error {
	var wrong []error
	fallback := s.catalogues[0]
	for _, c := range s.catalogues {
		for _, key := range c.Keys() {
			if _, known := fallback.phrases[key]; !known {
				wrong = append(wrong, fmt.Errorf("language %s: unknown phrase %q", c.tag, key))
			}
		}
		for _, key := range fallback.Keys() {
			if err := c.check(key, fallback.phrases[key]); err != nil {
				wrong = append(wrong, fmt.Errorf("language %s: phrase %q: %w", c.tag, key, err))
			}
		}
	}
	return errors.Join(wrong...)
}

// check compares a phrase with the one of the fallback.
func (c *Catalogue) check(key, fallback string) error {
	phrase := c.phrases[key]
	if err := CheckForm(key, phrase); err != nil {
		return err
	}
	got, want := Placeholders(phrase), Placeholders(fallback)
	if !slices.Equal(got, want) {
		return fmt.Errorf("has the values %v in braces instead of %v", got, want)
	}
	return nil
}

// CheckForm returns what is wrong with the form of a phrase: it is empty, a list of the wrong length, or not a writing
// direction.
func CheckForm(key, phrase string) error {
	if phrase == "" {
		return errors.New("is empty or missing")
	}
	if want, list := lists[key]; list {
		items := Items(phrase)
		if len(items) != want || slices.Contains(items, "") {
			return fmt.Errorf("must be %d words separated by commas", want)
		}
	}
	if key == KeyDirection && phrase != "ltr" && phrase != "rtl" {
		return errors.New("must be ltr or rtl")
	}
	return nil
}

// Common reports whether a key is of a phrase that all parts of Usher share.
func Common(key string) bool {
	_, list := lists[key]
	return list || key == KeyDate || key == KeyName || key == KeyDirection || strings.HasPrefix(key, rolePrefix)
}
