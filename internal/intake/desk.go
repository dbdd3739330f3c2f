// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/mail"
)

// desk decides what becomes of each mail, and hands it on.
type desk struct {
	directory Directory
	relay     Relay
	limits    Limits
	hostname  string
	now       func() time.Time
	log       logr.Logger

	senders, networks, workspaces, accounts *limiter
}

func newDesk(directory Directory, relay Relay, o Options) *desk {
	limits := o.Limits.withDefaults()
	return &desk{
		directory: directory, relay: relay, limits: limits, hostname: o.Hostname, now: o.Now, log: o.Log,
		senders: newLimiter(limits.PerSender), networks: newLimiter(limits.PerNetwork),
		workspaces: newLimiter(limits.PerWorkspace), accounts: newLimiter(limits.NewAccounts),
	}
}

// letter is a mail that came whole.
type letter struct {
	text   *text
	header *header
	verdict
	// utf8 tells that the client declared SMTPUTF8.
	utf8 bool
	// client is where it came from, helo what it calls itself.
	client netip.Addr
	helo   string
	id     string
}

// find looks a recipient up, when it is named; nil: it is accepted so far.
func (d *desk) find(ctx context.Context, address string) (*Destination, *answer) {
	found, err := d.directory.Workspace(ctx, address)
	var no answer
	switch {
	case err != nil:
		d.log.Error(err, "A recipient cannot be looked up")
		no = cannotLook
	case found == nil:
		no = unknownRecipient
	case found.Waiting:
		no = waiting
	case found.Circular:
		no = circular
	default:
		return found, nil
	}
	return nil, new(no.fill("address", address))
}

