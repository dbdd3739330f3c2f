// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/activity"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/lookup"
)

// DefaultActivityInterval is how exact a person's last activity is by default.
const DefaultActivityInterval = 15 * time.Minute

// addActivity adds what keeps track of when people were active, and gives what is to be told of a person's requests in
// admission; nil: activity is not kept track of. Audit events are taken by the webhooks' server, because that is the one
// that API servers reach already.
func addActivity(mgr ctrl.Manager, o *Options, platform authz.Platform) (func(namespace, user string), error) {
	if o.ActivityInterval == 0 {
		return nil, nil //nolint:nilnil // nothing to tell is an answer, not an error
	}
	log, now := mgr.GetLogger().WithName("activity"), o.now()
	tracker := activity.New(activity.Options{Client: mgr.GetClient(), Interval: o.ActivityInterval, Now: now, Log: log})
	if o.AuditTokenFile != "" {
		endpoint, err := activity.NewAuditEndpoint(activity.AuditOptions{
			TokenFile: o.AuditTokenFile, Reader: lookup.New(mgr.GetCache(), intakeDomains(o)), Platform: platform,
			Seen: tracker.Seen, Now: now, Log: log,
		})
		if err != nil {
			return nil, err
		}
		mgr.GetWebhookServer().Register(activity.AuditPath, endpoint)
	}
	return func(namespace, user string) { tracker.Seen(namespace, user, now()) }, mgr.Add(tracker)
}
