// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"regexp"
)

// configurationKeys are the fields of an UsherConfiguration that flags override.
var configurationKeys = map[string]string{ //nolint:gosec // no credentials, only names of settings
	"leader-elect": "leaderElection",
	"drain-delay":  "drainDelay",

	"webhook-host":               "webhooks.host",
	"webhook-port":               "webhooks.port",
	"webhook-dns-names":          "webhooks.dnsNames",
	"webhook-client-ca-file":     "webhooks.clientCAFile",
	"webhook-certificate-secret": "webhooks.certificate.secretName",

	"health-probe-bind-address": "health.bindAddress",
	"metrics-bind-address":      "metrics.bindAddress",
	"metrics-secure":            "metrics.secure",

	"portal-bind-address":        "portal.bindAddress",
	"portal-url":                 "portal.url",
	"sign-in-url":                "portal.signInURL",
	"trusted-proxies":            "portal.trustedProxies",
	"portal-requests-per-second": "portal.requestsPerSecond",
	"portal-questions-per-hour":  "portal.questionsPerHour",

	"mail-from":          "mail.from",
	"mail-rate":          "mail.rate",
	"mail-templates":     "mail.templates",
	"settle-delay":       "mail.settleDelay",
	"smtp-address":       "mail.smtp.address",
	"smtp-tls":           "mail.smtp.tls",
	"smtp-connections":   "mail.smtp.connections",
	"smtp-username-file": "mail.smtp.usernameFile",
	"smtp-password-file": "mail.smtp.passwordFile",

	"gateway-url":      "gateway.url",
	"gateway-key-file": "gateway.keyFile",

	"intake-address":              "intake.bindAddress",
	"intake-domains":              "intake.domains",
	"intake-sender-rate":          "intake.limits.perSender",
	"intake-network-rate":         "intake.limits.perNetwork",
	"intake-workspace-rate":       "intake.limits.perWorkspace",
	"intake-organization-rate":    "intake.limits.perOrganization",
	"intake-unproven-rate":        "intake.limits.unproven",
	"intake-unproven-domain-rate": "intake.limits.unprovenPerDomain",
	"intake-account-rate":         "intake.limits.newAccounts",
	"intake-max-bytes":            "intake.limits.messageBytes",
	"intake-memory-bytes":         "intake.limits.memoryBytes",
	"intake-connections":          "intake.limits.connections",
	"intake-recipients":           "intake.limits.recipients",

	"queue-domains":           "queues.domains",
	"provisional-account-age": "accounts.provisionalAge",
	"provisional-accounts":    "accounts.provisional",

	"budget-organization-hour":   "budgets.organizationHour",
	"budget-organization-day":    "budgets.organizationDay",
	"budget-address-day":         "budgets.addressDay",
	"budget-address-notices-day": "budgets.addressNoticesDay",
	"budget-queue-day":           "budgets.queueDay",
	"budget-phones-hour":         "budgets.phonesHour",
	"budget-phones-day":          "budgets.phonesDay",
	"budget-phone-day":           "budgets.phoneDay",

	"platform-users":    "platform.users",
	"platform-groups":   "platform.groups",
	"username-prefix":   "usernames.prefix",
	"username-form":     "usernames.form",
	"namespace-labels":  "namespaces.labels",
	"activity-interval": "activity.interval",
	"audit-token-file":  "activity.auditTokenFile",
}

// ConfigurationKey returns the field of an UsherConfiguration that a flag overrides; empty: the flag has none.
func ConfigurationKey(flag string) string { return configurationKeys[flag] }

// ConfigurationFlag returns the flag that overrides a field; empty: there is no such field.
func ConfigurationFlag(key string) string {
	for flag, k := range configurationKeys {
		if k == key {
			return flag
		}
	}
	return ""
}

var flagName = regexp.MustCompile(`--([a-z]+(?:-[a-z]+)*)`)

// namingKeys returns an error that names the fields of the configuration instead of the flags.
func namingKeys(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(flagName.ReplaceAllStringFunc(err.Error(), func(flag string) string {
		if key := configurationKeys[flag[2:]]; key != "" {
			return key
		}
		return flag
	}))
}
