// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package attempt holds the result of one attempt to deliver a message, and when to try again. It has no client and no clock.
package attempt

import (
	"strings"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Backoff returns how long to wait after the attempts-th attempt: it doubles from ten seconds up to an hour.
func Backoff(attempts int32) time.Duration {
	const first, most = 10 * time.Second, time.Hour
	wait := first
	for i := int32(1); i < attempts && wait < most; i++ {
		wait *= 2
	}
	return min(wait, most)
}

// longestHold is longer than a message waits for a server that cannot be reached, before it is tried.
const longestHold = 2 * time.Minute

// Wait returns how long until a message is due again after that many attempts. A time further ahead than any wait can be was written, or
// is read, by a clock that is wrong: the message is due. The wait for a budget of the platform has no such limit.
func Wait(next time.Time, attempts int32, budget string, now time.Time) time.Duration {
	wait := max(next.Sub(now), 0)
	if budget == "" && wait > Backoff(attempts)+longestHold {
		return 0
	}
	return wait
}

// Result is the result of an attempt to deliver a message.
type Result struct {
	// MessageID identifies the message.
	MessageID string
	// Kind is the kind of the mail, if it is one to an invited person: what it says is decided when it is sent.
	Kind v1alpha1.MailKind
	// Error is why the message was not accepted; empty: it was accepted.
	Error string
	// Permanent is true when it is pointless to send the message again.
	Permanent bool
	// Scope is what the mail server refused; empty: it is not known, or the message was not a mail.
	Scope v1alpha1.MailScope
	// MailboxFull is true when the recipient's mailbox is full.
	MailboxFull bool
	// RetryAt is set when the message was not tried, because the server cannot be reached or a budget is used up. It is when to try it.
	RetryAt time.Time
	// Budget is the platform's budget for which the message waits; empty: it does not wait for one.
	Budget string
}

// ForRecipient returns the result for a message that only its recipient's refusal ends. A mail that is refused for its content is the
// platform's to correct, so it is tried again.
func (r Result) ForRecipient() Result {
	if r.Scope == v1alpha1.MailScopeMessage {
		r.Permanent = false
	}
	return r
}

// RetryTime returns when to try a message again after its attempts-th attempt; zero: never. A message that was not tried is due
// when the server may be reachable again. Times are whole seconds, as in a status.
func (r Result) RetryTime(attempts int32, now time.Time) time.Time {
	switch {
	case !r.RetryAt.IsZero():
		return r.RetryAt.Add(time.Second).Truncate(time.Second)
	case r.Error == "" || r.Permanent:
		return time.Time{}
	default:
		return now.Add(Backoff(attempts)).Truncate(time.Second)
	}
}

// Shorten cuts a text to at most that many bytes, between two characters.
func Shorten(s string, most int) string {
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

// Lowest returns the shorter of two waits, where zero means no wait.
func Lowest(a, b time.Duration) time.Duration {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}
