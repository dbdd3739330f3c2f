// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// maxErrorText bounds the text of a server's answer in an error, in bytes.
const maxErrorText = 300

// DeliveryError is why a mail was not taken. Its text holds the server's answer, cleaned of links and of whatever looks
// like a token: servers quote the mail that they refuse.
type DeliveryError struct {
	// Code is the server's three-digit answer; 0: there was none, the connection failed for example.
	Code int
	// Permanent is true when sending the same mail again is of no use.
	Permanent bool

	text string
}

// Error says what was attempted and what the server answered.
func (e *DeliveryError) Error() string { return e.text }

// IsPermanent tells whether err means that the server refuses the mail for good. Everything else is worth another try.
func IsPermanent(err error) bool {
	var delivery *DeliveryError
	return errors.As(err, &delivery) && delivery.Permanent
}

// authenticationCodes are 5xx answers about the operator's account and not about the mail: they end when somebody
// corrects the configuration.
var authenticationCodes = map[int]bool{530: true, 534: true, 535: true, 538: true}

// refusalReasons are the steps of a delivery at which an answer is about the mail itself.
var refusalReasons = map[gomail.SendErrReason]bool{
	gomail.ErrSMTPMailFrom:  true,
	gomail.ErrSMTPRcptTo:    true,
	gomail.ErrSMTPData:      true,
	gomail.ErrSMTPDataClose: true,
}

func deliveryError(server string, err error) *DeliveryError {
	var sent *gomail.SendError
	if !errors.As(err, &sent) {
		return temporary(server, err)
	}
	code := sent.ErrorCode()
	// What follows the answer in the library's text is the address and the Message-ID, which the caller knows.
	answer, _, _ := strings.Cut(sent.Error(), ", affected ")
	return &DeliveryError{
		Code:      code,
		Permanent: code >= 500 && refusalReasons[sent.Reason] && !authenticationCodes[code],
		text:      fmt.Sprintf("mail server %s: %s", server, scrub(answer)),
	}
}

func temporary(server string, err error) *DeliveryError {
	return &DeliveryError{text: fmt.Sprintf("mail server %s: %s", server, scrub(err.Error()))}
}

func permanent(format string, args ...any) *DeliveryError {
	return &DeliveryError{Permanent: true, text: "mail: " + fmt.Sprintf(format, args...)}
}

// secretLike matches links and long runs without a blank, which may be a token or a part of one.
var secretLike = regexp.MustCompile(`\S*(?:://|/[ci]/)\S*|[A-Za-z0-9_=-]{24,}`)

// scrub makes a server's answer fit for status fields and logs.
func scrub(answer string) string {
	answer = secretLike.ReplaceAllString(oneLine(answer), "[…]")
	if len(answer) > maxErrorText {
		answer = strings.ToValidUTF8(answer[:maxErrorText], "") + "…"
	}
	return answer
}
