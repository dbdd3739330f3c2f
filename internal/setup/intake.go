// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"flag"
	"fmt"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/intake"
	"github.com/usher-operator/usher/internal/limited"
)

// IntakeFlags declares the flags of the mail intake.
func IntakeFlags(flags *flag.FlagSet, o *Options) {
	l := &o.IntakeLimits
	flags.StringVar(&o.IntakeAddress, "intake-address", o.IntakeAddress,
		"address on which your mail server delivers mails to workspaces by LMTP: host:port or unix:/path; empty: the intake is off")
	flags.Int64Var(&l.MessageBytes, "intake-max-bytes", l.MessageBytes, "maximum size of an incoming mail, in bytes")
	flags.Int64Var(&l.Memory, "intake-memory-bytes", l.Memory, "memory for all mails in transit together, in bytes")
	flags.IntVar(&l.Connections, "intake-connections", l.Connections, "maximum number of simultaneous LMTP connections")
	flags.IntVar(&l.Recipients, "intake-recipients", l.Recipients, "maximum number of recipients of an incoming mail")
	flags.IntVar(&l.PerSender, "intake-sender-rate", l.PerSender,
		"mails per hour that one address may send to one workspace; 0: no limit")
	flags.IntVar(&l.PerNetwork, "intake-network-rate", l.PerNetwork,
		"mails per hour accepted from the network of one LMTP client; 0: no limit")
	flags.IntVar(&l.PerWorkspace, "intake-workspace-rate", l.PerWorkspace, "mails per hour accepted for one workspace; 0: no limit")
	flags.IntVar(&l.PerOrganization, "intake-organization-rate", l.PerOrganization,
		"mails per hour accepted for all workspaces of one organization; 0: no limit")
	flags.IntVar(&l.Unproven, "intake-unproven-rate", l.Unproven,
		"mails per hour accepted for one workspace from unknown senders, who use up nothing of --intake-workspace-rate; 0: as many")
	flags.IntVar(&l.UnprovenPerDomain, "intake-unproven-domain-rate", l.UnprovenPerDomain,
		"mails per hour accepted for one workspace from unknown senders at one mail domain; 0: no limit")
	flags.IntVar(&l.NewAccounts, "intake-account-rate", l.NewAccounts,
		"accounts per hour created for unknown senders to one workspace; 0: no limit")
}

// validateIntake returns what is wrong with the options of the intake.
func (o *Options) validateIntake() []error {
	var wrong []error
	if o.IntakeAddress != "" {
		if _, _, err := intake.ParseAddress(o.IntakeAddress); err != nil {
			wrong = append(wrong, fmt.Errorf("--intake-address: %w", err))
		}
	}
	if _, err := effective.ParseIntakeDomains(o.IntakeDomains); err != nil {
		wrong = append(wrong, fmt.Errorf("--intake-domains: %w", err))
	}
	l := o.IntakeLimits
	for _, rate := range []struct {
		flag  string
		value int64
	}{
		{"sender-rate", int64(l.PerSender)},
		{"network-rate", int64(l.PerNetwork)},
		{"workspace-rate", int64(l.PerWorkspace)},
		{"organization-rate", int64(l.PerOrganization)},
		{"unproven-rate", int64(l.Unproven)},
		{"unproven-domain-rate", int64(l.UnprovenPerDomain)},
		{"account-rate", int64(l.NewAccounts)},
		{"max-bytes", l.MessageBytes},
		{"memory-bytes", l.Memory},
		{"connections", int64(l.Connections)},
		{"recipients", int64(l.Recipients)},
	} {
		if rate.value < 0 {
			wrong = append(wrong, fmt.Errorf("--intake-%s %d is negative: set it to 0 or more", rate.flag, rate.value))
		}
	}
	if l.Memory > 0 && l.Memory < l.MessageBytes {
		wrong = append(wrong, fmt.Errorf("--intake-memory-bytes %d is less than the largest mail may take: "+
			"set it to at least --intake-max-bytes, %d", l.Memory, l.MessageBytes))
	}
	return wrong
}

// intakeDomains returns the list, which Validate has already checked.
func intakeDomains(o *Options) effective.IntakeDomains {
	domains, err := effective.ParseIntakeDomains(o.IntakeDomains)
	utilruntime.Must(err)
	return domains
}

// queueDomains returns the list, which Validate has already checked.
func queueDomains(o *Options) effective.QueueDomains {
	domains, err := effective.ParseQueueDomains(o.QueueDomains)
	utilruntime.Must(err)
	return domains
}

// addIntake adds the mail intake to the manager, if it is turned on. It has its own connections to the mail server, so that
// large incoming mails do not keep invitations waiting.
func (p *process) addIntake() error {
	mgr, o := p.mgr, p.o
	if o.IntakeAddress == "" {
		return nil
	}
	relay, err := newSender(o)
	if err != nil {
		return err
	}
	directory := intake.ClusterDirectory{
		Cache: cacheReader(mgr, o), Accounts: limited.NewCreator(mgr.GetClient(), apiReader(mgr)),
		Recorder: mgr.GetEventRecorder("usher"),
	}
	server, err := intake.NewServer(directory, relay, intake.Options{
		Address: o.IntakeAddress, Hostname: o.mailDomain(), Limits: o.live.intakeLimits, Now: o.now(),
		Log: mgr.GetLogger().WithName("intake"),
	})
	if err != nil {
		return err
	}
	optional := optionalServer{features: o.features, name: featureIntake, server: server, ready: server.Ready, retry: serverRetry}
	p.ready["intake"] = optional.check
	return mgr.Add(door{p.doors, optional})
}
