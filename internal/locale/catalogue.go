// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package locale

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Keys of the common phrases.
const (
	// KeyName is the language's own name.
	KeyName = "language.name"
	// KeyDirection is ltr or rtl.
	KeyDirection = "language.direction"
	// KeyDate is the format of a time.
	KeyDate = "date"
	// KeyWeekdays and KeyMonths are lists separated by commas, starting with Sunday and January.
	KeyWeekdays = "weekdays"
	KeyMonths   = "months"

	rolePrefix = "role."
)

// Catalogue contains the phrases of one language by key. Words in braces stand for values.
type Catalogue struct {
	tag     string
	phrases map[string]string
}

// Tag returns the language's BCP 47 tag.
func (c *Catalogue) Tag() string { return c.tag }

// Keys returns all keys, sorted.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.phrases)) }

// Get returns a phrase, or an empty string if the catalogue does not have it.
func (c *Catalogue) Get(key string) string { return c.phrases[key] }

// Phrase returns a phrase, or an error if the catalogue does not have it.
func (c *Catalogue) Phrase(key string) (string, error) {
	if phrase, ok := c.phrases[key]; ok {
		return phrase, nil
	}
	return "", fmt.Errorf("language %s has no phrase %q", c.tag, key)
}

// Role returns the translated name of a role in the API. A role without a phrase keeps its name.
func (c *Catalogue) Role(name string) string {
	if written, ok := c.phrases[rolePrefix+name]; ok {
		return written
	}
	return name
}

// Time formats a time in a time zone, to the minute; nil is UTC.
func (c *Catalogue) Time(t time.Time, location *time.Location) string {
	if location == nil {
		location = time.UTC
	}
	t = t.In(location)
	zone := t.Format("MST")
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") {
		zone = "UTC" + zone
	}
	return Values{
		"weekday": c.item(KeyWeekdays, int(t.Weekday())),
		"day":     strconv.Itoa(t.Day()),
		"month":   c.item(KeyMonths, int(t.Month())-1),
		"year":    strconv.Itoa(t.Year()),
		"time":    t.Format("15:04"),
		"zone":    zone,
	}.Fill(c.phrases[KeyDate])
}

func (c *Catalogue) item(key string, index int) string {
	if items := Items(c.phrases[key]); index < len(items) {
		return items[index]
	}
	return ""
}

// Items splits a phrase that is a list.
func Items(phrase string) []string {
	items := strings.Split(phrase, ",")
	for i, item := range items {
		items[i] = strings.TrimSpace(item)
	}
	return items
}
