// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/activity"
)

// DefaultActivityInterval is the default accuracy of a person's last activity.
const DefaultActivityInterval = 15 * time.Minute

// addActivity adds the tracking of people's activity to the manager. It returns the function that admission calls at a
// person's request. Audit events arrive at the webhooks' server, because API servers can
// already reach it.
func addActivity(mgr ctrl.Manager, o *Options) (func(namespace, user string), error) {
	log, now := mgr.GetLogger().WithName("activity"), o.now()
	tracker := activity.New(activity.Options{
		Client: mgr.GetClient(), Held: cacheReader(mgr, o).Paused, Interval: o.live.activityInterval, Now: now, Log: log,
	})
	if o.AuditTokenFile != "" {
		mgr.GetWebhookServer().Register(activity.AuditPath, activity.NewAuditEndpoint(activity.AuditOptions{
			TokenFile: o.AuditTokenFile, Cache: cacheReader(mgr, o), Platform: o.live.platform,
			Seen: tracker.Seen, Now: now, Log: log,
		}))
		if err := mgr.Add(watched{o.features, featureAuditEvents, func() error {
			return activity.CheckTokens(o.AuditTokenFile)
		}, checkInterval}); err != nil {
			return nil, err
		}
	}
	return func(namespace, user string) { tracker.Seen(namespace, user, now()) }, mgr.Add(tracker)
}
