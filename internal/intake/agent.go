// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/mail"
)

// agent is the delivery agent: it decides what happens to each mail, and passes mails on.
type agent struct {
	directory Directory
	relay     Relay
	rates     *liveRates
	hostname  string
	now       func() time.Time
	log       logr.Logger
}

func newAgent(directory Directory, relay Relay, o Options) *agent {
	return &agent{
		directory: directory, relay: relay, rates: &liveRates{limits: o.Limits}, hostname: o.Hostname, now: o.Now, log: o.Log,
	}
}

// message is a mail that was received completely.
type message struct {
	content *buffer
	header  *header
	classification
	// utf8 is true if the client declared SMTPUTF8.
	utf8 bool
	// client is the client's address, helo the name that it gave.
	client netip.Addr
	helo   string
	id     string
}

// find looks up a recipient at RCPT. It returns the reply if the recipient is refused.
func (a *agent) find(ctx context.Context, address string) (*Destination, *reply) {
	found, err := a.directory.Workspace(ctx, address)
	var no reply
	switch {
	case err != nil:
		a.log.Error(err, "cannot look up a recipient")
		no = lookupFailed
	case found == nil:
		no = unknownRecipient
	case found.NotReady:
		no = organizationNotReady
	case found.Circular:
		no = queueLoops
	case found.Unconfirmed:
		no = queueUnconfirmed
	default:
		return found, nil
	}
	return nil, new(no.fill("address", address))
}

// examine reads the header of a mail. It returns the reply if the mail is refused for all recipients.
func examine(m *message) *reply {
	parsed, err := parseHeader(m.content.reader())
	switch {
	case errors.Is(err, errHeaderTooLarge):
		return new(headerTooLarge.fill("fields", strconv.Itoa(maxHeaderFields), "limit", strconv.Itoa(maxHeaderBytes)))
	case errors.Is(err, errNUL):
		return &nulInHeader
	case err != nil:
		return &noHeader
	case parsed.hops > maxHops:
		return new(tooManyHops.fill("limit", strconv.Itoa(maxHops)))
	}
	m.header = parsed
	return nil
}

// deliver delivers a mail to one recipient: first it creates the account, if it can, then it passes the mail on. The reply is positive
// only if the queue's mail server has accepted the mail. If the process ends between the two steps, the mail comes again: the step
// that is done is not repeated, the other is done then.
func (a *agent) deliver(ctx context.Context, m *message, to *Destination) reply {
	if m.header.passedThrough(to.Intake) {
		return loop.fill("address", to.Intake)
	}
	reservations := a.reservations(m, to, a.isProven(ctx, m, to))
	if exceeded := reserveAll(reservations, a.now()); exceeded != nil {
		return exceeded.fill("address", to.Intake)
	}
	a.ensureAccount(ctx, m, to)
	if err := a.relay.Pass(ctx, a.outgoing(m, to)); err != nil {
		cancelAll(reservations, a.now())
		return a.handleRelayError(ctx, err, m, to).fill("address", to.Intake)
	}
	a.log.Info("passed a mail on", "organization", to.Organization, "workspace", to.Workspace, "kind", m.kind, "id", m.id,
		"bytes", m.content.size)
	return passedOn.fill("address", to.Intake)
}

// reservations returns what a mail to a recipient counts towards. The mails of those for whom nobody vouches count apart, so that they use
// up nothing of what the others may send.
func (a *agent) reservations(m *message, to *Destination, proven bool) []reservation {
	limit := func(r reply, n int) reply { return r.fill("limit", strconv.Itoa(n), "sender", shown(m.sender)) }
	from, in := network(m.client), a.rates.inForce()
	bySender := reservation{in.senders, emailaddr.Normalize(m.sender) + " " + to.key(), limit(senderLimit, in.limits.PerSender)}
	if proven {
		return []reservation{
			{in.networks, from, limit(networkLimit, in.limits.PerNetwork)},
			bySender,
			{in.workspaces, to.key(), limit(workspaceLimit, in.limits.PerWorkspace)},
			{in.organizations, to.Organization, limit(organizationLimit, in.limits.PerOrganization)},
		}
	}
	domain := domainOf(m.sender)
	return []reservation{
		{in.networks, "unproven " + from, limit(networkLimit, in.limits.PerNetwork)},
		bySender,
		{in.domains, domain + " " + to.key(), limit(domainLimit, in.limits.UnprovenPerDomain).fill("domain", shown(domain))},
		{in.unproven, to.key(), limit(unprovenLimit, in.limits.unproven())},
		{in.organizations, "unproven " + to.Organization, limit(organizationLimit, in.limits.PerOrganization)},
	}
}

// domainOf returns the domain of an address, in its normal form; "" for the null sender.
func domainOf(address string) string {
	_, domain, _ := strings.Cut(emailaddr.Normalize(address), "@")
	return domain
}

func shown(sender string) string {
	if sender == "" {
		return "<>"
	}
	return sender
}

// network returns the network within which a client can easily change its address: an IPv6 /64, or a single IPv4 address. All
// clients of a socket are one.
func network(client netip.Addr) string {
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	prefix, err := client.WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}

// handleRelayError reports a permanent refusal of the queue's mail server, and returns the reply to the client. The server's
// own words are only logged, because they may name the queue.
func (a *agent) handleRelayError(ctx context.Context, err error, m *message, to *Destination) reply {
	log := a.log.WithValues("organization", to.Organization, "workspace", to.Workspace, "id", m.id)
	var refusal *mail.DeliveryError
	if !errors.As(err, &refusal) || !refusal.Permanent {
		log.Info("cannot pass a mail on for now", "reason", err.Error())
		return queueUnavailable
	}
	log.Error(err, "the queue permanently refused a mail: check spec.portal.queueEmail of the workspace and the mail server")
	if refusal.Code == 0 {
		return queueCannot.fill("reason", "an address or the header contains non-ASCII characters (SMTPUTF8)")
	}
	a.directory.ReportRefusal(ctx, to, refusal.Code)
	return queueRefused.fill("code", strconv.Itoa(refusal.Code))
}

// outgoing returns the mail as it is passed on: unchanged, below its trace fields.
func (a *agent) outgoing(m *message, to *Destination) mail.Passed {
	return mail.Passed{
		NullSender: m.nullSender, To: to.Queue, Trace: a.trace(m, to), Text: m.content.reader(), Size: m.content.size,
		EightBit: m.content.eightBit, UTF8Header: m.utf8 && m.header.eightBit,
	}
}
