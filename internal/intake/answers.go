// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"fmt"
	"slices"
	"strings"
)

// answer is a line to the client: a code, an enhanced code (RFC 3463) and a text with placeholders in braces.
type answer struct {
	code     int
	enhanced string
	text     string
}

// String writes the line as it goes over the wire.
func (a answer) String() string { return fmt.Sprintf("%d %s %s", a.code, a.enhanced, a.text) }

// fill puts values into the placeholders: name, value, name, value, …
func (a answer) fill(pairs ...string) answer {
	for pair := range slices.Chunk(pairs, 2) {
		a.text = strings.ReplaceAll(a.text, "{"+pair[0]+"}", pair[1])
	}
	return a
}

// What is said when all is well.
var (
	ok         = answer{250, "2.0.0", "OK"}
	goodbye    = answer{221, "2.0.0", "goodbye"}
	cannotTell = answer{252, "2.5.0", "ask by RCPT"}
	senderOK   = answer{250, "2.1.0", "go on"}
	rcptOK     = answer{250, "2.1.5", "go on"}
	passedOn   = answer{250, "2.0.0", "passed on to the queue of {address}"}
)

// Refusals about a mail or a recipient: the words that an asker may read in a bounce of the mail server in front.
var (
	unknownRecipient = answer{550, "5.1.1", "no workspace takes mails in at {address}"}
	tooBig           = answer{552, "5.3.4", "the mail is larger than the {limit} bytes that are taken: send large files by another way"}
	headerTooBig     = answer{552, "5.3.4", "the mail's header has more than {fields} fields or {limit} bytes: it is not taken"}
	noHeader         = answer{554, "5.6.0", "the mail has no header that can be read: it is not taken"}
	bareLineEnd      = answer{554, "5.6.0", "the mail has a line that ends with a bare CR or LF, which hides mails in mails: send it " +
		"with CRLF (RFC 5321, 2.3.8)"}
	nulInHeader  = answer{554, "5.6.0", "the mail has a NUL in its header: it is not taken"}
	loop         = answer{554, "5.4.6", "routing loop: the mail was taken in at {address} before"}
	tooManyHops  = answer{554, "5.4.6", "routing loop: the mail has more than {limit} Received fields"}
	queueRefuses = answer{554, "5.3.0", "the mail server of the queue of {address} refuses the mail for good (it answered {code})"}
	queueCannot  = answer{554, "5.6.7", "the queue of {address} cannot take the mail as it is: {why}"}
)

// Deferrals: the mail server in front keeps the mail and tries again.
var (
	cannotLook       = answer{451, "4.3.0", "it cannot be found out whose {address} is: try again later"}
	waiting          = answer{451, "4.3.0", "the organization of {address} is not ready: try again later"}
	circular         = answer{451, "4.4.6", "routing loop: the queue of {address} leads back to an intake: try again later"}
	cannotCreate     = answer{451, "4.3.0", "no account can be made for the sender: try again later"}
	queueWaits       = answer{451, "4.4.1", "the queue of {address} takes no mails at the moment: try again later"}
	outOfMemory      = answer{452, "4.3.1", "too many large mails at once: try again later"}
	tooManyRcpts     = answer{452, "4.5.3", "a mail has at most {limit} recipients: send the others another one"}
	senderLimit      = answer{452, "4.7.1", "{sender} has sent {limit} mails to {address} within an hour: try again later"}
	networkLimit     = answer{452, "4.7.1", "your network has sent {limit} mails within an hour: try again later"}
	workspaceLimit   = answer{452, "4.7.1", "{address} has got {limit} mails within an hour: try again later"}
	accountLimit     = answer{452, "4.7.1", "{limit} unknown senders have written to {address} within an hour: try again later"}
	tooManyClients   = answer{421, "4.3.2", "too many connections: try again later"}
	shuttingDown     = answer{421, "4.3.2", "shutting down: try again"}
	idleTooLong      = answer{421, "4.4.2", "nothing was said for too long"}
	tooManyMistakes  = answer{421, "4.7.0", "too many mistakes"}
	internalMistake  = answer{421, "4.3.0", "something went wrong here: try again later"}
	endlessMail      = answer{421, "4.3.4", "the mail does not end"}
	transactionLimit = answer{451, "4.4.7", "it took too long: try again later"}
)

// Refusals about the protocol, for who sets up the mail server in front.
var (
	sayLHLO        = answer{500, "5.5.1", "this is LMTP: say LHLO"}
	sayLHLOFirst   = answer{503, "5.5.1", "say LHLO first"}
	sayMailFirst   = answer{503, "5.5.1", "say MAIL first"}
	mailTwice      = answer{503, "5.5.1", "MAIL was said already"}
	noRecipient    = answer{503, "5.5.1", "no recipient was accepted"}
	unknownCommand = answer{500, "5.5.1", "the command is not known"}
	notOffered     = answer{502, "5.5.1", "the command is not offered"}
	lineTooLong    = answer{500, "5.5.6", "the line is too long"}
	unprintable    = answer{500, "5.5.2", "the line is not text"}
	badSyntax      = answer{501, "5.5.4", "expected {form}"}
	badParameter   = answer{555, "5.5.4", "the parameter {name} is not offered"}
	badValue       = answer{501, "5.5.4", "the value of the parameter {name} is wrong"}
)

// refusals are all answers that a mail or a client may be turned away with, for the documentation.
func refusals() []answer {
	return []answer{
		unknownRecipient, tooBig, headerTooBig, noHeader, bareLineEnd, nulInHeader, loop, tooManyHops, queueRefuses, queueCannot,
		cannotLook, waiting, circular, cannotCreate, queueWaits, outOfMemory, tooManyRcpts, senderLimit, networkLimit, workspaceLimit,
		accountLimit, tooManyClients, shuttingDown, idleTooLong, tooManyMistakes, internalMistake, endlessMail,
		transactionLimit,
		sayLHLO, sayLHLOFirst, sayMailFirst, mailTwice, noRecipient, unknownCommand, notOffered, lineTooLong, unprintable,
		badSyntax, badParameter, badValue,
	}
}
