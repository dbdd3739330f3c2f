// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// MaxRecipients is how many addresses one Invitation may name.
const MaxRecipients = 100

// maxListLength is how many bytes all entries of a list have together at most. It is room for MaxRecipients long addresses with names,
// several times over, because a pasted list may name people again and again.
const maxListLength = 128 << 10

// maxFaults bounds the faults that are reported of one list.
const maxFaults = 10

// Addressee is one person in an address list.
type Addressee struct {
	// Email is the bare address as it was first written.
	Email string
	// Name is the first display name that came with the address; empty: none did.
	Name string
	// Joined reports that the name contains a comma that was not in quotes, so that somebody else may have been meant before it.
	Joined bool
}

// String returns the addressee in the form that ParseList reads.
func (a Addressee) String() string {
	if a.Name == "" {
		return a.Email
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.Name) + `" <` + a.Email + `>`
}

// Fault is one thing that is wrong with an address list.
type Fault struct {
	// Entry is the number of the entry with the fault, from 1; 0: the list as a whole.
	Entry int
	// Message says what is wrong and what to do. It contains the number of the entry and the text with the fault.
	Message string
}

// Faults is the error of ParseList: everything that is wrong, up to maxFaults.
type Faults []Fault

// Error joins the faults.
func (f Faults) Error() string {
	messages := make([]string, 0, len(f))
	for _, fault := range f {
		messages = append(messages, fault.Message)
	}
	return strings.Join(messages, "; ")
}

// ParseList reads entries that each contain one or more addresses, bare or as `Ana Pérez <ana@acme.example>`, separated by
// white space, commas, semicolons or line breaks (NOV-3). A name with a semicolon must be in quotes. A name with a comma need not be, as
// mail programs write `Pérez, Ana <ana@acme.example>`: what is before the comma belongs to the name if it is no address. It returns
// people in the order of the list, each person once. The error is of type Faults.
func ParseList(entries []string) ([]Addressee, error) {
	length := 0
	for _, entry := range entries {
		length += len(entry)
	}
	if length > maxListLength {
		return nil, Faults{{Message: fmt.Sprintf("has %d KiB of text, but at most %d KiB are allowed: name each address once, or split "+
			"the list into several Invitations", (length+1023)>>10, maxListLength>>10)}}
	}
	people, err := ParseLongList(entries)
	if err != nil {
		return nil, err
	}
	if len(people) > MaxRecipients {
		return nil, Faults{{Message: fmt.Sprintf("contains %d addresses, but at most %d are allowed: split the list into several "+
			"Invitations", len(people), MaxRecipients)}}
	}
	return people, nil
}

// ParseLongList reads entries like ParseList, however many they are. Who sends the list to the API server splits it.
func ParseLongList(entries []string) ([]Addressee, error) {
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
		return nil, Faults{{Message: "contains no address: add at least one, such as ana@acme.example"}}
	}
	return list.people, nil
}

// addressList gathers the people of all entries.
type addressList struct {
	people []Addressee
	index  map[string]int
	faults Faults
}

// read reads one entry. It gathers words until either an address in angle brackets turns them into a name, or a separator ends
// them. Words that a comma ends are held back if they are no address, because they may be the first part of a name.
func (l *addressList) read(entry int, text string) {
	var held, words []token
	flush := func() {
		l.addBare(entry, held, true)
		l.addBare(entry, words, false)
		held, words = nil, nil
	}
	for _, t := range tokens(text) {
		switch t.kind {
		case tokenWord, tokenQuoted:
			words = append(words, t)
			continue
		case tokenAngle:
			l.addNamed(entry, held, words, t)
		case tokenBroken:
			l.fault(entry, `%s cannot be read: close quotes and angle brackets, and separate addresses, as in `+
				`"Pérez, Ana" <ana@acme.example>, eva@acme.example`, show(t.text))
		case tokenEnd:
			if t.text == "," && len(words) > 0 && !containsAt(words) {
				words[len(words)-1].text += ","
				held = append(held, words...)
				words = nil
				continue
			}
			flush()
		}
		held, words = nil, nil
	}
	flush()
}

func containsAt(words []token) bool {
	return slices.ContainsFunc(words, func(w token) bool { return strings.Contains(w.text, "@") })
}

// addBare adds words that are not followed by an address in angle brackets. Adjacent words that are not addresses are one fault.
// Words that were held back are no addresses, and each part that a comma ends is a fault.
func (l *addressList) addBare(entry int, words []token, held bool) {
	var wrong []string
	for n, word := range words {
		if word.kind == tokenWord && Valid(word.text) {
			l.add(Addressee{Email: word.text})
			continue
		}
		text, ended := word.text, false
		if held {
			text, ended = strings.CutSuffix(text, ",")
		}
		wrong = append(wrong, text)
		if n+1 < len(words) && !ended && !strings.Contains(word.text+words[n+1].text, "@") {
			continue
		}
		hint := ""
		if held {
			hint = " (a name is followed by the address in angle brackets: Pérez, Ana <ana@acme.example>)"
		}
		l.fault(entry, "%s is not an email address such as ana@acme.example%s", show(strings.Join(wrong, " ")), hint)
		wrong = nil
	}
}

// addNamed adds an address in angle brackets with the words before it. Leading words with an @ are bare addresses, the others are
// the name, together with words that were held back and directly precede it.
func (l *addressList) addNamed(entry int, held, words []token, angle token) {
	if len(words) > 0 && strings.Contains(words[0].text, "@") {
		l.addBare(entry, held, true)
		held = nil
	}
	for len(words) > 0 && words[0].kind == tokenWord && strings.Contains(words[0].text, "@") {
		l.addBare(entry, words[:1], false)
		words = words[1:]
	}
	words = append(held, words...)
	parts := make([]string, 0, len(words))
	for _, w := range words {
		parts = append(parts, w.text)
	}
	name := strings.TrimSpace(strings.Join(parts, " "))
	if len(held) > 0 {
		name = strings.TrimRight(name, ", ")
	}
	switch {
	case !Valid(angle.text):
		l.fault(entry, "%s is not an email address such as ana@acme.example", show(angle.text))
	case name != "" && !ValidName(name):
		l.fault(entry, "the name %s of %s must be a single line of at most %d characters, without control characters or "+
			"characters that change the direction of text", show(name), angle.text, maxNameLength)
	default:
		l.add(Addressee{Email: angle.text, Name: name, Joined: len(held) > 0 && strings.Contains(name, ",")})
	}
}

// add adds a person, unless the list has them already. A person without a name gets the first one that follows.
func (l *addressList) add(a Addressee) {
	key := Normalize(a.Email)
	n, known := l.index[key]
	switch {
	case !known:
		l.index[key] = len(l.people)
		l.people = append(l.people, a)
	case l.people[n].Name == "":
		l.people[n].Name, l.people[n].Joined = a.Name, a.Joined
	}
}

func (l *addressList) fault(entry int, format string, args ...any) {
	if len(l.faults) < maxFaults {
		l.faults = append(l.faults, Fault{Entry: entry, Message: fmt.Sprintf("entry %d: ", entry) + fmt.Sprintf(format, args...)})
	}
}

// maxShown is how many bytes of a text with a fault are shown.
const maxShown = 80

// show quotes a text so that it is safe to print.
func show(text string) string {
	if len(text) > maxShown {
		text = attempt.Shorten(text, maxShown) + "…"
	}
	return fmt.Sprintf("%q", text)
}
