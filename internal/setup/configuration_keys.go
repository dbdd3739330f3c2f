// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"regexp"
	"slices"
)

// A setting changes in place, while the operator runs, or when the operator restarts.
const (
	inPlace   = true
	atRestart = false
)

// setting is a field of an UsherConfiguration, and the flag that overrides it.
type setting struct {
	flag, key string
	// live is inPlace or atRestart.
	live  bool
	value func(*Options) any
}

// settings are all fields of an UsherConfiguration. A field that changes in place is handed to its users by liveOptions.
var settings = []setting{
	{"components", "components", atRestart, func(o *Options) any { return o.Components }},
	{"leader-elect", "leaderElection", atRestart, func(o *Options) any { return o.LeaderElection }},
	{"drain-delay", "drainDelay", atRestart, func(o *Options) any { return o.DrainDelay }},

	{"webhook-host", "webhooks.host", atRestart, func(o *Options) any { return o.WebhookHost }},
	{"webhook-port", "webhooks.port", atRestart, func(o *Options) any { return o.WebhookPort }},
	{"webhook-dns-names", "webhooks.dnsNames", atRestart, func(o *Options) any { return o.WebhookDNSNames }},
	{"webhook-client-ca-file", "webhooks.clientCAFile", atRestart, func(o *Options) any { return o.WebhookClientCAFile }},
	{"webhook-certificate-secret", "webhooks.certificate.secretName", atRestart, func(o *Options) any { return o.CertificateSecret }},

	{"health-probe-bind-address", "health.bindAddress", atRestart, func(o *Options) any { return o.HealthAddress }},

	{"metrics-bind-address", "metrics.bindAddress", atRestart, func(o *Options) any { return o.MetricsAddress }},
	{"metrics-secure", "metrics.secure", atRestart, func(o *Options) any { return o.MetricsSecure }},

	{"portal-bind-address", "portal.bindAddress", atRestart, func(o *Options) any { return o.PortalAddress }},
	{"portal-url", "portal.url", atRestart, func(o *Options) any { return o.PortalURL }},
	{"sign-in-url", "portal.signInURL", inPlace, func(o *Options) any { return o.SignInURL }},
	{"trusted-proxies", "portal.trustedProxies", atRestart, func(o *Options) any { return o.TrustedProxies }},
	{"portal-requests-per-second", "portal.requestsPerSecond", inPlace, func(o *Options) any { return o.PortalRequestsPerSecond }},
	{"portal-questions-per-hour", "portal.questionsPerHour", inPlace, func(o *Options) any { return o.PortalQuestionsPerHour }},

	{"directories", "directories.enabled", atRestart, func(o *Options) any { return o.Directories }},
	{
		"directory-requests-per-second", "directories.requestsPerSecond", inPlace,
		func(o *Options) any { return o.DirectoryRequestsPerSecond },
	},
	{"sign-in-issuer-url", "signIn.issuerURL", atRestart, func(o *Options) any { return o.SignIn.IssuerURL }},
	{"sign-in-client-id", "signIn.clientID", atRestart, func(o *Options) any { return o.SignIn.ClientID }},
	{"sign-in-client-secret-file", "signIn.clientSecretFile", atRestart, func(o *Options) any { return o.SignIn.ClientSecretFile }},
	{"sign-in-ca-file", "signIn.caFile", atRestart, func(o *Options) any { return o.SignIn.CAFile }},
	{"sign-in-scopes", "signIn.scopes", atRestart, func(o *Options) any { return o.SignIn.Scopes }},
	{"sign-in-display-name", "signIn.displayName", atRestart, func(o *Options) any { return o.SignIn.DisplayName }},
	{"sign-in-allowed-domains", "signIn.allowedDomains", atRestart, func(o *Options) any { return o.SignIn.AllowedDomains }},
	{"sign-in-email-verified", "signIn.emailVerified", atRestart, func(o *Options) any { return o.SignIn.EmailVerified }},
	{"sign-in-organization-issuers", "signIn.organizationIssuers", atRestart, func(o *Options) any { return o.OrganizationIssuers }},
	{"sign-in-private-networks", "signIn.privateNetworks", atRestart, func(o *Options) any { return o.SignInNetworks }},
	{"accounts-address", "signIn.accounts.address", atRestart, func(o *Options) any { return o.Accounts.Address }},
	{"accounts-tls-cert-file", "signIn.accounts.tls.certFile", atRestart, func(o *Options) any { return o.Accounts.TLS.CertFile }},
	{"accounts-tls-key-file", "signIn.accounts.tls.keyFile", atRestart, func(o *Options) any { return o.Accounts.TLS.KeyFile }},
	{"accounts-tls-ca-file", "signIn.accounts.tls.caFile", atRestart, func(o *Options) any { return o.Accounts.TLS.CAFile }},
	{"accounts-minimum-length", "signIn.accounts.minimumLength", atRestart, func(o *Options) any { return o.Accounts.MinLength }},
	{"accounts-breached-url", "signIn.accounts.breachedURL", atRestart, func(o *Options) any { return o.Accounts.BreachedURL }},

	{"mail-from", "mail.from", atRestart, func(o *Options) any { return o.Mail.From }},
	{"mail-rate", "mail.rate", inPlace, func(o *Options) any { return o.MailRate }},
	{"mail-templates", "mail.templates", atRestart, func(o *Options) any { return o.MailTemplates }},
	{"settle-delay", "mail.settleDelay", atRestart, func(o *Options) any { return o.SettleDelay }},
	{"smtp-address", "mail.smtp.address", atRestart, func(o *Options) any { return o.Mail.Address }},
	{"smtp-tls", "mail.smtp.tls", atRestart, func(o *Options) any { return o.Mail.TLS }},
	{"smtp-connections", "mail.smtp.connections", atRestart, func(o *Options) any { return o.Mail.Connections }},
	{"smtp-username-file", "mail.smtp.usernameFile", atRestart, func(o *Options) any { return o.Mail.UsernameFile }},
	{"smtp-password-file", "mail.smtp.passwordFile", atRestart, func(o *Options) any { return o.Mail.PasswordFile }},

	{"gateway-url", "gateway.url", atRestart, func(o *Options) any { return o.Gateway.URL }},
	{"gateway-key-file", "gateway.keyFile", atRestart, func(o *Options) any { return o.Gateway.KeyFile }},

	{"intake-address", "intake.bindAddress", atRestart, func(o *Options) any { return o.IntakeAddress }},
	{"intake-domains", "intake.domains", inPlace, func(o *Options) any { return o.IntakeDomains }},
	{"intake-sender-rate", "intake.limits.perSender", inPlace, func(o *Options) any { return o.IntakeLimits.PerSender }},
	{"intake-network-rate", "intake.limits.perNetwork", inPlace, func(o *Options) any { return o.IntakeLimits.PerNetwork }},
	{"intake-workspace-rate", "intake.limits.perWorkspace", inPlace, func(o *Options) any { return o.IntakeLimits.PerWorkspace }},
	{"intake-organization-rate", "intake.limits.perOrganization", inPlace, func(o *Options) any { return o.IntakeLimits.PerOrganization }},
	{"intake-unproven-rate", "intake.limits.unproven", inPlace, func(o *Options) any { return o.IntakeLimits.Unproven }},
	{
		"intake-unproven-domain-rate", "intake.limits.unprovenPerDomain", inPlace,
		func(o *Options) any { return o.IntakeLimits.UnprovenPerDomain },
	},
	{"intake-account-rate", "intake.limits.newAccounts", inPlace, func(o *Options) any { return o.IntakeLimits.NewAccounts }},
	{"intake-max-bytes", "intake.limits.messageBytes", atRestart, func(o *Options) any { return o.IntakeLimits.MessageBytes }},
	{"intake-memory-bytes", "intake.limits.memoryBytes", atRestart, func(o *Options) any { return o.IntakeLimits.Memory }},
	{"intake-connections", "intake.limits.connections", atRestart, func(o *Options) any { return o.IntakeLimits.Connections }},
	{"intake-recipients", "intake.limits.recipients", inPlace, func(o *Options) any { return o.IntakeLimits.Recipients }},

	{"queue-domains", "queues.domains", inPlace, func(o *Options) any { return o.QueueDomains }},

	{"questions-namespace", "questions.namespace", atRestart, func(o *Options) any { return o.QuestionsNamespace }},

	{"provisional-account-age", "accounts.provisionalAge", atRestart, func(o *Options) any { return o.Provisional.Age }},
	{"provisional-accounts", "accounts.provisional", atRestart, func(o *Options) any { return o.Provisional.Unproven }},

	{"budget-organization-hour", "budgets.organizationHour", inPlace, func(o *Options) any { return o.Budgets.OrganizationHour }},
	{"budget-organization-day", "budgets.organizationDay", inPlace, func(o *Options) any { return o.Budgets.OrganizationDay }},
	{"budget-address-day", "budgets.addressDay", inPlace, func(o *Options) any { return o.Budgets.AddressDay }},
	{"budget-address-notices-day", "budgets.addressNoticesDay", inPlace, func(o *Options) any { return o.Budgets.AddressNoticesDay }},
	{"budget-queue-day", "budgets.queueDay", inPlace, func(o *Options) any { return o.Budgets.QueueDay }},
	{"budget-phones-hour", "budgets.phonesHour", inPlace, func(o *Options) any { return o.Budgets.PhonesHour }},
	{"budget-phones-day", "budgets.phonesDay", inPlace, func(o *Options) any { return o.Budgets.PhonesDay }},
	{"budget-phone-day", "budgets.phoneDay", inPlace, func(o *Options) any { return o.Budgets.PhoneDay }},

	{"platform-users", "platform.users", inPlace, func(o *Options) any { return o.PlatformUsers }},
	{"platform-groups", "platform.groups", inPlace, func(o *Options) any { return o.PlatformGroups }},

	{"username-prefix", "usernames.prefix", atRestart, func(o *Options) any { return o.Usernames.Prefix }},
	{"username-form", "usernames.form", atRestart, func(o *Options) any { return o.Usernames.Form }},

	{"identity-group-prefixes", "groups.identityPrefixes", inPlace, func(o *Options) any { return o.IdentityPrefixes }},
	{"group-administrators", "groups.administrators", atRestart, func(o *Options) any { return o.Appointing }},

	{"namespace-labels", "namespaces.labels", inPlace, func(o *Options) any { return o.NamespaceLabels }},

	{"activity-interval", "activity.interval", inPlace, func(o *Options) any { return o.ActivityInterval }},
	{"audit-token-file", "activity.auditTokenFile", atRestart, func(o *Options) any { return o.AuditTokenFile }},

	{"cluster-name", "cluster.name", atRestart, func(o *Options) any { return o.Cluster.Name }},
	{"cluster-server", "cluster.server", atRestart, func(o *Options) any { return o.Cluster.Server }},
	{"cluster-ca-file", "cluster.caFile", atRestart, func(o *Options) any { return o.ClusterCAFile }},
	{"cluster-ca-data", "cluster.caData", atRestart, func(o *Options) any { return string(o.Cluster.CAData) }},
	{"login-issuer-url", "cluster.login.issuerURL", atRestart, func(o *Options) any { return o.Cluster.Login.IssuerURL }},
	{"login-client-id", "cluster.login.clientID", atRestart, func(o *Options) any { return o.Cluster.Login.ClientID }},
	{"login-scopes", "cluster.login.scopes", atRestart, func(o *Options) any { return o.Cluster.Login.Scopes }},
	{"login-claim", "cluster.login.claim", atRestart, func(o *Options) any { return o.Cluster.Login.Claim }},
	{"login-redirect-port", "cluster.login.redirectPort", atRestart, func(o *Options) any { return o.Cluster.Login.RedirectPort }},
	{"login-ca-data", "cluster.login.caData", atRestart, func(o *Options) any { return string(o.Cluster.Login.CAData) }},
}

