// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command usher is the operator.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	_ "time/tzdata" // organizations have time zones; a minimal image has none

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/version"
)

func main() {
	options, zapOptions, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if errors.Is(err, errVersion) {
		fmt.Printf("usher %s (%s)\n", version.String(), runtime.Version())
		return
	}
	if err == nil {
		ctrl.SetLogger(zap.New(zap.UseFlagOptions(zapOptions)))
		err = run(ctrl.SetupSignalHandler(), options)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "usher: %v\n", err)
		os.Exit(1)
	}
}

// errVersion says that only the version was asked for.
var errVersion = errors.New("version requested")

func run(ctx context.Context, options setup.Options) error {
	cfg, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("cannot find the API server: run in a pod, or set --kubeconfig or KUBECONFIG: %w", err)
	}
	mgr, err := setup.NewManager(ctx, cfg, options)
	if err != nil {
		return err
	}
	return mgr.Start(ctx)
}

func parse(args []string) (setup.Options, *zap.Options, error) {
	var o setup.Options
	var zapOptions zap.Options
	flags := flag.CommandLine
	zapOptions.BindFlags(flags)
	printVersion := flags.Bool("version", false, "print the version and end")

	flags.StringVar(&o.Namespace, "namespace", os.Getenv("POD_NAMESPACE"), "the operator's own namespace")
	flags.BoolVar(&o.LeaderElection, "leader-elect", true, "let only one of several replicas reconcile")
	flags.StringVar(&o.HealthAddress, "health-probe-bind-address", ":8081", "address on which /healthz and /readyz are served")
	flags.StringVar(&o.MetricsAddress, "metrics-bind-address", ":8443", "address on which metrics are served; 0 turns them off")
	flags.BoolVar(&o.MetricsSecure, "metrics-secure", true, "serve metrics over TLS, and only to clients that the cluster authorizes")
	flags.StringVar(&o.WebhookHost, "webhook-host", "", "address on which the webhooks listen; empty: all addresses")
	flags.IntVar(&o.WebhookPort, "webhook-port", 9443, "port on which the webhooks listen")
	flags.DurationVar(&o.DrainDelay, "drain-delay", setup.DefaultDrainDelay,
		"how long webhooks and portal go on answering after the operator was told to stop, so that clients leave without losing a request")
	flags.StringVar(&o.PortalAddress, "portal-bind-address", ":8080", "address on which the portal is served")
	flags.StringVar(&o.PortalURL, "portal-url", "", "URL at which people reach the portal")
	flags.Float64Var(&o.PortalRequestsPerSecond, "portal-requests-per-second", 0,
		"requests per second that each client of the portal may make; 0: the default, 5; negative: no limit")
	flags.Float64Var(&o.PortalQuestionsPerHour, "portal-questions-per-hour", 0,
		"questions per hour that each network may ask on workspaces' pages; 0: the default, 30; negative: no limit")
	flags.StringVar(&o.Mail.Address, "smtp-address", "", "host:port of the mail server")
	flags.StringVar((*string)(&o.Mail.TLS), "smtp-tls", string(mail.TLSStartTLS),
		"how the connection to the mail server is protected: StartTLS, TLS or None")
	flags.StringVar(&o.Mail.UsernameFile, "smtp-username-file", "", "file with the user name for the mail server")
	flags.StringVar(&o.Mail.PasswordFile, "smtp-password-file", "", "file with the password for the mail server")
	flags.IntVar(&o.Mail.Connections, "smtp-connections", mail.DefaultConnections,
		"maximum number of simultaneous connections to the mail server")
	flags.IntVar(&o.MailRate, "mail-rate", 0, "maximum number of mails sent per minute; 0: no limit")
	flags.StringVar(&o.MailTemplates, "mail-templates", setup.DefaultMailTemplates,
		"name of a ConfigMap in the operator's namespace whose mail templates replace those that ship; empty: none is read")
	flags.StringVar(&o.Mail.From, "mail-from", "", "sender's address of all mails, with or without a name")
	flags.DurationVar(&o.SettleDelay, "settle-delay", setup.DefaultSettleDelay,
		"how long Usher waits for objects that are declared together before it sends a mail about them")
	flags.DurationVar(&o.ActivityInterval, "activity-interval", setup.DefaultActivityInterval,
		"accuracy of a person's last activity, which is written at most once in this time; 0 turns tracking off")
	flags.StringVar(&o.AuditTokenFile, "audit-token-file", "",
		"file with bearer tokens, one per line, for API servers that send audit events to /audit on the webhooks' port; empty: none")
	flags.StringVar(&o.Usernames.Prefix, "username-prefix", "",
		"what the API server puts in front of people's addresses to name them as Kubernetes users, such as oidc:")
	flags.StringVar((*string)(&o.Usernames.Form), "username-form", string(effective.UsernameASCII),
		"form of an internationalized domain in Kubernetes user names: ascii (as in DNS) or unicode")
	setup.IntakeFlags(flags, &o)
	setup.GatewayFlags(flags, &o)
	setup.ProvisionalFlags(flags, &o)
	setup.BudgetFlags(flags, &o)
	list(flags, &o.WebhookDNSNames, "webhook-dns-names", "usher-webhook-service.usher-system.svc",
		"DNS names by which the API server calls the webhooks, and others read the metrics, separated by commas")
	flags.StringVar(&o.WebhookClientCAFile, "webhook-client-ca-file", "",
		"file with the authorities of the API servers' client certificates, which the webhooks demand; empty: everybody may call them")
	list(flags, &o.NamespaceLabels, "namespace-labels", "",
		"labels that may be copied from Workspaces to their namespaces, separated by commas: a key, domain/* or key=value")
	list(flags, &o.IntakeDomains, "intake-domains", "",
		"domains and addresses at which organizations may receive mails, separated by commas: organization=domain or "+
			"organization=address; empty: each organization at any address that no other has")
	list(flags, &o.QueueDomains, "queue-domains", "",
		"domains and addresses at which workspaces may have their queues without asking the owner, separated by commas: domain, "+
			"*.domain or address, each with organization= before it if it holds for one only, or * for all; empty: every owner is asked")
	list(flags, &o.PlatformUsers, "platform-users", "", "users that are not bound by roles, separated by commas")
	list(flags, &o.PlatformGroups, "platform-groups", "", "groups that are not bound by roles, separated by commas")
	flags.Func("trusted-proxies", "networks whose X-Forwarded-For header the portal trusts, separated by commas", func(s string) error {
		for _, network := range split(s) {
			prefix, err := netip.ParsePrefix(network)
			if err != nil {
				return fmt.Errorf("%q is not a network such as 10.0.0.0/8", network)
			}
			o.TrustedProxies = append(o.TrustedProxies, prefix)
		}
		return nil
	})
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q: flags start with --", flags.Arg(0))
	}
	if err == nil && *printVersion {
		err = errVersion
	}
	return o, &zapOptions, err
}

// list declares a flag that holds several values.
func list(flags *flag.FlagSet, into *[]string, name, value, usage string) {
	*into = split(value)
	flags.Func(name, usage, func(s string) error {
		*into = split(s)
		return nil
	})
}

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
