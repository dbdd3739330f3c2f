// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import "strings"

// aboutQuestion reports whether a mail is about customers' questions, or about the queue that they go to.
func (k Kind) aboutQuestion() bool {
	return k == QuestionConfirmation || k == QuestionReceipt || k == Question || k == QueueConfirmation
}

// leads reports whether a mail must contain a link.
func (k Kind) leads() bool {
	return k != Welcome && k != Suspended && k != AccessChange && k != Question && !k.forContacts()
}

// quotes reports whether a mail contains what somebody wrote.
func (k Kind) quotes() bool { return k == Invitation || k == Question }

// forQuestion returns the layouts for a question. If a custom layout leaves out what the customer wrote, it returns those that
// ship, because the question must not be lost.
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
