// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/usher-operator/usher/internal/setup"
)

// parse returns the options in the configuration file, if --config names one, and in flags, which override it, each time that the file is
// read.
func parse(args []string) (setup.Options, *zap.Options, error) {
	o, zapOptions, err := parseInto(flag.CommandLine, args)
	if configurationFile(args) != "" {
		o.Reload = func() (setup.Options, error) {
			again := flag.NewFlagSet("usher", flag.ContinueOnError)
			again.SetOutput(io.Discard)
			again.String("kubeconfig", "", "") // declared by a library for the command line
			o, _, err := parseInto(again, args)
			return o, err
		}
	}
	return o, zapOptions, err
}

func parseInto(flags *flag.FlagSet, args []string) (setup.Options, *zap.Options, error) {
	o := setup.DefaultOptions()
	if path := configurationFile(args); path != "" {
		var err error
		if o, err = setup.LoadOptions(path); err != nil {
			return setup.Options{}, nil, err
		}
	}
	o.Namespace = os.Getenv("POD_NAMESPACE")
	var zapOptions zap.Options
	zapOptions.BindFlags(flags)
	flags.String("config", "", "file with an UsherConfiguration; flags override it")
	printVersion := flags.Bool("version", false, "print the version and end")
	serverFlags(flags, &o)
	portalFlags(flags, &o)
	mailFlags(flags, &o)
	peopleFlags(flags, &o)
	setup.IntakeFlags(flags, &o)
	setup.SignInFlags(flags, &o)
	setup.GatewayFlags(flags, &o)
	setup.AccountsFlags(flags, &o)
	setup.ProvisionalFlags(flags, &o)
	setup.BudgetFlags(flags, &o)
	setup.ClusterFlags(flags, &o)
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q: flags start with --", flags.Arg(0))
	}
	if err == nil && *printVersion {
		err = errVersion
	}
	return o, &zapOptions, err
}

// configurationFile returns the value of --config. It has to be known before the other flags are declared, because what the file says is
// their default.
func configurationFile(args []string) string {
	for i, arg := range args {
		name, value, set := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		switch {
		case name != "config" || !strings.HasPrefix(arg, "-"):
		case set:
			return value
		case i+1 < len(args):
			return args[i+1]
		}
	}
	return ""
}

func serverFlags(flags *flag.FlagSet, o *setup.Options) {
	flags.StringVar(&o.Namespace, "namespace", o.Namespace, "the operator's own namespace")
	flags.Func("components", "parts of Usher that run in this process, separated by commas: Controllers (webhooks and reconcilers), "+
		"Portal (portal and intake)", func(s string) error {
		o.Components = nil
		for _, name := range split(s) {
			o.Components = append(o.Components, setup.Component(name))
		}
		return nil
	})
	flags.BoolVar(&o.LeaderElection, "leader-elect", o.LeaderElection, "let only one of several replicas reconcile")
	flags.DurationVar(&o.DrainDelay, "drain-delay", o.DrainDelay,
		"how long webhooks and portal go on answering after the operator was told to stop, so that clients leave without losing a request")
	flags.StringVar(&o.HealthAddress, "health-probe-bind-address", o.HealthAddress, "address on which /healthz and /readyz are served")
	flags.StringVar(&o.MetricsAddress, "metrics-bind-address", o.MetricsAddress, "address on which metrics are served; 0 turns them off")
	flags.BoolVar(&o.MetricsSecure, "metrics-secure", o.MetricsSecure,
		"serve metrics over TLS, and only to clients that the cluster authorizes")
	flags.StringVar(&o.WebhookHost, "webhook-host", o.WebhookHost, "address on which the webhooks listen; empty: all addresses")
	flags.IntVar(&o.WebhookPort, "webhook-port", o.WebhookPort, "port on which the webhooks listen")
	list(flags, &o.WebhookDNSNames, "webhook-dns-names",
		"DNS names by which the API server calls the webhooks, and others read the metrics, separated by commas; empty: those of the "+
			"Services in the operator's namespace")
	flags.StringVar(&o.CertificateSecret, "webhook-certificate-secret", o.CertificateSecret,
		"name of a Secret in the operator's namespace with the certificate of the webhooks and the metrics, which somebody else renews; "+
			"empty: the operator issues one")
	flags.StringVar(&o.WebhookClientCAFile, "webhook-client-ca-file", o.WebhookClientCAFile,
		"file with the authorities of the API servers' client certificates, which the webhooks demand; empty: everybody may call them")
	flags.DurationVar(&o.ActivityInterval, "activity-interval", o.ActivityInterval,
		"accuracy of a person's last activity, which is written at most once in this time; 0 turns tracking off")
	flags.StringVar(&o.AuditTokenFile, "audit-token-file", o.AuditTokenFile,
		"file with bearer tokens, one per line, for API servers that send audit events to /audit on the webhooks' port; empty: none")
}

