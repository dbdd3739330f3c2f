// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/question/store"
)

// addPortal adds the portal and returns its server.
func addPortal(mgr ctrl.Manager, o *Options, keys *linktoken.KeyRing, questions *store.Store, d *doors) (optionalServer, error) {
	cache := cacheReader(mgr, o)
	links := &portal.ClusterLinks{
		Client: mgr.GetClient(), Cache: cache, API: apiReader(mgr), Keys: keys, MailDomain: o.mailDomain(),
		SignInURL: o.live.signInURL, Now: o.now(),
	}
	server, err := portal.NewServer(links, portal.Options{
		Address: o.PortalAddress, URL: o.PortalURL, TrustedProxies: o.TrustedProxies,
		RequestsPerSecond: o.live.requestsPerSecond, QuestionsPerHour: o.live.questionsPerHour,
		Questions: &portal.ClusterQuestions{Cache: cache, API: apiReader(mgr), Store: questions, Keys: keys, Now: o.now()},
		Queues:    &portal.ClusterQueues{Client: mgr.GetClient(), Cache: cache, API: apiReader(mgr), Keys: keys, Now: o.now()},
		Log:       mgr.GetLogger().WithName("portal"), Middleware: d.farewell,
	})
	if err != nil {
		return optionalServer{}, err
	}
	optional := optionalServer{features: o.features, name: featurePortal, server: server, ready: server.Ready, retry: serverRetry}
	return optional, mgr.Add(door{d, optional})
}