// examine gives what is wrong with a mail, whoever gets it; nil: nothing.
func examine(m *letter) *answer {
	parsed, err := parseHeader(m.text.reader())
	switch {
	case errors.Is(err, errHeaderTooBig):
		return new(headerTooBig.fill("fields", strconv.Itoa(maxHeaderFields), "limit", strconv.Itoa(maxHeaderBytes)))
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

// deliver brings a mail to one recipient: the account first, then the queue. It gives the answer, which is positive only when
// the queue's server has the mail. Whatever is cut off between two steps is done again, and once, when the mail comes again.
func (d *desk) deliver(ctx context.Context, m *letter, to *Destination) answer {
	if m.header.looped(to.Intake) {
		return loop.fill("address", to.Intake)
	}
	claims := d.claims(m, to)
	if over := claimAll(claims, d.now()); over != nil {
		return over.fill("address", to.Intake)
	}
	if no := d.ensureAccount(ctx, m, to); no != nil {
		giveAllBack(claims, d.now())
		return no.fill("address", to.Intake)
	}
	if err := d.relay.Pass(ctx, d.passed(m, to)); err != nil {
		giveAllBack(claims, d.now())
		return d.judge(ctx, err, m, to).fill("address", to.Intake)
	}
	d.log.Info("Mail passed on", "organization", to.Organization, "workspace", to.Workspace, "kind", m.kind, "id", m.id,
		"bytes", m.text.size)
	return passedOn.fill("address", to.Intake)
}

func (d *desk) claims(m *letter, to *Destination) []claim {
	limit := func(a answer, n int) answer { return a.fill("limit", strconv.Itoa(n), "sender", shown(m.sender)) }
	return []claim{
		{d.networks, network(m.client), limit(networkLimit, d.limits.PerNetwork)},
		{d.senders, emailaddr.Normalize(m.sender) + " " + to.key(), limit(senderLimit, d.limits.PerSender)},
		{d.workspaces, to.key(), limit(workspaceLimit, d.limits.PerWorkspace)},
	}
}

func shown(sender string) string {
	if sender == "" {
		return "<>"
	}
	return sender
}

// network is what one client can easily change its address within: an IPv6 /64, one IPv4 address; a socket is one client.
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

// ensureAccount makes the writer's account, unless there is one or the mail was not written by a person (LMI-3, LMI-7).
func (d *desk) ensureAccount(ctx context.Context, m *letter, to *Destination) *answer {
	if m.writer == "" || d.ours(m.writer, to) {
		return nil
	}
	known, err := d.directory.Known(ctx, to.Organization, m.writer)
	if err != nil {
		d.log.Error(err, "A sender cannot be looked up", "organization", to.Organization, "id", m.id)
		return &cannotCreate
	}
	if known {
		return nil
	}
	if !d.accounts.take(to.key(), d.now()) {
		return new(accountLimit.fill("limit", strconv.Itoa(d.limits.NewAccounts)))
	}
	made, err := d.directory.Create(ctx, to.Organization, m.writer)
	if made {
		accountsTotal.Inc()
	} else {
		d.accounts.giveBack(to.key(), d.now())
	}
	if err != nil {
		d.log.Error(err, "No account can be made for a sender", "organization", to.Organization, "id", m.id)
		return &cannotCreate
	}
	return nil
}

// ours tells whether an address is one of the service's own: the queue's people who write to the intake are not customers.
func (d *desk) ours(writer string, to *Destination) bool {
	for _, own := range []string{to.Queue, to.Intake, d.relay.Address()} {
		if emailaddr.Same(own, writer) {
			return true
		}
	}
	return false
}

// judge says for us why the queue's server did not take a mail. Its own words are for the log: they may name the queue.
func (d *desk) judge(ctx context.Context, err error, m *letter, to *Destination) answer {
	log := d.log.WithValues("organization", to.Organization, "workspace", to.Workspace, "id", m.id)
	var refusal *mail.DeliveryError
	if !errors.As(err, &refusal) || !refusal.Permanent {
		log.Info("A mail waits for the queue", "reason", err.Error())
		return queueWaits
	}
	log.Error(err, "The queue refuses a mail for good: look at spec.portal.queueEmail of the workspace and at the mail server")
	if refusal.Code == 0 {
		return queueCannot.fill("why", "it has letters beyond ASCII in an address or its header (SMTPUTF8)")
	}
	d.directory.Refused(ctx, to, refusal.Code)
	return queueRefuses.fill("code", strconv.Itoa(refusal.Code))
}

// passed is the mail as it goes on: as it came, with its trace on top.
func (d *desk) passed(m *letter, to *Destination) mail.Passed {
	return mail.Passed{
		NullSender: m.null, To: to.Queue, Trace: d.trace(m, to), Text: m.text.reader(), Size: m.text.size,
		EightBit: m.text.eightBit, UTF8Header: m.utf8 && m.header.eightBit,
	}
}

// trace writes the header fields that are put on top (RFC 5321, 4.4).
func (d *desk) trace(m *letter, to *Destination) string {
	protocol, target := "LMTP", ""
	if m.utf8 {
		protocol = "UTF8LMTP" // RFC 6531, 4.3
	}
	if isPrintable(to.Intake) {
		target = "\r\n\tfor <" + to.Intake + ">"
	}
	trace := fmt.Sprintf("Received: from %s (%s)\r\n\tby %s (Usher) with %s id %s%s;\r\n\t%s\r\n",
		inTrace(m.helo), clientInTrace(m.client), d.hostname, protocol, m.id, target, d.now().Format(time.RFC1123Z))
	return trace + "Usher-Intake: " + loopToken(to.Intake) + "\r\n"
}

// loopToken writes an intake address in ASCII.
func loopToken(intake string) string {
	if isPrintable(intake) {
		return intake
	}
	return url.PathEscape(intake)
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// inTrace makes what a client calls itself fit for a trace field.
func inTrace(helo string) string {
	fit := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || strings.ContainsRune(`()<>;,\"@`, r) {
			return -1
		}
		return r
	}, helo)
	if fit == "" {
		return "unknown"
	}
	return fit[:min(len(fit), 255)]
}

func clientInTrace(client netip.Addr) string {
	switch {
	case !client.IsValid():
		return "by a socket of this machine"
	case client.Is6():
		return "[IPv6:" + client.WithZone("").String() + "]"
	}
	return "[" + client.String() + "]"
}

// newID names a mail in trace fields and logs.
func newID() string { return rand.Text()[:16] }
