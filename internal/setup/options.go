// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package setup wires the operator: the same for the program, its tests and its benchmarks.
package setup

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/intake"
	"github.com/usher-operator/usher/internal/mail"
)

// Options are the operator's configuration.
type Options struct {
	// Namespace is the operator's own: its Secrets and its lease live there.
	Namespace string

	// LeaderElection lets one of several replicas reconcile; webhooks and portal are served by all.
	LeaderElection bool

	// HealthAddress, MetricsAddress and PortalAddress are host:port to listen on; "0" turns health and metrics off.
	HealthAddress, MetricsAddress, PortalAddress string
	// MetricsSecure serves metrics by TLS to whom the cluster authorizes.
	MetricsSecure bool

	// WebhookHost and WebhookPort are where admission requests are taken.
	WebhookHost string
	WebhookPort int
	// WebhookDNSNames are the names under which the API server calls, the first of them in the certificate's subject.
	WebhookDNSNames []string
	// CertificateDir is where the webhooks' certificate lies for the server to read; empty: a new temporary directory.
	CertificateDir string

	// PortalURL is where people reach the portal.
	PortalURL string
	// TrustedProxies are the networks whose X-Forwarded-For the portal believes.
	TrustedProxies []netip.Prefix

	// PortalRequestsPerSecond limits each client of the portal; zero: the portal's default; negative: no limit.
	PortalRequestsPerSecond float64

	// PortalQuestionsPerHour limits the questions from each network; zero: the portal's default; negative: no limit.
	PortalQuestionsPerHour float64

	// Mail says how to reach the mail server.
	Mail mail.Options
	// Gateway says how contacts' phones are reached; empty: they are not.
	Gateway gateway.Options
	// MailRate is how many mails a minute are sent at most; zero: there is no limit.
	MailRate int
	// MailTemplates is the name of a ConfigMap in Namespace with mail templates in place of those that ship; empty: none is
	// read.
	MailTemplates string

	// IntakeAddress is where mails to workspaces are taken in by LMTP: host:port or unix:/path; empty: nowhere.
	IntakeAddress string
	// IntakeLimits bound what is taken in.
	IntakeLimits intake.Limits
	// IntakeDomains lists which organization may take mails in at which addresses, see policy.ParseIntakeDomains; empty: each
	// at all that no other has.
	IntakeDomains []string

	// PlatformUsers and PlatformGroups are identities that are not bound by roles.
	PlatformUsers, PlatformGroups []string

	// NamespaceLabels lists the labels that Workspaces may have copied to their namespaces, see
	// policy.ParseNamespaceLabels; empty: none.
	NamespaceLabels []string

	// ActivityInterval is how long a person's activity is written once only; zero: it is not kept track of.
	ActivityInterval time.Duration
	// AuditTokenFile is a file of bearer tokens, one of which whoever sends audit events must have; empty: none are taken.
	AuditTokenFile string

	// SettleDelay is how long objects that are declared together have to arrive before a mail speaks of them.
	SettleDelay time.Duration
	// Now is the clock; nil: the system's.
	Now func() time.Time
	// SkipNameValidation lets several operators live in one process, for tests.
	SkipNameValidation bool
}

// DefaultSettleDelay is longer than kubectl or a GitOps controller takes to apply a folder.
const DefaultSettleDelay = 3 * time.Second

// Validate gives everything that is wrong with the options at once, each with the flag that sets it right.
func (o *Options) Validate() error {
	var wrong []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	require(o.Namespace != "", "the operator does not know its own namespace: set --namespace or the environment "+
		"variable POD_NAMESPACE")
	require(len(o.WebhookDNSNames) > 0, "--webhook-dns-names needs at least one name under which the API server calls")
	require(o.Mail.Address != "", "--smtp-address is missing: set it to the mail server's host:port")
	require(o.Mail.From != "", "--mail-from is missing: set it to the address that mails come from")
	require(o.MailRate >= 0, "--mail-rate %d is negative: set it to the mails a minute that are sent at most, 0 for no limit",
		o.MailRate)
	require(o.Mail.Connections >= 0, "--smtp-connections %d is negative: set it to the connections that are open at the "+
		"same time at most", o.Mail.Connections)
	require(o.ActivityInterval >= 0, "--activity-interval %s is negative: set it to 0 to turn it off", o.ActivityInterval)
	require(o.AuditTokenFile == "" || o.ActivityInterval != 0, "--audit-token-file is set, but --activity-interval=0 turns off "+
		"what audit events are for: leave one of them out")
	_, err := effective.ParseNamespaceLabels(o.NamespaceLabels)
	require(err == nil, "--namespace-labels: %w", err)
	wrong = append(wrong, o.validateIntake()...)
	portal, err := url.Parse(o.PortalURL)
	web := err == nil && (portal.Scheme == "https" || portal.Scheme == "http") && portal.Host != ""
	require(web, "--portal-url %q must be the absolute URL under which "+
		"people reach the portal, such as https://usher.acme.example", o.PortalURL)
	if err := checkGateway(o.Gateway); err != nil {
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// mailDomain gives the right side of Message-IDs: the sender's domain.
func (o *Options) mailDomain() string {
	address := strings.TrimRight(o.Mail.From, "> ")
	return address[strings.LastIndex(address, "@")+1:]
}

func (o *Options) now() func() time.Time {
	if o.Now != nil {
		return o.Now
	}
	return time.Now
}
