// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	config "github.com/usher-operator/usher/api/config/v1alpha1"
	"github.com/usher-operator/usher/internal/controller/orguser"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/intake"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/signin"
)

// DefaultOptions returns the options of a configuration that says nothing. The required ones are missing.
func DefaultOptions() Options {
	o, _ := fromConfiguration(config.Default()) // the defaults are valid
	return o
}

// LoadOptions returns the options in a file with an UsherConfiguration. An error says everything that is wrong with the file.
func LoadOptions(path string) (Options, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Options{}, fmt.Errorf("cannot read the configuration: %w", err)
	}
	c, err := decode(content)
	if err != nil {
		return Options{}, fmt.Errorf("the configuration %s: %w", path, err)
	}
	o, err := fromConfiguration(c)
	if err != nil {
		return Options{}, fmt.Errorf("the configuration %s: %w", path, err)
	}
	o.configuration = path
	return o, nil
}

// decode reads a configuration over the defaults.
func decode(content []byte) (*config.UsherConfiguration, error) {
	converted, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		return nil, err
	}
	c := config.Default()
	c.APIVersion, c.Kind = "", ""
	strict, err := json.UnmarshalStrict(converted, c)
	if err != nil {
		return nil, err
	}
	if c.APIVersion != config.APIVersion || c.Kind != config.Kind {
		strict = append(strict, fmt.Errorf("apiVersion %q and kind %q must be %q and %q",
			c.APIVersion, c.Kind, config.APIVersion, config.Kind))
	}
	return c, errors.Join(strict...)
}

// fromConfiguration returns the options that a configuration stands for.
func fromConfiguration(c *config.UsherConfiguration) (Options, error) {
	proxies, err := ParseNetworks(c.Portal.TrustedProxies)
	if err != nil {
		return Options{}, fmt.Errorf("portal.trustedProxies: %w", err)
	}
	private, err := ParseNetworks(c.SignIn.PrivateNetworks)
	if err != nil {
		return Options{}, fmt.Errorf("signIn.privateNetworks: %w", err)
	}
	return Options{
		Components:     components(c.Components),
		LeaderElection: c.LeaderElection,
		DrainDelay:     c.DrainDelay.Duration,

		WebhookHost:         c.Webhooks.Host,
		WebhookPort:         c.Webhooks.Port,
		WebhookDNSNames:     c.Webhooks.DNSNames,
		CertificateSecret:   c.Webhooks.Certificate.SecretName,
		WebhookClientCAFile: c.Webhooks.ClientCAFile,
		HealthAddress:       c.Health.BindAddress,
		MetricsAddress:      c.Metrics.BindAddress,
		MetricsSecure:       c.Metrics.Secure,

		PortalAddress:           c.Portal.BindAddress,
		PortalURL:               c.Portal.URL,
		SignInURL:               c.Portal.SignInURL,
		TrustedProxies:          proxies,
		PortalRequestsPerSecond: c.Portal.RequestsPerSecond,
		PortalQuestionsPerHour:  c.Portal.QuestionsPerHour,

		Directories:                c.Directories.Enabled,
		DirectoryRequestsPerSecond: c.Directories.RequestsPerSecond,
		SignIn: signin.Provider{
			IssuerURL: c.SignIn.IssuerURL, ClientID: c.SignIn.ClientID, ClientSecretFile: c.SignIn.ClientSecretFile,
			CAFile: c.SignIn.CAFile, Scopes: c.SignIn.Scopes, DisplayName: c.SignIn.DisplayName,
			AllowedDomains: c.SignIn.AllowedDomains, EmailVerified: signin.EmailVerified(c.SignIn.EmailVerified),
		},
		OrganizationIssuers: c.SignIn.OrganizationIssuers,
		SignInNetworks:      private,
		Accounts:            accountsOptions(c.SignIn.Accounts),

		Mail: mail.Options{
			Address: c.Mail.SMTP.Address, TLS: mail.TLSMode(c.Mail.SMTP.TLS), Connections: c.Mail.SMTP.Connections,
			UsernameFile: c.Mail.SMTP.UsernameFile, PasswordFile: c.Mail.SMTP.PasswordFile, From: c.Mail.From,
		},
		MailRate:      c.Mail.Rate,
		MailTemplates: c.Mail.Templates,
		SettleDelay:   c.Mail.SettleDelay.Duration,
		Budgets:       budget.Limits(c.Budgets),
		Gateway:       gateway.Options{URL: c.Gateway.URL, KeyFile: c.Gateway.KeyFile},

		IntakeAddress: c.Intake.BindAddress,
		IntakeDomains: c.Intake.Domains,
		IntakeLimits:  intakeLimits(c.Intake.Limits),
		QueueDomains:  c.Queues.Domains,

		QuestionsNamespace: c.Questions.Namespace,
		Provisional:        orguser.Provisional{Age: c.Accounts.ProvisionalAge.Duration, Unproven: c.Accounts.Provisional},

		PlatformUsers:    c.Platform.Users,
		PlatformGroups:   c.Platform.Groups,
		Usernames:        effective.Usernames{Prefix: c.Usernames.Prefix, Form: effective.UsernameForm(c.Usernames.Form)},
		NamespaceLabels:  c.Namespaces.Labels,
		IdentityPrefixes: c.Groups.IdentityPrefixes,
		Appointing:       c.Groups.Administrators,
		ActivityInterval: c.Activity.Interval.Duration,
		AuditTokenFile:   c.Activity.AuditTokenFile,

		Cluster:       cluster(&c.Cluster),
		ClusterCAFile: c.Cluster.CAFile,
	}, nil
}

func accountsOptions(a config.SignInAccounts) identity.Options {
	return identity.Options{
		Address: a.Address, TLS: identity.TLS(a.TLS), MinLength: a.MinimumLength, BreachedURL: a.BreachedURL,
	}
}

func intakeLimits(l config.IntakeLimits) intake.Limits {
	return intake.Limits{
		PerSender: l.PerSender, PerNetwork: l.PerNetwork, PerWorkspace: l.PerWorkspace, PerOrganization: l.PerOrganization,
		Unproven: l.Unproven, UnprovenPerDomain: l.UnprovenPerDomain, NewAccounts: l.NewAccounts,
		MessageBytes: l.MessageBytes, Memory: l.MemoryBytes, Connections: l.Connections, Recipients: l.Recipients,
	}
}

// ParseNetworks parses networks such as 10.0.0.0/8.
func ParseNetworks(texts []string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	var wrong []error
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%q is not a network such as 10.0.0.0/8", text))
			continue
		}
		networks = append(networks, network)
	}
	return networks, errors.Join(wrong...)
}
