// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package refusal

import (
	"regexp"
	"strings"
)

// maxText bounds what is read of an answer, in bytes.
const maxText = 2000

// names are addresses, hosts and links, whose words say nothing: relay@acme.example is not a refused relay.
var names = regexp.MustCompile(`<[^<>]*>|\S*@\S+|\S+://\S+|\b[\w-]+(?:\.[\w-]+)+\b`)

// words returns the text of an answer in lower case, without names.
func words(text string) string {
	text = strings.ToLower(strings.ToValidUTF8(text[:min(len(text), maxText)], ""))
	return strings.Join(strings.Fields(names.ReplaceAllString(text, " ")), " ")
}

// byWords judges an answer by its words, in this order: a server that says "sender verify failed: no such user" means the sender.
func (a answer) byWords(otherwise Scope) Scope {
	recipient := unknownRecipient.MatchString(a.words) ||
		a.phase == PhaseRecipient && refusedRecipient.MatchString(a.words)
	switch {
	case refusedSender.MatchString(a.words):
		return Sender
	case refusedClient.MatchString(a.words):
		return Connection
	case a.phase != PhaseSender && (recipient || a.saysFull()):
		return Recipient
	case a.phase != PhaseRecipient && refusedContent.MatchString(a.words):
		return Message
	default:
		return otherwise
	}
}

func anyOf(patterns ...string) *regexp.Regexp { return regexp.MustCompile(strings.Join(patterns, "|")) }

// sendAs is Microsoft's refusal of a sender who may not use the address, under many codes.
var sendAs = anyOf(`(?i)send ?as ?denied`, `(?i)not allowed to send as\b`, `(?i)permissions? to send as\b`)

var refusedSender = anyOf(
	`\brelay(?:ing|ed)?\b`,
	`\bsender (?:address|domain|verif|denied|rejected|not |is not|ip |blocked)`, `\b(?:invalid|unknown|bad|forged) sender\b`,
	`\bmail ?from\b.*\b(?:reject|denied|refused|not )`, `\bsend (?:as|from) th(?:is|e) address`,
	`\bauthenticat(?:e|ion|ed)\b`, `\bnot (?:logged|signed) in\b`, `\blog ?in first\b`,
	`\bspf\b`, `\bdkim\b`, `\bdmarc\b`,
	`\b(?:daily|hourly|sending|submission|outbound|message|messages|rate|smtp)\b.{0,30}\b(?:limit|limits|quota)\b`,
	`\blimit (?:of|for|on) (?:messages|mails|e-?mails|recipients|outgoing)`,
	`\bratelimit`, `\brate.?limited\b`, `\btoo (?:many|much) (?:mail|message|e-?mail|recipient)`, `\bsent too many\b`,
	`\baccount\b.{0,30}\b(?:from sending|send(?:ing)? (?:is )?(?:disabled|suspended|blocked))`,
	`\bnot (?:allowed|permitted|authori[sz]ed) to send\b`,
)

var refusedClient = anyOf(
	`\bblock.?list`, `\bblack.?list`, `\bdeny.?list`, `\bblocked using\b`, `\bspamhaus\b`, `\bspamcop\b`, `\bbarracuda`, `\b(?:dns|r)bl\b`,
	`\bclient host\b`, `\breverse (?:dns|host|lookup)`, `\bptr\b`, `\bhelo\b`, `\behlo\b`, `\bbanned\b`,
	`\b(?:ip|ips|ip address|network|connection|connections)\b.{0,40}\b(?:block|blocked|banned|listed|rejected|refused|denied|reputation)`,
	`\b(?:poor|bad|low) reputation\b`, `\bstarttls\b`, `\bservice (?:is )?(?:currently )?(?:un|not )available\b`,
	`\bnot accepting (?:mail|messages|connections)\b`,
)

// unknownRecipient is what a server says of nobody but a recipient, even after the text.
var unknownRecipient = anyOf(
	`\b(?:user|recipient|mailbox|address|account)\b.{0,30}\b(?:unknown|not found|does not exist|doesn't exist|not exist|disabled|inactive)`,
	`\b(?:unknown|invalid|no such|non-?existent|no valid|inactive) (?:\w+ )?(?:user|recipient|mailbox|address|account|person)`,
	`\bmailbox (?:is )?(?:unavailable|not available|not allowed|disabled)`,
	`\bno (?:mailbox|user|recipient)s?\b.{0,20}\b(?:here|by that name)`,
	`\bnot our customer\b`, `\bundeliverable address\b`, `\bunrout?eable\b`, `\brecipient address rejected\b`, `\buser not local\b`,
	`\bthat you tried to reach\b`,
)

// refusedRecipient is what a server says of a recipient at RCPT TO.
var refusedRecipient = anyOf(`\brecipient\b`, `\bgr[ea]y.?list`, `\baddress (?:is )?rejected\b`)

var fullMailbox = anyOf(
	`\b(?:over|exceeded|exceeds|out of) (?:\w+ ){0,2}(?:quota|storage)`, `\bquota (?:is )?(?:exceeded|full)`,
	`\b(?:mailbox|inbox|account) (?:is )?(?:full|over)`,
	`\b(?:mailbox|inbox) (?:\w+ ){0,2}full\b`, `\bstorage allocation\b`, `\bquotaexceeded`,
)

var refusedContent = anyOf(
	`\bspam\b`, `\bvirus\b`, `\bmalware\b`, `\bcontent\b`, `\bphish`, `\battachment`, `\bsize\b`, `\btoo (?:large|big|long)\b`,
)
