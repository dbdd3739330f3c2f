// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import "strings"

// aboutQuestion tells whether a mail is about a customer's question.
func (k Kind) aboutQuestion() bool {
	return k == QuestionConfirmation || k == QuestionReceipt || k == Question
}

// leads tells whether a mail must hold a link.
func (k Kind) leads() bool { return k != Welcome && k != Question && !k.forContacts() }

// quotes tells whether a mail holds what somebody wrote.
func (k Kind) quotes() bool { return k == Invitation || k == Question }

// forQuestion gives the layouts that a question is written with: those that ship, where others leave out what the customer
// wrote, which must not be lost.
func (t *Templates) forQuestion(v *view) *Templates {
	const probe = "usherprobe"
	probed := *v
	probed.Message = []string{probe}
	layouts := *t
	if text, err := execute(TextFile, t.text, &probed); err != nil || !strings.Contains(text, probe) {
		layouts.text = shipped.text
	}
	if html, err := execute(HTMLFile, t.html, &probed); err != nil || !strings.Contains(html, probe) {
		layouts.html = shipped.html
	}
	return &layouts
}
