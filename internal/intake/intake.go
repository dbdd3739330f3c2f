// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package intake takes mails to workspaces in, by LMTP (RFC 2033) from the organization's own mail server: the writer
// becomes a Limited account (LMI-3), and the mail passes on to the workspace's queue as it is.
//
// It keeps nothing. The answer for a recipient is positive only when the queue's mail server has taken the mail; until then
// the mail is in the queue of the mail server in front, which tries again after a 4xx or a broken connection. So a kill at
// any moment loses nothing: at worst the same mail, with the same Message-ID, passes on twice.
package intake

import (
	"context"
	"time"

	"github.com/go-logr/logr"

	"github.com/usher-operator/usher/internal/mail"
)

// Destination is a workspace that takes mails in.
type Destination struct {
	// Organization and Workspace name it.
	Organization, Workspace string
	// Intake is its intake address in the form in which addresses are compared, Queue the address that mails pass on to.
	Intake, Queue string
	// Waiting is true while the organization is not there yet or on its way out: mails wait.
	Waiting bool
	// Circular is true while the queue leads, over other intakes, to where the mail has been: mails wait.
	Circular bool
}

func (d *Destination) key() string { return d.Organization + "/" + d.Workspace }

// Directory knows the workspaces and accounts. Its errors are trouble of the moment.
type Directory interface {
	// Workspace gives the workspace that has an intake address in force; nil: there is none.
	Workspace(ctx context.Context, address string) (*Destination, error)
	// Known tells whether there is an account with an address in an organization, of whatever kind (LMI-7), or the address can
	// be nobody's.
	Known(ctx context.Context, organization, email string) (bool, error)
	// Create makes a Limited account and gives true; false: it was there by then.
	Create(ctx context.Context, organization, email string) (bool, error)
	// Refused tells whoever looks after a workspace that the mail server of its queue refuses a mail for good, by what code.
	Refused(ctx context.Context, to *Destination, code int)
}

// Relay hands mails on, as mail.Sender does.
type Relay interface {
	Pass(ctx context.Context, m mail.Passed) error
	// Address is the relay's own address, which is nobody's account.
	Address() string
}

// Limits are how many mails are taken an hour, and how large they may be. Zero: no limit, but for MessageBytes, Memory,
// Connections and Recipients, where zero is the default.
type Limits struct {
	// PerSender counts the mails of one address to one workspace, PerNetwork those of one client network, PerWorkspace all of a
	// workspace, an hour.
	PerSender, PerNetwork, PerWorkspace int
	// NewAccounts counts the accounts that are made for one workspace in an hour.
	NewAccounts int
	// MessageBytes is the size of the largest mail.
	MessageBytes int64
	// Memory is how many bytes all mails under way take together: they are held in memory, and nowhere else.
	Memory int64
	// Connections is how many clients are served at the same time, Recipients how many recipients a mail may have.
	Connections, Recipients int
}

// DefaultLimits are those of the flags.
func DefaultLimits() Limits {
	return Limits{
		PerSender: 60, PerNetwork: 20000, PerWorkspace: 2000, NewAccounts: 100,
		MessageBytes: 25 << 20, Memory: 64 << 20, Connections: 20, Recipients: 50,
	}
}

func (l Limits) withDefaults() Limits {
	usual := DefaultLimits()
	if l.MessageBytes <= 0 {
		l.MessageBytes = usual.MessageBytes
	}
	if l.Memory <= 0 {
		l.Memory = usual.Memory
	}
	if l.Connections <= 0 {
		l.Connections = usual.Connections
	}
	if l.Recipients <= 0 {
		l.Recipients = usual.Recipients
	}
	return l
}

// Options say how mails are taken in.
type Options struct {
	// Address is host:port, or unix:/path of a socket. The mail server in front must be the only one to reach it: there is
	// neither TLS nor a password.
	Address string
	// Hostname is the listener's name in the dialogue and in trace headers.
	Hostname string
	// Limits keep one from taking what is meant for all.
	Limits Limits
	// Now is the clock; nil: the system's.
	Now func() time.Time
	// Log receives what happens to mails: never a text or a header of one.
	Log logr.Logger
}
