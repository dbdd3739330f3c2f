// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kinds returns all kinds of mails.
func Kinds() []Kind {
	return []Kind{
		Invitation, Confirmation, Welcome, Suspended, AddressChange, Password, AccessChange,
		SeatsExhausted, InvitationUndeliverable, LastAdministratorHeld, LeaveRequested, MoreAlerts, StatusReport,
		QuestionConfirmation, QuestionReceipt, Question, QueueConfirmation,
	}
}

const sampleURL = "https://portal.usher.example/i/sample-sample-sample-sample-sample-sample?a=1&b=2"

// samples returns contents that templates are tested with: with every value, with as few as possible, and with those that an
// attacker would choose.
func samples(kind Kind, language string) map[string]Content {
	full := Content{
		Kind: kind, Language: language, Organization: "Acme S.A.", Inviter: "Ana Pérez", Recipient: "Luis Gómez",
		Role: "Member", Workspaces: []Word{PhraseOf("access.Edit", "workspace", "Soporte"), WordOf("Ventas")},
		Modules: []Word{PhraseOf("access.awaitingSeat", "module", "remote-support")}, Contact: "Ana Pérez (ana@acme.example)",
		Message: "Bienvenido al equipo.\n\nHasta el lunes.",
		URL:     sampleURL, Expires: time.Date(2026, time.November, 28, 10, 0, 0, 0, time.UTC), Location: time.UTC,
		Username: "luis@acme.example", Answered: true,
		Namespaces: []string{"acme-support", "acme-sales"}, Kubeconfig: "kubeconfig-acme-prod.yaml",
		AccountURL: "https://portal.usher.example/account",
		Commands:   []Command{{Label: PhraseOf("command.workspace", "workspace", "Soporte"), Line: "kubectl get all -n acme-support"}},
	}
	if kind.forContacts() || kind == AccessChange {
		full = sampleForContacts(full)
	}
	if kind == AccessChange {
		full.Facts = sampleAccess()
	}
	bare := Content{Kind: kind, Language: language, Organization: "Acme"}
	if kind.aboutQuestion() {
		full = sampleQuestion(full)
	}
	if kind.leads() {
		bare.URL = sampleURL
	}
	hostile := full
	const evil = "{{.URL}} {who} %s \"'><img src=https://evil.example/x onerror=alert(1)><a href=https://evil.example>" +
		"</td></table><script>alert(1)</script><style>@import 'https://evil.example'</style>\r\nBcc: x@evil.example\u202e\x00"
	hostile.Organization, hostile.Inviter, hostile.Recipient, hostile.Message, hostile.Username = evil, evil, evil, evil, evil
	hostile.Role, hostile.Subject = evil, evil
	if len(hostile.Facts) > 0 {
		hostile.Facts = append(hostile.Facts, Fact{Label: Word{Text: evil}, Values: []Word{{Text: evil}}})
	}
	hostile.Workspaces = []Word{
		PhraseOf("access.Edit", "workspace", evil), WordOf(strings.Repeat("w", 200)), WordOf("שלום"), WordOf("👩‍💻"),
	}
	hostile.Contact = evil
	hostile.Namespaces, hostile.Commands = []string{evil}, []Command{{Label: PhraseOf("command.workspace", "workspace", evil), Line: evil}}
	return map[string]Content{"with everything": full, "with the least": bare, "with hostile values": hostile}
}

// sampleForContacts returns a sample without the values that are only for invited people.
func sampleForContacts(c Content) Content {
	at := c.Expires
	c.Inviter, c.Message, c.URL, c.Username, c.Role, c.Contact, c.Expires = "", "", "", "", "", "", time.Time{}
	c.Workspaces, c.Modules = nil, nil
	c.Answered = false
	c.Subject = "remote-support"
	c.Values = map[string]string{"used": "7", "seats": "7", "waiting": "1", "total": "9", "active": "8", "pending": "1"}
	c.Facts = []Fact{
		{Label: Word{Key: "details.seats"}, Values: []Word{{Key: "seats.taken", Values: map[string]string{"used": "7", "seats": "7"}}}},
		{Label: Word{Key: "details.since"}, Values: []Word{{Time: at}}},
		{Label: Word{Key: "details.waiting"}, Values: []Word{{Text: "Luis Gómez"}, {Key: "more", Values: map[string]string{"n": "3"}}}},
	}
	return c
}

// sampleQuestion returns a sample without the values that are only for invited people.
func sampleQuestion(c Content) Content {
	c.Username, c.Role, c.Contact, c.Workspaces, c.Modules = "", "", "", nil, nil
	c.Answered = c.Kind == Question
	c.Subject = "El quiosco no arranca"
	c.Values = map[string]string{"workspace": "Soporte Acme", "reference": "K7M29QXD"}
	c.Facts = []Fact{
		{Label: Word{Key: "details.asker"}, Values: []Word{{Text: "Clara Ruiz"}, {Text: "clara@customer.example"}}},
		{Label: Word{Key: "details.subject"}, Values: []Word{{Text: c.Subject}}},
		{Label: Word{Key: "details.reference"}, Values: []Word{{Text: "K7M29QXD"}}},
		{Label: Word{Key: "details.asked"}, Values: []Word{{Time: c.Expires}}},
	}
	if c.Kind == Question {
		c.Inviter = "Clara Ruiz"
	}
	if !c.Kind.leads() {
		c.URL = ""
	}
	return c
}

// maxFailures is how many mails may fail to render before the test gives up: a template that fails for some mails fails for
// most, and an endless one takes long to fail.
const maxFailures = 3

// try renders every mail in every language and inspects each. It reports an error once, not for every language and kind.
func (t *Templates) try() error {
	var wrong []error
	told := map[string]bool{}
	failures := 0
	for _, c := range t.languages.All() {
		for _, kind := range Kinds() {
			all := samples(kind, c.Tag())
			for _, name := range []string{"with everything", "with the least", "with hostile values"} {
				faults, written := t.tryOne(all[name])
				for _, err := range faults {
					if told[err.Error()] {
						continue
					}
					told[err.Error()] = true
					wrong = append(wrong, fmt.Errorf("%w (found in the mail %s in %s, %s)", err, kind, c.Tag(), name))
				}
				if !written {
					failures++
				}
				if failures == maxFailures {
					return errors.Join(wrong...)
				}
			}
		}
	}
	return errors.Join(wrong...)
}

// tryOne returns what is wrong with one mail; false: it cannot be rendered at all.
func (t *Templates) tryOne(c Content) (faults []error, written bool) {
	r, err := t.render(c)
	if err != nil {
		return []error{err}, false
	}
	var wrong []error
	if err := inspectHTML(r.HTML, c.URL, c.AccountURL); err != nil {
		wrong = append(wrong, fmt.Errorf("%s: %w", HTMLFile, err))
	}
	if c.URL != "" && !slices.Contains(linksOf(r.HTML), c.URL) {
		wrong = append(wrong, fmt.Errorf(`%s: no link leads to {{.URL}}: add <a href="{{.URL}}">{{.Button}}</a>`, HTMLFile))
	}
	if c.URL != "" && !slices.Contains(strings.Fields(r.Text), c.URL) {
		wrong = append(wrong, fmt.Errorf("%s: {{.URL}} is missing: add it with spaces or line breaks around it", TextFile))
	}
	if strings.TrimSpace(r.Text) == "" || strings.TrimSpace(r.HTML) == "" {
		wrong = append(wrong, errors.New("a part is empty: both parts need a text"))
	}
	return wrong, true
}
