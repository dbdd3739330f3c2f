// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package setup wires the operator in the same way for the program, its tests and its benchmarks.
package setup

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/usher-operator/usher/internal/controller/orguser"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/intake"
	"github.com/usher-operator/usher/internal/kubeconfig"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/signin"
)

// Options are the operator's configuration.
type Options struct {
	// Namespace is the operator's own; its Secrets and its lease are there.
	Namespace string

	// Components run in this process; empty: all.
	Components []Component
	// QuestionsNamespace is where customers' questions are kept; empty: in Namespace.
	QuestionsNamespace string

	// LeaderElection lets only one of several replicas reconcile; all of them serve webhooks and portal.
	LeaderElection bool

	// HealthAddress, MetricsAddress and PortalAddress are host:port to listen on; "0" turns health and metrics off.
	HealthAddress, MetricsAddress, PortalAddress string
	// MetricsSecure serves metrics over TLS, and only to clients that the cluster authorizes.
	MetricsSecure bool

	// WebhookHost and WebhookPort are where the webhooks listen.
	WebhookHost string
	WebhookPort int
	// WebhookDNSNames are the names by which the API server calls the webhooks, and others read the metrics; the first is in the
	// certificate's subject. Empty: those of the Services in Namespace.
	WebhookDNSNames []string
	// CertificateSecret is the name of a Secret in Namespace with the certificate of the webhooks and the metrics, which somebody else
	// keeps; empty: the operator issues it.
	CertificateSecret string
	// WebhookClientCAFile is a file with the authorities of the API servers' certificates; empty: everybody who reaches the port may
	// call the webhooks.
	WebhookClientCAFile string
	// DrainDelay is how long webhooks and portal go on answering after the operator was told to stop.
	DrainDelay time.Duration

	// PortalURL is where people reach the portal.
	PortalURL string
	// SignInURL is where people sign in to the cluster, or get a kubeconfig; empty: welcomes have no link.
	SignInURL string
	// TrustedProxies are the networks whose X-Forwarded-For header the portal trusts.
	TrustedProxies []netip.Prefix

	// PortalRequestsPerSecond limits each client of the portal; zero: the portal's default; negative: no limit.
	PortalRequestsPerSecond float64

	// PortalQuestionsPerHour limits the questions from each network; zero: the portal's default; negative: no limit.
	PortalQuestionsPerHour float64

	// Directories lets organizations have directories, which the portal serves to those that have a token.
	Directories bool
	// DirectoryRequestsPerSecond limits each organization's directory, in each replica; zero: the door's default; negative: no limit.
	DirectoryRequestsPerSecond float64
	// SignIn is the provider with whose accounts people sign in on the portal; without an issuer: there is none.
	SignIn signin.Provider
	// OrganizationIssuers lists the hosts of organizations' own providers, see effective.ParseIssuers; empty: they may have none.
	OrganizationIssuers []string
	// SignInNetworks are the networks, beside the public internet, in which organizations' providers may be.
	SignInNetworks []netip.Prefix
	// Accounts say where people's accounts with a password are; empty: they have none.
	Accounts identity.Options

	// Mail says how to reach the mail server.
	Mail mail.Options
	// Gateway says how to reach the gateway to contacts' phones; empty: phones are not reached.
	Gateway gateway.Options
	// MailRate is the maximum number of mails sent per minute; zero: no limit.
	MailRate int
	// Budgets are how many messages an organization, and a destination, may be sent; zero: no limit.
	Budgets budget.Limits
	// MailTemplates is the name of a ConfigMap in Namespace whose mail templates replace those that ship; empty: none is read.
	MailTemplates string

	// IntakeAddress is where mails to workspaces are received by LMTP: host:port or unix:/path; empty: the intake is off.
	IntakeAddress string
	// IntakeLimits bound the mails that are received.
	IntakeLimits intake.Limits
	// IntakeDomains lists which organization may receive mails at which addresses, see effective.ParseIntakeDomains; empty: each
	// organization at any address that no other has.
	IntakeDomains []string

	// QueueDomains lists the domains and addresses at which workspaces may have their queues without asking the owner, see
	// effective.ParseQueueDomains; empty: every owner is asked.
	QueueDomains []string

	// Provisional says how long the accounts that Usher creates for outsiders are kept, and how many.
	Provisional orguser.Provisional

	// PlatformUsers and PlatformGroups are identities that are not bound by roles.
	PlatformUsers, PlatformGroups []string

	// Usernames maps people's addresses to the names by which the API server knows them.
	Usernames effective.Usernames

	// NamespaceLabels lists the labels that may be copied from Workspaces to their namespaces, see
	// effective.ParseNamespaceLabels; empty: none.
	NamespaceLabels []string
	// IdentityPrefixes lists what the groups of the identity provider begin with that OrgGroups may name, see
	// effective.ParseIdentityGroups; empty: they may name none.
	IdentityPrefixes []string
	// Appointing lists the organizations in which a group can give the role OrganizationAdmin.
	Appointing effective.Appointing

	// Cluster is what people's kubeconfigs say; without a server or an issuer: people get none.
	Cluster kubeconfig.Cluster
	// ClusterCAFile is a file with the authorities of the API server's certificate, unless Cluster has them.
	ClusterCAFile string

	// ActivityInterval is the time within which a person's activity is written only once; zero: activity is not tracked.
	ActivityInterval time.Duration
	// AuditTokenFile is a file of bearer tokens. A sender of audit events must have one of them; empty: no events are accepted.
	AuditTokenFile string

	// SettleDelay is how long to wait for objects that are declared together before a mail about them is sent.
	SettleDelay time.Duration
	// Now is the clock; nil: the system's.
	Now func() time.Time
	// Propagation is how long API servers may take to notice a webhook configuration that has changed; zero: DefaultPropagation.
	Propagation time.Duration
	// SkipNameValidation lets several operators run in one process, for tests.
	SkipNameValidation bool

	// Reload reads the options again; nil: they stay as they are. What changes is put in force if it can be, see settings.
	Reload func() (Options, error)
	// ReloadInterval is how often they are read, and the certificate of a portal that runs apart; zero: every few seconds, or once a
	// minute.
	ReloadInterval time.Duration

	// configuration is the path of the file that the options come from; empty: there is none.
	configuration string
	// features knows which optional features do not work.
	features *features
	// live are the options that change while the operator runs.
	live *liveOptions
}

