// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr

import (
	"fmt"
	"strings"

	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// MaxRecipients is how many addresses one Invitation may name.
const MaxRecipients = 100

// maxFaults bounds what is said about one list.
const maxFaults = 10

// Addressee is one person in an address list.
type Addressee struct {
	// Email is the bare address as it was first written.
	Email string
	// Name is the first name given with the address; empty: none was.
	Name string
}

// String gives the addressee in the form that ParseAddresses reads.
func (a Addressee) String() string {
	if a.Name == "" {
		return a.Email
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.Name) + `" <` + a.Email + `>`
}

// Fault is one thing that is wrong with an address list.
type Fault struct {
	// Entry is the number of the entry at fault, from 1; 0: the list as a whole.
	Entry int
	// Message says what is wrong and what to do, the entry's number and the text at fault included.
	Message string
}

// Faults is the error of ParseAddresses: all that is wrong, up to a bound.
type Faults []Fault

// Error joins the faults.
func (f Faults) Error() string {
	messages := make([]string, 0, len(f))
	for _, fault := range f {
		messages = append(messages, fault.Message)
	}
	return strings.Join(messages, "; ")
}

// ParseList reads entries that each hold one or more addresses, bare or as `Ana Pérez <ana@acme.example>`, separated
// by white space, comma, semicolon or line breaks (NOV-3). A name with a comma or semicolon stands in quotes. People come
// in the order given, each once. The error is of type Faults.
func ParseList(entries []string) ([]Addressee, error) {
	list := addressList{index: map[string]int{}}
	for n, entry := range entries {
		list.read(n+1, entry)
		if len(list.faults) >= maxFaults {
			return nil, list.faults
		}
	}
	switch {
	case len(list.faults) > 0:
		return nil, list.faults
	case len(list.people) == 0:
		return nil, Faults{{Message: "names no address: at least one is needed, such as ana@acme.example"}}
	case len(list.people) > MaxRecipients:
		return nil, Faults{{Message: fmt.Sprintf("names %d addresses, at most %d are possible: split it into several invitations",
			len(list.people), MaxRecipients)}}
	}
	return list.people, nil
}

// addressList gathers the people of all entries.
type addressList struct {
	people []Addressee
	index  map[string]int
	faults Faults
}

// read takes one entry apart: words gather until an address in angle brackets makes a name of them, or a separator ends
// them.
func (l *addressList) read(entry int, text string) {
	var words []token
	for _, t := range tokens(text) {
		switch t.kind {
		case tokenWord, tokenQuoted:
			words = append(words, t)
			continue
		case tokenAngle:
			l.addNamed(entry, words, t)
		case tokenBroken:
			l.fault(entry, `%s cannot be read: close quotes and angle brackets, and separate addresses, as in `+
				`"Pérez, Ana" <ana@acme.example>, eva@acme.example`, show(t.text))
		case tokenEnd:
			l.addBare(entry, words, t.text == ",")
		}
		words = nil
	}
	l.addBare(entry, words, false)
}

// addBare takes words that no address in angle brackets follows. Words side by side that are no addresses are one fault.
func (l *addressList) addBare(entry int, words []token, comma bool) {
	var wrong []string
	for n, word := range words {
		if word.kind == tokenWord && Valid(word.text) {
			l.add(Addressee{Email: word.text})
			continue
		}
		wrong = append(wrong, word.text)
		if n+1 < len(words) && !strings.Contains(word.text+words[n+1].text, "@") {
			continue
		}
		hint := ""
		if comma && !strings.Contains(word.text, "@") {
			hint = ` (a name that holds a comma stands in quotes: "Pérez, Ana" <ana@acme.example>)`
		}
		l.fault(entry, "%s is not an e-mail address such as ana@acme.example%s", show(strings.Join(wrong, " ")), hint)
		wrong = nil
	}
}

// addNamed takes an address in angle brackets and the words before it. Leading words with an @ are bare addresses, the
// rest is the name.
func (l *addressList) addNamed(entry int, words []token, angle token) {
	for len(words) > 0 && words[0].kind == tokenWord && strings.Contains(words[0].text, "@") {
		l.addBare(entry, words[:1], false)
		words = words[1:]
	}
	parts := make([]string, 0, len(words))
	for _, w := range words {
		parts = append(parts, w.text)
	}
	name := strings.TrimSpace(strings.Join(parts, " "))
	switch {
	case !Valid(angle.text):
		l.fault(entry, "%s is not an e-mail address such as ana@acme.example", show(angle.text))
	case name != "" && !ValidName(name):
		l.fault(entry, "the name %s of %s must be one line of at most %d characters, without control characters and without "+
			"those that turn the direction of text", show(name), angle.text, maxNameLength)
	default:
		l.add(Addressee{Email: angle.text, Name: name})
	}
}

// add takes a person once; a name that comes later serves who has none.
func (l *addressList) add(a Addressee) {
	key := Normalize(a.Email)
	n, known := l.index[key]
	switch {
	case !known:
		l.index[key] = len(l.people)
		l.people = append(l.people, a)
	case l.people[n].Name == "":
		l.people[n].Name = a.Name
	}
}

func (l *addressList) fault(entry int, format string, args ...any) {
	if len(l.faults) < maxFaults {
		l.faults = append(l.faults, Fault{Entry: entry, Message: fmt.Sprintf("entry %d: ", entry) + fmt.Sprintf(format, args...)})
	}
}

// maxShown is how many bytes of a text at fault are shown.
const maxShown = 80

// show quotes a text so that nothing in it does harm where it is printed.
func show(text string) string {
	if len(text) > maxShown {
		text = attempt.Shorten(text, maxShown) + "…"
	}
	return fmt.Sprintf("%q", text)
}
