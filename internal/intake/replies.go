// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"fmt"
	"slices"
	"strings"
)

// reply is a reply to the client: a code, an enhanced code (RFC 3463) and a text with placeholders in braces.
type reply struct {
	code     int
	enhanced string
	text     string
}

// String returns the line as it is sent.
func (r reply) String() string { return fmt.Sprintf("%d %s %s", r.code, r.enhanced, r.text) }

// fill replaces placeholders by values: name, value, name, value, …
func (r reply) fill(pairs ...string) reply {
	for pair := range slices.Chunk(pairs, 2) {
		r.text = strings.ReplaceAll(r.text, "{"+pair[0]+"}", pair[1])
	}
	return r
}

// Positive replies.
var (
	ok           = reply{250, "2.0.0", "OK"}
	goodbye      = reply{221, "2.0.0", "goodbye"}
	cannotVerify = reply{252, "2.5.0", "cannot verify the address: use RCPT"}
	senderOK     = reply{250, "2.1.0", "sender OK"}
	recipientOK  = reply{250, "2.1.5", "recipient OK"}
	passedOn     = reply{250, "2.0.0", "passed on to the queue of {address}"}
)

// Permanent refusals of a mail or a recipient. Senders may read these texts in a bounce of the mail server in front.
var (
	unknownRecipient = reply{550, "5.1.1", "no workspace receives mail at {address}"}
	tooLarge         = reply{552, "5.3.4", "the mail exceeds the limit of {limit} bytes: send large files in another way"}
	headerTooLarge   = reply{552, "5.3.4", "the header of the mail exceeds the limit of {fields} fields or {limit} bytes"}
	noHeader         = reply{554, "5.6.0", "the mail has no readable header"}
	bareLineEnd      = reply{554, "5.6.0", "the mail contains a bare CR or LF, which can hide another mail: send it " +
		"with CRLF line endings (RFC 5321, 2.3.8)"}
	nulInHeader  = reply{554, "5.6.0", "the header of the mail contains a NUL character"}
	loop         = reply{554, "5.4.6", "routing loop: the mail has already passed through {address}"}
	tooManyHops  = reply{554, "5.4.6", "routing loop: the mail has more than {limit} Received fields"}
	queueRefused = reply{554, "5.3.0", "the mail server of the queue of {address} permanently refused the mail (it answered {code})"}
	queueCannot  = reply{554, "5.6.7", "the queue of {address} cannot accept the mail: {reason}"}
)

// Temporary refusals: the mail server in front keeps the mail and tries again.
var (
	lookupFailed         = reply{451, "4.3.0", "cannot look up {address}: try again later"}
	organizationNotReady = reply{451, "4.3.0", "the organization of {address} is not ready: try again later"}
	queueUnconfirmed     = reply{451, "4.3.0", "the queue of {address} waits for its owner to confirm the address: try again later"}
	queueLoops           = reply{451, "4.4.6", "routing loop: the queue of {address} leads back to an intake: try again later"}
	queueUnavailable     = reply{451, "4.4.1", "the queue of {address} is not accepting mail at the moment: try again later"}
	outOfMemory          = reply{452, "4.3.1", "too many large mails at the same time: try again later"}
	tooManyRecipients    = reply{452, "4.5.3", "a mail can have at most {limit} recipients: send it to the others separately"}
	senderLimit          = reply{452, "4.7.1", "{sender} has sent {limit} mails to {address} within an hour: try again later"}
	networkLimit         = reply{452, "4.7.1", "your network has sent {limit} mails within an hour: try again later"}
	workspaceLimit       = reply{452, "4.7.1", "{address} has received {limit} mails within an hour: try again later"}
	organizationLimit    = reply{452, "4.7.1", "the organization of {address} has received {limit} mails within an hour: try again later"}
	unprovenLimit        = reply{452, "4.7.1", "{address} has received {limit} mails from unknown senders within an hour: try again later"}
	domainLimit          = reply{452, "4.7.1", "unknown senders at {domain} have sent {limit} mails to {address} within an hour: " +
		"try again later"}
	tooManyConnections = reply{421, "4.3.2", "too many connections: try again later"}
	shuttingDown       = reply{421, "4.3.2", "shutting down: try again"}
	idleTooLong        = reply{421, "4.4.2", "idle for too long"}
	tooManyErrors      = reply{421, "4.7.0", "too many errors"}
	internalError      = reply{421, "4.3.0", "internal error: try again later"}
	endlessMail        = reply{421, "4.3.4", "the mail is too large to be read to its end"}
	deliveryTimeout    = reply{451, "4.4.7", "the delivery took too long: try again later"}
)

// Protocol errors, for whoever sets up the mail server in front.
var (
	useLHLO          = reply{500, "5.5.1", "this is LMTP: use LHLO"}
	lhloFirst        = reply{503, "5.5.1", "send LHLO first"}
	mailFirst        = reply{503, "5.5.1", "send MAIL first"}
	mailTwice        = reply{503, "5.5.1", "MAIL was already sent"}
	noRecipient      = reply{503, "5.5.1", "no recipient was accepted"}
	unknownCommand   = reply{500, "5.5.1", "unknown command"}
	notSupported     = reply{502, "5.5.1", "the command is not supported"}
	lineTooLong      = reply{500, "5.5.6", "the line is too long"}
	invalidCharacter = reply{500, "5.5.2", "the line contains an invalid character"}
	badSyntax        = reply{501, "5.5.4", "expected {form}"}
	badParameter     = reply{555, "5.5.4", "the parameter {name} is not supported"}
	badValue         = reply{501, "5.5.4", "the value of the parameter {name} is invalid"}
)

// refusals returns all negative replies, for the documentation.
func refusals() []reply {
	return []reply{
		unknownRecipient, tooLarge, headerTooLarge, noHeader, bareLineEnd, nulInHeader, loop, tooManyHops, queueRefused, queueCannot,
		lookupFailed, organizationNotReady, queueUnconfirmed, queueLoops, queueUnavailable, outOfMemory, tooManyRecipients, senderLimit,
		networkLimit, workspaceLimit, organizationLimit, unprovenLimit, domainLimit, tooManyConnections, shuttingDown, idleTooLong,
		tooManyErrors, internalError,
		endlessMail, deliveryTimeout,
		useLHLO, lhloFirst, mailFirst, mailTwice, noRecipient, unknownCommand, notSupported, lineTooLong, invalidCharacter,
		badSyntax, badParameter, badValue,
	}
}
