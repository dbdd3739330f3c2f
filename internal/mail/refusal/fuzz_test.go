// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package refusal_test

import (
	"slices"
	"testing"

	"github.com/usher-operator/usher/internal/mail/refusal"
)

// FuzzClassify reads any answer: nobody is refused for what happened before they were named, and nothing is permanent but a 5xx about a
// mail or a recipient.
func FuzzClassify(f *testing.F) {
	f.Add(int(refusal.PhaseSender), 550, "5.7.60 SMTP; Client does not have permissions to send as this sender")
	f.Add(int(refusal.PhaseRecipient), 550, "5.1.1 <gone@acme.example>: Recipient address rejected: User unknown")
	f.Add(int(refusal.PhaseText), 550, "5.4.5 Daily user sending limit exceeded")
	f.Add(int(refusal.PhaseRecipient), 552, "5.2.2 over quota")
	f.Add(int(refusal.PhaseText), 554, "\xff<<>@://. 5.999.999")
	f.Fuzz(func(t *testing.T, phase, code int, text string) {
		phase &= int(refusal.PhaseText) // four phases
		v := refusal.Classify(refusal.Phase(phase), code, text)
		if !slices.Contains(refusal.Scopes(), v.Scope) {
			t.Fatalf("no scope: %q", v.Scope)
		}
		if v.Permanent && (code < 500 || v.Scope != refusal.Message && v.Scope != refusal.Recipient) {
			t.Errorf("%d about the %s must not be permanent", code, v.Scope)
		}
		if v.MailboxFull && (v.Permanent || v.Scope != refusal.Recipient) {
			t.Errorf("a full mailbox is the recipient's, for now: %+v", v)
		}
		if v.Scope == refusal.Recipient && phase < int(refusal.PhaseRecipient) {
			t.Errorf("nobody was named yet: %+v", v)
		}
	})
}
