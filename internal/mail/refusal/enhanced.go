// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package refusal

import "slices"

// Subjects of enhanced codes (RFC 3463, 3).
const (
	aboutAddress  = 1
	aboutMailbox  = 2
	aboutSystem   = 3
	aboutNetwork  = 4
	aboutProtocol = 5
	aboutContent  = 6
)

// senderCodes are about the sender, whatever the phase. Those above 100 are Microsoft's.
var senderCodes = map[int][]int{
	aboutAddress:  {7, 8, 90},     // the sender's address; 5.1.90: the sender's daily limit
	aboutMailbox:  {252},          // SendAsDenied
	aboutNetwork:  {5},            // the sender's quota
	aboutProtocol: {101, 102, 3},  // too many recipients
	aboutPolicy:   policyOfSender, // see below
}

const aboutPolicy = 7

// policyOfSender are what the server demands of whoever sends: authentication (8, 9, 11, 14, 57), permission (60), SPF, DKIM and
// DMARC (20 to 29), a relay that it knows (64), and Microsoft's outbound limits (501 to 508, 700 to 750).
var policyOfSender = []int{
	8, 9, 11, 14, 20, 21, 22, 23, 24, 26, 27, 28, 29, 57, 60, 64, 367, 501, 502, 503, 508, 509, 700, 703, 705, 708, 750,
}

// policyOfConnection are about the address or the host name that connects: 25 is reverse DNS, the others are Microsoft's blocks.
func policyOfConnection(detail int) bool { return detail == 25 || detail >= 511 && detail <= 699 }

// policyOfRecipient are restrictions of one mailbox or group: it accepts mail from a few senders only, or from nobody outside.
var policyOfRecipient = []int{2, 12, 13, 17, 18, 120, 121, 123, 124, 125, 126, 129, 133, 134, 135, 136, 137, 193, 194, 233}

// byEnhancedCode judges an answer by its enhanced code.
func (a answer) byEnhancedCode() Scope {
	switch {
	case a.phase == PhaseSender:
		return a.senderPhase()
	case slices.Contains(senderCodes[a.subject], a.detail):
		return Sender
	}
	switch a.subject {
	case aboutAddress:
		return a.address()
	case aboutMailbox:
		return a.mailbox()
	case aboutSystem:
		return a.system()
	case aboutNetwork:
		return a.network()
	case aboutProtocol:
		return a.protocol()
	case aboutContent:
		return a.content()
	case aboutPolicy:
		return a.policy()
	default:
		return a.byWords(a.usual())
	}
}

// senderPhase judges the answer to MAIL FROM, at which the server does not know the recipient yet. It knows the mail's size.
func (a answer) senderPhase() Scope {
	switch {
	case a.subject == aboutSystem && a.detail == 4, a.subject == aboutMailbox && a.detail == 3, a.subject == aboutContent:
		return Message
	case a.subject == aboutSystem, a.subject == aboutPolicy && policyOfConnection(a.detail):
		return Connection
	default:
		return a.byWords(Sender)
	}
}

func (a answer) address() Scope {
	switch a.detail {
	case 20: // Microsoft: several addresses in From
		return Message
	case 0:
		return a.byWords(Recipient)
	default:
		return Recipient
	}
}

func (a answer) mailbox() Scope {
	if a.detail == 3 { // the mail is too long for this mailbox
		return Message
	}
	return Recipient
}

func (a answer) system() Scope {
	if a.detail == 4 { // the mail is too large
		return Message
	}
	return Connection
}

// network judges routing. Microsoft answers 5.4.1 for addresses that do not exist, and 5.4.4 and 5.4.310 are domains that do not.
func (a answer) network() Scope {
	switch a.detail {
	case 4, 310:
		return Recipient
	case 6, 14: // a loop
		return Message
	default:
		return a.byWords(Connection)
	}
}

// protocol judges 5.5.0, which some servers send for everything, by its words.
func (a answer) protocol() Scope {
	if a.detail == 0 {
		return a.byWords(a.usual())
	}
	return a.byWords(Connection)
}

func (a answer) content() Scope {
	if a.detail == 7 && a.phase == PhaseRecipient { // an address with non-ASCII letters
		return Recipient
	}
	return Message
}

// policy judges 5.7.1 and others that do not say whom they are about. At RCPT TO the mail is unknown, so it is the sender; after
// the text it is the mail.
func (a answer) policy() Scope {
	switch {
	case policyOfConnection(a.detail):
		return Connection
	case slices.Contains(policyOfRecipient, a.detail):
		return Recipient
	case a.phase == PhaseRecipient:
		return a.byWords(Sender)
	default:
		return a.byWords(Message)
	}
}