func portalFlags(flags *flag.FlagSet, o *setup.Options) {
	flags.StringVar(&o.PortalAddress, "portal-bind-address", o.PortalAddress, "address on which the portal is served")
	flags.StringVar(&o.PortalURL, "portal-url", o.PortalURL, "URL at which people reach the portal")
	flags.StringVar(&o.SignInURL, "sign-in-url", o.SignInURL,
		"URL at which people sign in to the cluster or get a kubeconfig, shown to those who are welcomed; empty: none")
	flags.Float64Var(&o.PortalRequestsPerSecond, "portal-requests-per-second", o.PortalRequestsPerSecond,
		"requests per second that each client of the portal may make; 0: the default, 5; negative: no limit")
	flags.Float64Var(&o.PortalQuestionsPerHour, "portal-questions-per-hour", o.PortalQuestionsPerHour,
		"questions per hour that each network may ask on workspaces' pages; 0: the default, 30; negative: no limit")
	flags.BoolVar(&o.Directories, "directories", o.Directories,
		"let organizations have directories, such as Entra ID and Okta, which the portal serves to those with a token (SCIM 2.0)")
	flags.Float64Var(&o.DirectoryRequestsPerSecond, "directory-requests-per-second", o.DirectoryRequestsPerSecond,
		"requests per second that each organization's directory may make, in each replica; 0: the default, 50; negative: no limit")
	named := false
	flags.Func("trusted-proxies", "networks whose X-Forwarded-For header the portal trusts, separated by commas", func(s string) error {
		networks, err := setup.ParseNetworks(split(s))
		if !named {
			o.TrustedProxies, named = nil, true
		}
		o.TrustedProxies = append(o.TrustedProxies, networks...)
		return err
	})
}

func mailFlags(flags *flag.FlagSet, o *setup.Options) {
	flags.StringVar(&o.Mail.Address, "smtp-address", o.Mail.Address, "host:port of the mail server")
	flags.StringVar((*string)(&o.Mail.TLS), "smtp-tls", string(o.Mail.TLS),
		"how the connection to the mail server is protected: StartTLS, TLS or None")
	flags.StringVar(&o.Mail.UsernameFile, "smtp-username-file", o.Mail.UsernameFile, "file with the user name for the mail server")
	flags.StringVar(&o.Mail.PasswordFile, "smtp-password-file", o.Mail.PasswordFile, "file with the password for the mail server")
	flags.IntVar(&o.Mail.Connections, "smtp-connections", o.Mail.Connections,
		"maximum number of simultaneous connections to the mail server")
	flags.IntVar(&o.MailRate, "mail-rate", o.MailRate, "maximum number of mails sent per minute; 0: no limit")
	flags.StringVar(&o.MailTemplates, "mail-templates", o.MailTemplates,
		"name of a ConfigMap in the operator's namespace whose mail templates replace those that ship; empty: none is read")
	flags.StringVar(&o.Mail.From, "mail-from", o.Mail.From, "sender's address of all mails, with or without a name")
	flags.DurationVar(&o.SettleDelay, "settle-delay", o.SettleDelay,
		"how long Usher waits for objects that are declared together before it sends a mail about them")
}

func peopleFlags(flags *flag.FlagSet, o *setup.Options) {
	flags.StringVar(&o.Usernames.Prefix, "username-prefix", o.Usernames.Prefix,
		"what the API server puts in front of people's addresses to name them as Kubernetes users, such as oidc:")
	flags.StringVar((*string)(&o.Usernames.Form), "username-form", string(o.Usernames.Form),
		"form of an internationalized domain in Kubernetes user names: ascii (as in DNS) or unicode")
	list(flags, &o.NamespaceLabels, "namespace-labels",
		"labels that may be copied from Workspaces to their namespaces, separated by commas: a key, domain/* or key=value")
	list(flags, &o.IntakeDomains, "intake-domains",
		"domains and addresses at which organizations may receive mails, separated by commas: organization=domain or "+
			"organization=address; empty: each organization at any address that no other has")
	list(flags, &o.QueueDomains, "queue-domains",
		"domains and addresses at which workspaces may have their queues without asking the owner, separated by commas: domain, "+
			"*.domain or address, each with organization= before it if it holds for one only, or * for all; empty: every owner is asked")
	list(flags, &o.IdentityPrefixes, "identity-group-prefixes",
		"what the groups of the identity provider begin with that OrgGroups may give access to workspaces, separated by commas: a prefix "+
			"such as oidc:, with organization= before it if it holds for one only; empty: OrgGroups may name none")
	list(flags, (*[]string)(&o.Appointing), "group-administrators",
		"organizations in which a group of the directory can give the role OrganizationAdmin, separated by commas, or * for all; "+
			"empty: in none")
	flags.StringVar(&o.QuestionsNamespace, "questions-namespace", o.QuestionsNamespace,
		"namespace in which customers' questions are kept, in Secrets; empty: the operator's own")
	list(flags, &o.PlatformUsers, "platform-users", "users that are not bound by roles, separated by commas")
	list(flags, &o.PlatformGroups, "platform-groups", "groups that are not bound by roles, separated by commas")
}

// list declares a flag that holds several values.
func list(flags *flag.FlagSet, into *[]string, name, usage string) {
	flags.Func(name, usage, func(s string) error {
		*into = split(s)
		return nil
	})
}

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
