// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package intake receives mails to workspaces by LMTP (RFC 2033) from the organization's own mail server. The author gets a
// Limited account (LMI-3), and the mail is passed on unchanged to the workspace's queue.
//
// It stores nothing. The reply for a recipient is positive only once the queue's mail server has accepted the mail. Until then the
// mail is in the queue of the mail server in front, which tries again after a 4xx or a broken connection. So nothing is lost
// whenever the process is killed: at worst the same mail, with the same Message-ID, is passed on twice.
package intake

import (
	"context"
	"time"

	"github.com/go-logr/logr"

	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/mail"
)

// Destination is a workspace that receives mails.
type Destination struct {
	// Organization and Workspace name it.
	Organization, Workspace string
	// Intake is its intake address in normal form. Queue is the address to which mails are passed on.
	Intake, Queue string
	// NotReady is true while the organization does not exist or is being deleted. Mails are deferred.
	NotReady bool
	// Unconfirmed is true while the owner of the queue's address has not agreed to it. Mails are deferred.
	Unconfirmed bool
	// Circular is true while the queue leads back to an intake, possibly through other intakes. Mails are deferred.
	Circular bool
}

func (d *Destination) key() string { return d.Organization + "/" + d.Workspace }

// Directory finds workspaces and accounts. Its errors are temporary.
type Directory interface {
	// Workspace returns the workspace that receives the mail to an address, or nil if there is none.
	Workspace(ctx context.Context, address string) (*Destination, error)
	// Known reports whether an organization has an account of any kind with an address (LMI-7). It also returns true for an
	// address that cannot be a person's.
	Known(ctx context.Context, organization, email string) (bool, error)
	// Proven reports whether somebody vouches for an address: the organization has declared or changed its account, or its owner has
	// confirmed it. A sender whose account exists only because a mail came from them is not proven.
	Proven(ctx context.Context, organization, email string) (bool, error)
	// Create creates a Limited account. It returns false if the account exists by then.
	Create(ctx context.Context, organization, email string) (bool, error)
	// ReportRefusal tells the workspace's team that the mail server of its queue permanently refused a mail, and with which code.
	ReportRefusal(ctx context.Context, to *Destination, code int)
}

// Relay passes mails on. It is implemented by mail.Sender.
type Relay interface {
	// Pass returns once the queue's mail server has accepted the mail.
	Pass(ctx context.Context, m mail.Passed) error
	// Address returns the relay's own address, which never gets an account.
	Address() string
}

// Limits are how many mails are accepted and how large they may be. A rate of zero means no limit. For the other fields zero means
// the default.
type Limits struct {
	// PerSender is the number of mails per hour from one address to one workspace, PerNetwork from one client network, and
	// PerWorkspace to one workspace, PerOrganization to all workspaces of one organization. The last three count proven senders and others
	// apart.
	PerSender, PerNetwork, PerWorkspace, PerOrganization int
	// Unproven is the number of mails per hour from senders who are not proven to one workspace; zero: PerWorkspace. UnprovenPerDomain
	// is the number of those from one mail domain.
	Unproven, UnprovenPerDomain int
	// NewAccounts is the number of accounts per hour that are created for one workspace.
	NewAccounts int
	// MessageBytes is the size of the largest mail.
	MessageBytes int64
	// Memory is the memory for all mails in transit together, in bytes. They are stored nowhere else.
	Memory int64
	// Connections is the number of simultaneous connections, Recipients the number of recipients of a mail.
	Connections, Recipients int
}

// DefaultLimits returns the defaults of the flags.
func DefaultLimits() Limits {
	return Limits{
		PerSender: 60, PerNetwork: 20000, PerWorkspace: 2000, PerOrganization: 6000,
		Unproven: 1000, UnprovenPerDomain: 200, NewAccounts: 100,
		MessageBytes: 25 << 20, Memory: 64 << 20, Connections: 20, Recipients: 50,
	}
}

func (l Limits) unproven() int {
	if l.Unproven > 0 {
		return l.Unproven
	}
	return l.PerWorkspace
}

func (l Limits) withDefaults() Limits {
	defaults := DefaultLimits()
	if l.MessageBytes <= 0 {
		l.MessageBytes = defaults.MessageBytes
	}
	if l.Memory <= 0 {
		l.Memory = defaults.Memory
	}
	if l.Connections <= 0 {
		l.Connections = defaults.Connections
	}
	if l.Recipients <= 0 {
		l.Recipients = defaults.Recipients
	}
	return l
}

// Options configure the intake.
type Options struct {
	// Address is host:port, or unix:/path for a socket. Only the mail server in front may be able to reach it: there is neither
	// TLS nor a password.
	Address string
	// Hostname is the name of the intake in the LMTP dialogue and in trace fields.
	Hostname string
	// Limits keep one sender from using up what is meant for all. Memory and Connections do not change while the intake runs.
	Limits live.Value[Limits]
	// Now is the clock; nil: the system's.
	Now func() time.Time
	// Log receives what happens to mails, but never the contents or the header of a mail.
	Log logr.Logger
}
