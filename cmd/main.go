// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// The operator.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"strings"
	_ "time/tzdata" // organizations have time zones; a minimal image has none

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/setup"
)

func main() {
	options, zapOptions, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
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

func run(ctx context.Context, options setup.Options) error {
	cfg, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("no way to reach the API server: run in a pod, or set --kubeconfig or KUBECONFIG: %w", err)
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

	flags.StringVar(&o.Namespace, "namespace", os.Getenv("POD_NAMESPACE"), "the operator's own namespace")
	flags.BoolVar(&o.LeaderElection, "leader-elect", true, "reconcile in one of several replicas only")
	flags.StringVar(&o.HealthAddress, "health-probe-bind-address", ":8081", "where /healthz and /readyz are served")
	flags.StringVar(&o.MetricsAddress, "metrics-bind-address", ":8443", "where metrics are served; 0 turns them off")
	flags.BoolVar(&o.MetricsSecure, "metrics-secure", true, "serve metrics by TLS, to whom the cluster authorizes")
	flags.StringVar(&o.WebhookHost, "webhook-host", "", "the address on which admission requests are taken; empty: all")
	flags.IntVar(&o.WebhookPort, "webhook-port", 9443, "the port on which admission requests are taken")
	flags.StringVar(&o.CertificateDir, "certificate-dir", "", "where the webhooks' certificate is kept; empty: a temporary directory")
	flags.StringVar(&o.PortalAddress, "portal-bind-address", ":8080", "where the portal is served")
	flags.StringVar(&o.PortalURL, "portal-url", "", "the URL under which people reach the portal")
	flags.Float64Var(&o.PortalRequestsPerSecond, "portal-requests-per-second", 0,
		"how many requests a second each client of the portal may make; 0: the default of 5; negative: no limit")
	flags.Float64Var(&o.PortalQuestionsPerHour, "portal-questions-per-hour", 0,
		"how many questions an hour each network may ask on workspaces' pages; 0: the default of 30; negative: no limit")
	flags.StringVar(&o.Mail.Address, "smtp-address", "", "host:port of the mail server")
	flags.StringVar((*string)(&o.Mail.TLS), "smtp-tls", string(mail.TLSStartTLS), "how mail is protected on its way: StartTLS, TLS or None")
	flags.StringVar(&o.Mail.UsernameFile, "smtp-username-file", "", "a file with the user name for the mail server")
	flags.StringVar(&o.Mail.PasswordFile, "smtp-password-file", "", "a file with the password for the mail server")
	flags.IntVar(&o.Mail.Connections, "smtp-connections", mail.DefaultConnections,
		"how many connections to the mail server are open at the same time at most")
	flags.IntVar(&o.MailRate, "mail-rate", 0, "how many mails a minute are sent at most; 0: no limit")
	flags.StringVar(&o.MailTemplates, "mail-templates", setup.DefaultMailTemplates,
		"a ConfigMap in the operator's namespace with mail templates in place of those that ship; empty: none is read")
	flags.StringVar(&o.Mail.From, "mail-from", "", "the address that mails come from")
	flags.DurationVar(&o.SettleDelay, "settle-delay", setup.DefaultSettleDelay,
		"how long objects that are declared together have to arrive before a mail speaks of them")
	flags.DurationVar(&o.ActivityInterval, "activity-interval", setup.DefaultActivityInterval,
		"how exact a person's last activity is, and the time in which it costs one write; 0 turns it off")
	flags.StringVar(&o.AuditTokenFile, "audit-token-file", "",
		"a file of bearer tokens, one a line, for API servers that send audit events to /audit of the webhooks' port; empty: none")
	setup.IntakeFlags(flags, &o)
	setup.GatewayFlags(flags, &o)
	list(flags, &o.WebhookDNSNames, "webhook-dns-names", "usher-webhook-service.usher-system.svc",
		"names under which the API server calls the webhooks, separated by commas")
	list(flags, &o.NamespaceLabels, "namespace-labels", "",
		"labels that Workspaces may have copied to their namespaces, separated by commas: a key, domain/* or key=value")
	list(flags, &o.IntakeDomains, "intake-domains", "",
		"where organizations may take mails in, separated by commas: organization=domain or organization=address; empty: "+
			"each at any address that no other has")
	list(flags, &o.PlatformUsers, "platform-users", "", "users that are not bound by roles, separated by commas")
	list(flags, &o.PlatformGroups, "platform-groups", "", "groups that are not bound by roles, separated by commas")
	flags.Func("trusted-proxies", "networks whose X-Forwarded-For the portal believes, separated by commas", func(s string) error {
		for _, network := range split(s) {
			prefix, err := netip.ParsePrefix(network)
			if err != nil {
				return fmt.Errorf("%q is no network such as 10.0.0.0/8", network)
			}
			o.TrustedProxies = append(o.TrustedProxies, prefix)
		}
		return nil
	})
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unknown argument %q: flags start with --", flags.Arg(0))
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