// DefaultSettleDelay is longer than kubectl or a GitOps controller takes to apply a folder.
const DefaultSettleDelay = 3 * time.Second

// Validate returns everything that is wrong with the options at once, each error with what fixes it: the field of the configuration
// file, or the flag if there is no file.
func (o *Options) Validate() error {
	err := o.validate()
	if err != nil && o.configuration != "" {
		return fmt.Errorf("the configuration %s: %w", o.configuration, namingKeys(err))
	}
	return err
}

func (o *Options) validate() error {
	var wrong []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	require(o.Namespace != "", "the operator does not know its own namespace: set --namespace or the environment "+
		"variable POD_NAMESPACE")
	wrong = append(wrong, o.validateComponents()...)
	require(o.Mail.Address != "", "--smtp-address is missing: set it to the mail server's host:port")
	require(o.Mail.From != "", "--mail-from is missing: set it to the sender's address of the mails")
	require(o.MailRate >= 0, "--mail-rate %d is negative: set it to the maximum number of mails per minute, or 0 for no limit", o.MailRate)
	require(o.Mail.Connections >= 0, "--smtp-connections %d is negative: set it to the maximum number of simultaneous connections",
		o.Mail.Connections)
	require(o.DrainDelay >= 0, "--drain-delay %s is negative: set it to 0 to stop at once", o.DrainDelay)
	require(o.ActivityInterval >= 0, "--activity-interval %s is negative: set it to 0 to turn tracking off", o.ActivityInterval)
	require(o.AuditTokenFile == "" || o.ActivityInterval != 0, "--audit-token-file is set, but --activity-interval=0 turns off the "+
		"tracking that audit events are for: remove one of the two")
	_, err := effective.ParseNamespaceLabels(o.NamespaceLabels)
	require(err == nil, "--namespace-labels: %w", err)
	wrong = append(wrong, o.validatePlatform()...)
	wrong = append(wrong, o.validateIntake()...)
	_, err = effective.ParseQueueDomains(o.QueueDomains)
	require(err == nil, "--queue-domains: %w", err)
	_, err = effective.ParseIdentityGroups(o.IdentityPrefixes)
	require(err == nil, "--identity-group-prefixes: %w", err)
	if err := o.Appointing.Validate(); err != nil {
		wrong = append(wrong, err)
	}
	wrong = append(wrong, o.validateProvisional()...)
	wrong = append(wrong, o.validateBudgets()...)
	if err := o.Usernames.Validate(); err != nil {
		wrong = append(wrong, err)
	}
	require(isWebURL(o.PortalURL), "--portal-url %q must be the absolute URL at which people reach the portal, "+
		"such as https://usher.acme.example", o.PortalURL)
	require(o.SignInURL == "" || isWebURL(o.SignInURL), "--sign-in-url %q must be the absolute URL at which people sign in to the "+
		"cluster, such as https://login.acme.example, or empty", o.SignInURL)
	wrong = append(wrong, o.validateCluster()...)
	wrong = append(wrong, o.validateSignIn()...)
	wrong = append(wrong, checkGateway(o.Gateway), o.Accounts.Validate())
	return errors.Join(wrong...)
}

// isWebURL reports whether a text is an absolute http or https URL that a mail can link to.
func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// DNSNames returns the names in the certificate of the webhooks and the metrics.
func (o *Options) DNSNames() []string {
	if len(o.WebhookDNSNames) > 0 {
		return o.WebhookDNSNames
	}
	return []string{webhookService + "." + o.Namespace + ".svc", metricsService + "." + o.Namespace + ".svc"}
}

// mailDomain returns the right-hand side of Message-IDs: the sender's domain.
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
