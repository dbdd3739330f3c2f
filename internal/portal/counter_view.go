// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"html/template"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/usher-operator/usher/internal/locale"
	"github.com/usher-operator/usher/internal/question"
)

// newCounterPage begins a page of a workspace's.
func newCounterPage(r *http.Request, s screen, counter *Counter) *page {
	p := newPage(r, s.name, &Link{Organization: counter.Organization, Language: counter.Language})
	p.Link, p.Counter = nil, counter
	p.values["workspace"] = locale.OneLine(counter.Title)
	if path := counterPath(r); path != "" {
		p.Path = path
	}
	return p
}

// know lets the page tell of a question.
func (p *page) know(asked *Asked) {
	p.Question = asked
	p.values["reference"] = asked.Reference
	p.values["email"] = locale.OneLine(asked.Address)
}

// Accent is the address of the style sheet with the workspace's color; empty: the portal's own is shown.
func (p *page) Accent() string {
	if p.Counter == nil {
		return ""
	}
	return accentAddress(p.Counter.AccentColor)
}

// Heading is the workspace's title.
func (p *page) Heading() string { return p.values["workspace"] }

// LongHeading tells that the title makes for a heading of many lines.
func (p *page) LongHeading() bool { return utf8.RuneCountInString(p.Heading()) > maxShortNames }

// Introduction is the workspace's text; its line breaks are kept by the style sheet.
func (p *page) Introduction() string { return strings.Join(locale.Lines(p.Counter.Introduction), "\n") }

// Text is what was asked; its line breaks are kept by the style sheet.
func (p *page) Text() string { return strings.Join(locale.Lines(p.Question.Text), "\n") }

// AtHand tells whether technicians are at hand.
func (p *page) AtHand() bool {
	open, _ := question.AtHand(p.Counter.Hours, p.Counter.Now, p.Counter.Location)
	return open
}

// Presence says whether technicians are at hand, and if not until when a question waits; empty: nothing is known of it.
func (p *page) Presence() (string, error) {
	if len(p.Counter.Hours) == 0 {
		return "", nil
	}
	open, next := question.AtHand(p.Counter.Hours, p.Counter.Now, p.Counter.Location)
	key := "presence.later"
	switch {
	case open:
		key = "presence.now"
	case next.Time == "":
		return "", nil
	case next.Days == 0:
		key = "presence.today"
	case next.Days == 1:
		key = "presence.tomorrow"
	}
	phrase, err := p.locale.Phrase(key)
	return locale.Values{"weekday": p.weekday(next.Weekday), "time": next.Time}.Fill(phrase), err
}

// Zone is the time zone of the hours.
func (p *page) Zone() string {
	zone := p.Counter.Now.In(p.Counter.Location).Format("MST")
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") {
		return "UTC" + zone
	}
	return zone
}

// hoursLine is a line of the opening hours.
type hoursLine struct{ Days, Times string }

// Hours are the opening hours, line by line.
func (p *page) Hours() []hoursLine {
	var lines []hoursLine
	for _, run := range question.Runs(p.Counter.Hours) {
		days := p.weekday(run.From)
		if run.To != run.From {
			days += " – " + p.weekday(run.To)
		}
		times := run.Opens + " – " + run.Closes
		if n := len(lines); n > 0 && lines[n-1].Days == upperFirst(days) {
			lines[n-1].Times += ", " + times
			continue
		}
		lines = append(lines, hoursLine{Days: upperFirst(days), Times: times})
	}
	return lines
}

func upperFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

func (p *page) weekday(day time.Weekday) string {
	return locale.Items(p.locale.Get(locale.KeyWeekdays))[day]
}

// When writes a time in the organization's time zone.
func (p *page) When(at time.Time) string { return p.locale.Time(at, p.Counter.Location) }

// StateOf says where a question stands.
func (p *page) StateOf(a Asked) (string, error) {
	phrase, err := p.locale.Phrase("state." + string(a.State))
	at := a.ConfirmedAt
	switch a.State {
	case question.Waiting:
		at = a.At.Add(question.ConfirmWithin)
	case question.Passed:
		at = a.PassedOnAt
	}
	return locale.Values{"time": p.When(at)}.Fill(phrase), err
}

// Hint says what to do after a notice. No mail leads to a customer's page.
func (p *page) Hint() (template.HTML, error) {
	if hint := p.locale.Get("notice." + p.Name + ".hintPage"); p.customer && hint != "" {
		return p.values.FillHTML(hint), nil
	}
	return p.H("notice", p.Name, "hint")
}
