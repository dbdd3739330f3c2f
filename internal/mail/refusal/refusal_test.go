// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package refusal_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail/refusal"
)

const (
	connect, from, to, text           = refusal.PhaseConnect, refusal.PhaseSender, refusal.PhaseRecipient, refusal.PhaseText
	connection, sender, mail, address = refusal.Connection, refusal.Sender, refusal.Message, refusal.Recipient
)

// reads returns an entry: an answer, and what it refuses. A 5xx about a mail or a recipient is permanent.
func reads(phase refusal.Phase, code int, answer string, scope refusal.Scope) TableEntry {
	permanent := code >= 500 && (scope == mail || scope == address)
	return Entry(answer, phase, code, answer, refusal.Verdict{Scope: scope, Permanent: permanent})
}

func full(phase refusal.Phase, code int, answer string) TableEntry {
	return Entry(answer, phase, code, answer, refusal.Verdict{Scope: address, MailboxFull: true})
}

func classifies(phase refusal.Phase, code int, answer string, verdict refusal.Verdict) {
	Expect(refusal.Classify(phase, code, answer)).To(Equal(verdict))
}

var _ = Describe("The answer of a mail server", func() {
	DescribeTable("before the first mail is about the connection", classifies,
		reads(connect, 554, "5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org", connection),
		reads(connect, 554, "mail.acme.example ESMTP not accepting messages", connection),
		reads(connect, 550, "5.1.1 no such user", connection),
		reads(connect, 535, "5.7.8 Authentication credentials invalid", connection),
		reads(connect, 421, "4.3.2 Service not active", connection),
	)

	DescribeTable("NOV-9 of Microsoft 365 is read", classifies,
		reads(from, 550, "5.7.60 SMTP; Client does not have permissions to send as this sender", sender),
		reads(from, 530, "5.7.57 Client not authenticated to send mail. [AM0PR01CA0123.eurprd01.prod.exchangelabs.com]", sender),
		reads(text, 554, "5.2.252 SendAsDenied; usher@acme.example not allowed to send as it@acme.example; STOREDRV.Submission.Exception", sender),
		reads(text, 554, "5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message", sender),
		reads(to, 550, "5.7.64 TenantAttribution; Relay Access Denied [AM5EUR03FT011.eop-EUR03.prod.protection.outlook.com]", sender),
		reads(to, 550, "5.7.708 Service unavailable. Access denied, traffic not accepted from this IP. For more information please go to "+
			"http://go.microsoft.com/fwlink/?LinkId=526653 AS(7230)", sender),
		reads(to, 550, "5.7.606 Access denied, banned sending IP [192.0.2.7]. To request removal from this list please visit https://sender.office.com/", connection),
		reads(text, 550, "5.1.90 Your message can't be sent because you've reached your daily limit for message recipients", sender),
		reads(text, 550, "5.1.8 Access denied, bad outbound sender AS(42003)", sender),
		reads(text, 550, "5.7.501 Access denied, spam abuse detected from 192.0.2.7", sender),
		reads(text, 550, "5.7.705 Access denied, tenant has exceeded threshold", sender),
		reads(from, 451, "4.7.500 Server busy. Please try again later from [192.0.2.7]. (S77719)", sender),
		reads(to, 550, "5.4.1 Recipient address rejected: Access denied. [DB5EUR03FT037.eop-EUR03.prod.protection.outlook.com]", address),
		reads(to, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient gone@acme.example not found by SMTP address lookup", address),
		reads(text, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", address),
		reads(text, 550, "5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed", address),
		reads(text, 550, "5.7.509 Access denied, sending domain acme.example does not pass DMARC verification and has a DMARC policy of reject", sender),
		reads(to, 550, "5.7.1 Unfortunately, messages from [192.0.2.7] weren't sent. Please contact your Internet service provider since part of "+
			"their network is on our block list (S3140).", connection),
		reads(text, 550, "5.4.310 DNS domain gone.example does not exist [Message=InfoDomainNonexistent]", address),
		reads(text, 554, "5.4.14 Hop count exceeded - possible mail loop ATTR34", mail),
		reads(text, 552, "5.3.4 Message size exceeds fixed maximum message size", mail),
		reads(to, 550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", address),
		full(text, 554, "5.2.2 mailbox full; STOREDRV.Deliver; QuotaExceededException"),
	)

	DescribeTable("NOV-9 of Google is read", classifies,
		reads(text, 550, "5.4.5 Daily user sending limit exceeded. For more information on Gmail\n5.4.5 sending limits go to\n"+
			"5.4.5 https://support.google.com/a/answer/166852 x-gsmtp", sender),
		reads(to, 550, "5.4.5 Daily SMTP relay limit exceeded for customer.", sender),
		reads(from, 550, "5.7.1 Invalid credentials for relay [192.0.2.7]. The IP address you've registered in your G Suite SMTP relay service "+
			"doesn't match the domain of the account", sender),
		reads(from, 530, "5.7.0 Authentication Required. For more information, go to https://support.google.com/accounts/troubleshooter/2402620", sender),
		reads(to, 550, "5.1.1 The email account that you tried to reach does not exist. Please try\n5.1.1 double-checking the recipient's email "+
			"address for typos or\n5.1.1 unnecessary spaces.", address),
		reads(to, 550, "5.2.1 The email account that you tried to reach is inactive.", address),
		reads(to, 450, "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered", address),
		full(to, 552, "5.2.2 The email account that you tried to reach is over quota and inactive."),
		full(to, 452, "4.2.2 The recipient's inbox is out of storage space."),
		reads(text, 550, "5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with "+
			"either SPF or DKIM.", sender),
		reads(text, 550, "5.7.25 The IP address sending this message does not have a PTR record setup, or the corresponding forward DNS entry does "+
			"not match the sending IP.", connection),
		reads(text, 550, "5.7.1 [192.0.2.7      12] Our system has detected that this message is likely unsolicited mail. To reduce the amount of "+
			"spam sent to Gmail, this message has been blocked.", mail),
		reads(text, 421, "4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address.", connection),
		reads(text, 552, "5.7.0 This message was blocked because its content presents a potential security issue.", mail),
		reads(text, 552, "5.3.4 Your message exceeded Google's message size limits.", mail),
	)

	DescribeTable("NOV-9 of Postfix is read", classifies,
		reads(to, 550, "5.1.1 <gone@acme.example>: Recipient address rejected: User unknown in virtual mailbox table", address),
		reads(to, 550, "5.1.1 <relay@acme.example>: Recipient address rejected: User unknown in local recipient table", address),
		reads(to, 554, "5.7.1 <luis@customers.example>: Relay access denied", sender),
		reads(to, 454, "4.7.1 <luis@customers.example>: Relay access denied", sender),
		reads(to, 553, "5.7.1 <usher@acme.example>: Sender address rejected: not logged in", sender),
		reads(to, 553, "5.7.1 <usher@acme.example>: Sender address rejected: not owned by user it@acme.example", sender),
		reads(to, 450, "4.1.8 <usher@nowhere.example>: Sender address rejected: Domain not found", sender),
		reads(to, 450, "4.1.2 <luis@nowhere.example>: Recipient address rejected: Domain not found", address),
		reads(to, 450, "4.2.0 <luis@acme.example>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/acme.example.html", address),
		reads(to, 550, "5.1.1 <luis@acme.example>: Recipient address rejected: undeliverable address: host mx.acme.example[192.0.2.9] said: 550 no", address),
		reads(to, 554, "5.7.1 <luis@acme.example>: Recipient address rejected: Access denied", address),
		reads(to, 554, "5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.7", connection),
		reads(to, 504, "5.5.2 <usher>: Helo command rejected: need fully-qualified hostname", connection),
		reads(to, 450, "4.7.25 Client host rejected: cannot find your hostname, [192.0.2.7]", connection),
		reads(to, 452, "4.3.1 Insufficient system storage", connection),
		reads(to, 451, "4.3.0 <luis@acme.example>: Temporary lookup failure", connection),
		reads(from, 552, "5.3.4 Message size exceeds fixed limit", mail),
		reads(text, 554, "5.7.1 Message rejected: virus found", mail),
		reads(text, 550, "5.7.1 Content rejected by milter", mail),
		full(to, 552, "5.2.2 <luis@acme.example>: Recipient address rejected: Quota exceeded (mailbox for user is full)"),
		full(to, 452, "4.2.2 <luis@acme.example> Mailbox full"),
	)

	DescribeTable("NOV-9 of Exim is read", classifies,
		reads(to, 550, "no such user", address),
		reads(to, 550, "Unrouteable address", address),
		reads(to, 550, "relay not permitted", sender),
		reads(to, 550, "Verification failed for <usher@acme.example>\nNo Such User Here\nSender verify failed", sender),
		reads(to, 550, "192.0.2.7 is in a black list at dnsbl.acme.example", connection),
		reads(to, 451, "Temporary local problem - please try later", address),
		reads(from, 501, "usher: sender address must contain a domain", sender),
		reads(from, 550, "Sender rate 101.0 / 1h exceeds ratelimit", sender),
		reads(to, 550, "rejected because 192.0.2.7 is in a deny list", connection),
		reads(text, 550, "This message was classified as SPAM and may not be delivered", mail),
		reads(text, 550, "Administrative prohibition", mail),
		reads(text, 552, "Message size exceeds maximum permitted", mail),
		reads(text, 550, "Domain acme.example has exceeded the max emails per hour (150/150 (100%)) allowed. Message discarded. Sending limit", sender),
	)

	DescribeTable("NOV-9 of Sendmail and others is read", classifies,
		reads(to, 550, "5.1.1 <gone@acme.example>... User unknown", address),
		reads(to, 550, "5.7.1 <luis@customers.example>... Relaying denied. Proper authentication required.", sender),
		reads(to, 550, "5.7.1 <luis@customers.example>... Relaying denied. IP name lookup failed [192.0.2.7]", sender),
		reads(from, 553, "5.1.8 <usher@nowhere.example>... Domain of sender address usher@nowhere.example does not exist", sender),
		reads(from, 552, "5.2.3 Message size exceeds fixed maximum message size (10485760)", mail),
		reads(to, 553, "5.3.0 <luis@acme.example>... Spam blocked see: http://spamcop.net/bl.shtml?192.0.2.7", connection),
		reads(to, 551, "User not local; please try <luis@other.example>", address),
		reads(to, 553, "sorry, that domain isn't in my list of allowed rcpthosts; relaying denied (#5.7.1)", sender),
		reads(to, 550, "sorry, no mailbox here by that name (#5.1.1)", address),
		reads(to, 552, "5.5.3 too many recipients", sender),
		reads(to, 555, "unsupported parameter", mail),
		reads(to, 503, "5.5.1 need MAIL first", connection),
		reads(to, 550, "", address),
		reads(to, 550, "5.0.0 mailbox of gone@acme.example is unknown", address),
		reads(to, 553, "5.6.7 SMTPUTF8 is required", address),
		reads(text, 550, "no such user", address),
		reads(text, 554, "Transaction failed", mail),
		reads(text, 554, "5.6.0 the mail has no readable header", mail),
		reads(text, 451, "4.3.0 scanner is away", connection),
		reads(from, 550, "no such user", sender),
		reads(from, 550, "5.1.1 no such user", sender),
		full(to, 552, "Requested mail action aborted: exceeded storage allocation"),
		full(to, 452, "4.0.0 over quota"),
	)
})
