// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"fmt"
	"strings"

	"github.com/usher-operator/usher/internal/locale"
)

// forContacts reports whether a mail goes to contacts rather than to an invited person.
func (k Kind) forContacts() bool {
	switch k {
	case SeatsExhausted, InvitationUndeliverable, LastAdministratorHeld, LeaveRequested, MoreAlerts, StatusReport:
		return true
	default:
		return false
	}
}

// Short writes an alert or a report in one line, for a phone, with the templates that ship.
func Short(c Content) (string, error) { return shipped.Short(c) }

// Short writes an alert or a report in one line, for a phone.
func (t *Templates) Short(c Content) (string, error) {
	l := catalogue{t.languages.Closest(c.Language)}
	phrase := l.variant(c, "short")
	values, err := newValues(c)
	if phrase == "" {
		err = fmt.Errorf("mail: the kind %s has no short form", c.Kind)
	}
	if err != nil {
		return "", err
	}
	return values.Fill(phrase), nil
}

// Short writes an alert or a report in one line with the templates in force.
func (f *InForce) Short(c Content) (string, error) {
	if f != nil {
		if t := f.current.Load(); t != nil {
			return t.Short(c)
		}
	}
	return shipped.Short(c)
}

// facts returns the labelled lines of a mail.
func (c catalogue) facts(content Content) []detail {
	all := make([]detail, 0, len(content.Facts))
	for _, fact := range content.Facts {
		var shown []string
		for _, word := range fact.Values {
			if value := c.word(word, content); value != "" {
				shown = append(shown, value)
			}
		}
		if len(shown) > 0 {
			all = append(all, detail{Label: c.word(fact.Label, content), Value: strings.Join(shown, ", ")})
		}
	}
	return all
}

func (c catalogue) word(w Word, content Content) string {
	switch {
	case w.Key != "":
		values := make(locale.Values, len(w.Values))
		for key, value := range w.Values {
			values[key] = c.isolate(name(value))
		}
		return values.Fill(c.Get(w.Key))
	case !w.Time.IsZero():
		return c.Time(w.Time, content.Location)
	default:
		return c.isolate(name(w.Text))
	}
}
