// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/intake"
	"github.com/usher-operator/usher/internal/live"
)

// liveOptions are the options that change while the operator runs, each in the form in which it is used. All else is as it was at the
// start.
type liveOptions struct {
	// platform also holds the operator's own name, which is no option.
	platform                            live.Value[authz.Platform]
	namespaceLabels                     live.Value[effective.NamespaceLabels]
	intakeDomains                       live.Value[effective.IntakeDomains]
	queueDomains                        live.Value[effective.QueueDomains]
	intakeLimits                        live.Value[intake.Limits]
	identityGroups                      live.Value[effective.IdentityGroups]
	signInURL                           live.Value[string]
	requestsPerSecond, questionsPerHour live.Value[float64]
	directoryRate                       live.Value[float64]
	mailRate                            live.Value[int]
	budgets                             live.Value[budget.Limits]
	activityInterval                    live.Value[time.Duration]
	// workspaces has all Workspaces looked at again, and groups all OrgGroups.
	workspaces, groups chan event.GenericEvent
}

func newLiveOptions(o *Options) *liveOptions {
	return &liveOptions{
		platform:          live.Of(authz.Platform{Users: o.PlatformUsers, Groups: o.PlatformGroups}),
		namespaceLabels:   live.Of(namespaceLabels(o)),
		intakeDomains:     live.Of(intakeDomains(o)),
		queueDomains:      live.Of(queueDomains(o)),
		intakeLimits:      live.Of(o.IntakeLimits),
		identityGroups:    live.Of(identityGroups(o)),
		signInURL:         live.Of(o.SignInURL),
		requestsPerSecond: live.Of(o.PortalRequestsPerSecond),
		questionsPerHour:  live.Of(o.PortalQuestionsPerHour),
		directoryRate:     live.Of(o.DirectoryRequestsPerSecond),
		mailRate:          live.Of(o.MailRate),
		budgets:           live.Of(o.Budgets),
		activityInterval:  live.Of(o.ActivityInterval),
		workspaces:        make(chan event.GenericEvent, 1),
		groups:            make(chan event.GenericEvent, 1),
	}
}

// apply puts the options in force.
func (l *liveOptions) apply(o *Options) {
	platform := l.platform.Load()
	platform.Users, platform.Groups = o.PlatformUsers, o.PlatformGroups
	l.platform.Store(platform)
	l.namespaceLabels.Store(namespaceLabels(o))
	l.intakeDomains.Store(intakeDomains(o))
	l.queueDomains.Store(queueDomains(o))
	l.identityGroups.Store(identityGroups(o))
	// What the memory in transit is reckoned by is as it was at the start.
	limits, start := o.IntakeLimits, l.intakeLimits.Load()
	limits.MessageBytes, limits.Memory, limits.Connections = start.MessageBytes, start.Memory, start.Connections
	l.intakeLimits.Store(limits)
	l.signInURL.Store(o.SignInURL)
	l.requestsPerSecond.Store(o.PortalRequestsPerSecond)
	l.questionsPerHour.Store(o.PortalQuestionsPerHour)
	l.directoryRate.Store(o.DirectoryRequestsPerSecond)
	l.mailRate.Store(o.MailRate)
	l.budgets.Store(o.Budgets)
	l.activityInterval.Store(o.ActivityInterval)
	for _, again := range []struct {
		all chan event.GenericEvent
		one client.Object
	}{{l.workspaces, &v1alpha1.Workspace{}}, {l.groups, &v1alpha1.OrgGroup{}}} {
		select {
		case again.all <- event.GenericEvent{Object: again.one}:
		default: // they are about to be looked at, with these options
		}
	}
}
