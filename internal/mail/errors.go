// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/usher-operator/usher/internal/locale"
	"github.com/usher-operator/usher/internal/mail/refusal"
)

// maxErrorText bounds the text of a server's answer in an error, in bytes.
const maxErrorText = 300

// DeliveryError says why a mail was not accepted. Its text contains the server's answer without links and anything that looks
// like a token, because servers quote the mail that they refuse.
type DeliveryError struct {
	// Code is the server's three-digit answer; 0: there was none, for example because the connection failed.
	Code int
	// Scope is what the server refused. Without an answer it is the connection.
	Scope refusal.Scope
	// Permanent is true when it is pointless to send the same mail again. That is so for recipients and mails only.
	Permanent bool
	// MailboxFull is true when the recipient's mailbox has no room at the moment.
	MailboxFull bool
	// RetryAt is set when the mail was not tried, because the server could not be reached for another mail shortly before. It
	// is the earliest time at which a connection is tried again.
	RetryAt time.Time

	text string
}

// Error returns what was attempted and what the server answered.
func (e *DeliveryError) Error() string { return e.text }

// IsPermanent reports whether err means that the server refuses the mail permanently. Any other error is worth a retry.
func IsPermanent(err error) bool {
	var delivery *DeliveryError
	return errors.As(err, &delivery) && delivery.Permanent
}

// ScopeOf returns what the mail server refused; empty: err is not about an attempt to send a mail.
func ScopeOf(err error) refusal.Scope {
	var delivery *DeliveryError
	if errors.As(err, &delivery) {
		return delivery.Scope
	}
	return ""
}

// IsMailboxFull reports whether err means that the recipient's mailbox is full.
func IsMailboxFull(err error) bool {
	var delivery *DeliveryError
	return errors.As(err, &delivery) && delivery.MailboxFull
}

// NotTried returns when to try again, if err means that the mail was not tried at all.
func NotTried(err error) (time.Time, bool) {
	var delivery *DeliveryError
	if errors.As(err, &delivery) && !delivery.RetryAt.IsZero() {
		return delivery.RetryAt, true
	}
	return time.Time{}, false
}

// deliveryError classifies the answer to a mail.
func deliveryError(server string, err error) *DeliveryError {
	out := temporary(server, err)
	var f *failure
	if errors.As(err, &f) {
		code, text := answerOf(f)
		verdict := refusal.Classify(phases[f.phase], code, text)
		out.Code, out.Scope, out.Permanent, out.MailboxFull = code, verdict.Scope, verdict.Permanent, verdict.MailboxFull
	}
	return out
}

// temporary returns the error of a mail that the server has not answered.
func temporary(server string, err error) *DeliveryError {
	return &DeliveryError{Scope: refusal.Connection, text: fmt.Sprintf("mail server %s: %s", server, scrub(err.Error()))}
}

// permanent returns the error of a mail that cannot be sent whatever the server answers.
func permanent(scope refusal.Scope, format string, args ...any) *DeliveryError {
	return &DeliveryError{Scope: scope, Permanent: true, text: "mail: " + fmt.Sprintf(format, args...)}
}

// secretLike matches links, and long runs without a space, which may be a token or part of one.
var secretLike = regexp.MustCompile(`\S*(?:://|/[aciq]/)\S*|[A-Za-z0-9_=-]{24,}`)

// scrub makes a server's answer safe for status fields and logs.
func scrub(answer string) string {
	answer = secretLike.ReplaceAllString(locale.OneLine(answer), "[…]")
	if len(answer) > maxErrorText {
		answer = strings.ToValidUTF8(answer[:maxErrorText], "") + "…"
	}
	return answer
}
