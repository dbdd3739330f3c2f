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

// newContactPage returns a page that belongs to a workspace's contact page.
func newContactPage(r *http.Request, s screen, contactPage *ContactPage) *page {
	p := newPage(r, s.name, &Link{
		Organization: contactPage.Organization, Language: contactPage.Language, Branding: contactPage.Branding,
	})
	p.Link, p.ContactPage = nil, contactPage
	p.values["workspace"] = locale.OneLine(contactPage.Title)
	if path := contactPagePath(r); path != "" {
		p.Path = path
	}
	return p
}

// showQuestion adds a question to the page.
func (p *page) showQuestion(q *Question) {
	p.Question = q
	p.values["reference"] = q.Reference
	p.values["email"] = locale.OneLine(q.Address)
}

// Heading returns the workspace's title.
func (p *page) Heading() string { return p.values["workspace"] }

// LongHeading reports whether the title is so long that the heading takes many lines.
func (p *page) LongHeading() bool { return utf8.RuneCountInString(p.Heading()) > maxShortNames }

// Introduction returns the workspace's text. The style sheet keeps its line breaks.
func (p *page) Introduction() string {
	return strings.Join(locale.Lines(p.ContactPage.Introduction), "\n")
}

// longIntroduction is from how many characters on a workspace's text is folded on a phone, on which the form is to be seen.
const longIntroduction = 140

// LongIntroduction reports whether the workspace's text is folded on a phone.
func (p *page) LongIntroduction() bool {
	return utf8.RuneCountInString(p.Introduction()) > longIntroduction || strings.Count(p.Introduction(), "\n") > 2
}

// IntroductionPreview returns how the workspace's text begins.
func (p *page) IntroductionPreview() string { return beginning(p.Introduction()) }

// AskAgain returns the URL of the page on which a customer can ask another question, or "" on pages that do not offer it.
func (p *page) AskAgain() string {
	offered := p.Name == screenQuestionSent.name || p.Name == screenReceived.name || p.Name == screenQuestions.name
	if !offered || p.ContactPage == nil || p.ContactPage.Path == "" || p.ContactPage.Closed {
		return ""
	}
	return p.ContactPage.Path + p.Query()
}

// AtHand reports whether technicians are available now.
func (p *page) AtHand() bool {
	open, _ := question.AtHand(p.ContactPage.Hours, p.ContactPage.Now, p.ContactPage.Location)
	return open
}

// Presence returns the sentence that says whether technicians are available and, if not, until when a question waits. It returns
// "" if the workspace has no hours.
func (p *page) Presence() (string, error) {
	if len(p.ContactPage.Hours) == 0 {
		return "", nil
	}
	open, next := question.AtHand(p.ContactPage.Hours, p.ContactPage.Now, p.ContactPage.Location)
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

// Zone returns the time zone of the hours.
func (p *page) Zone() string {
	zone := p.ContactPage.Now.In(p.ContactPage.Location).Format("MST")
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") {
		return "UTC" + zone
	}
	return zone
}

// hoursLine is a line of the opening hours.
type hoursLine struct{ Days, Times string }

// Hours returns the opening hours, line by line.
func (p *page) Hours() []hoursLine {
	var lines []hoursLine
	for _, run := range question.Runs(p.ContactPage.Hours) {
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

// When returns a time in the organization's time zone, written out.
func (p *page) When(at time.Time) string { return p.locale.Time(at, p.ContactPage.Location) }

// StateOf returns the state of a question, written out.
func (p *page) StateOf(q Question) (string, error) {
	phrase, err := p.locale.Phrase("state." + string(q.State))
	at := q.ConfirmedAt
	switch q.State {
	case question.Waiting:
		at = q.At.Add(question.ConfirmWithin)
	case question.Passed:
		at = q.PassedOnAt
	}
	return locale.Values{"time": p.When(at)}.Fill(phrase), err
}

// Hint returns what to do next. A contact page has hints of its own, because no mail leads to it.
func (p *page) Hint() (template.HTML, error) {
	if hint := p.locale.Get("notice." + p.Name + ".hintPage"); p.customer && hint != "" {
		return p.values.FillHTML(hint), nil
	}
	return p.H(p.noticeKey("hint"))
}