// settingOf returns the setting that a flag overrides; false: none.
func settingOf(flag string) (setting, bool) {
	place := slices.IndexFunc(settings, func(s setting) bool { return s.flag == flag })
	if place < 0 {
		return setting{}, false
	}
	return settings[place], true
}

// ConfigurationKey returns the field of an UsherConfiguration that a flag overrides; empty: the flag has none.
func ConfigurationKey(flag string) string {
	s, _ := settingOf(flag)
	return s.key
}

// ConfigurationFlag returns the flag that overrides a field, and whether the field changes while the operator runs; empty: there is no such
// field.
func ConfigurationFlag(key string) (flag string, live bool) {
	for _, s := range settings {
		if s.key == key {
			return s.flag, s.live
		}
	}
	return "", false
}

// LiveKeys returns the fields that change while the operator runs, in order.
func LiveKeys() []string {
	var keys []string
	for _, s := range settings {
		if s.live {
			keys = append(keys, s.key)
		}
	}
	slices.Sort(keys)
	return keys
}

var flagName = regexp.MustCompile(`--([a-z]+(?:-[a-z]+)*)`)

// namingKeys returns an error that names the fields of the configuration instead of the flags.
func namingKeys(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(flagName.ReplaceAllStringFunc(err.Error(), func(flag string) string {
		if key := ConfigurationKey(flag[2:]); key != "" {
			return key
		}
		return flag
	}))
}
