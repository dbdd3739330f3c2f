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
)

// maxErrorText bounds the text of a server's answer in an error, in bytes.
const maxErrorText = 300

// DeliveryError says why a mail was not accepted. Its text contains the server's answer without links and anything that looks
// like a token, because servers quote the mail that they refuse.
type DeliveryError struct {
	// Code is the server's three-digit answer; 0: there was none, for example because the connection failed.
	Code int
	// Permanent is true when it is pointless to send the same mail again.
	Permanent bool
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

// authenticationCodes are 5xx answers about the operator's account, not about the mail: they stop when somebody corrects the
// configuration.
var authenticationCodes = map[int]bool{530: true, 534: true, 535: true, 538: true}

// NotTried returns when to try again, if err means that the mail was not tried at all.
func NotTried(err error) (time.Time, bool) {
	var delivery *DeliveryError
	if errors.As(err, &delivery) && !delivery.RetryAt.IsZero() {
		return delivery.RetryAt, true
	}
	return time.Time{}, false
}

// deliveryError classifies the answer to a mail. An answer from before the first command of the mail is not about the mail.
func deliveryError(server string, err error) *DeliveryError {
	out := temporary(server, err)
	var f *failure
	if errors.As(err, &f) {
		out.Code = codeOf(f)
		out.Permanent = out.Code >= 500 && !authenticationCodes[out.Code]
	}
	return out
}

func temporary(server string, err error) *DeliveryError {
	return &DeliveryError{text: fmt.Sprintf("mail server %s: %s", server, scrub(err.Error()))}
}

func permanent(format string, args ...any) *DeliveryError {
	return &DeliveryError{Permanent: true, text: "mail: " + fmt.Sprintf(format, args...)}
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
