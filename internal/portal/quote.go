// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"strings"
	"unicode/utf8"

	"github.com/usher-operator/usher/internal/locale"
)

const (
	// longText and longLines are from how many characters and lines on a text is folded.
	longText, longLines = 280, 6
	// previewText is how many characters of a folded text are shown.
	previewText = 90
)

// quote is a text that somebody has written. The style sheet keeps its line breaks.
type quote struct {
	// Caption says whose text it is; empty: the page does.
	Caption string
	Text    string
	// Preview is how a text begins that is too long to be shown at once; empty: it is shown.
	Preview string
}

// newQuote returns a text as a page shows it, or nil if it is blank.
func newQuote(caption, text string) *quote {
	text = strings.Join(locale.Lines(text), "\n")
	switch {
	case text == "":
		return nil
	case isLong(text):
		return &quote{Caption: caption, Text: text, Preview: beginning(text)}
	default:
		return &quote{Caption: caption, Text: text}
	}
}

func isLong(text string) bool {
	return utf8.RuneCountInString(text) > longText || strings.Count(text, "\n") >= longLines
}

// beginning returns the beginning of a text in one line. It ends after a word, if there is a short one.
func beginning(text string) string {
	text = locale.OneLine(text)
	if utf8.RuneCountInString(text) <= previewText {
		return text
	}
	text = string([]rune(text)[:previewText])
	if end := strings.LastIndexByte(text, ' '); end > len(text)/2 {
		text = text[:end]
	}
	return text + "…"
}

// Quote returns what the inviter or the asker has written, or nil if there is nothing.
func (p *page) Quote() (*quote, error) {
	if p.Question != nil {
		return newQuote("", p.Question.Text), nil
	}
	key := "invite.message"
	if p.Link.Inviter == "" {
		key = "invite.messageUnsigned"
	}
	caption, err := p.T(key)
	return newQuote(caption, p.Link.Message), err
}
