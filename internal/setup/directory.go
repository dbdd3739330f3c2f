// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"net/http"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	scimdoor "github.com/usher-operator/usher/internal/directory/door"
	"github.com/usher-operator/usher/internal/directory/opener"
	"github.com/usher-operator/usher/internal/portal"
)

// portalAccount is the ServiceAccount of a portal that runs apart.
const portalAccount = "usher-portal"

// directoriesServer returns the Kubernetes user name of whoever serves the directories of organizations; empty: nobody does.
func directoriesServer(o *Options) string {
	switch {
	case !o.Directories:
		return ""
	case o.runs(ComponentPortal):
		return o.live.platform.Load().Operator
	default:
		return "system:serviceaccount:" + o.Namespace + ":" + portalAccount
	}
}

// newDirectories returns the handler that serves the directories of organizations; nil: there are none.
func newDirectories(mgr ctrl.Manager, o *Options) (http.Handler, error) {
	if !o.Directories {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	c, err := client.New(mgr.GetConfig(), client.Options{
		Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(), HTTPClient: mgr.GetHTTPClient(),
	})
	if err != nil {
		return nil, err
	}
	log := mgr.GetLogger().WithName("directory")
	directories := &opener.Opener{
		Cache: cacheReader(mgr, o), Client: c, Config: mgr.GetConfig(), Now: o.now(), Log: log,
		Onboarding: directory.OnboardingOf,
		Paused:     func(o *v1alpha1.Organization) bool { return o.Spec.Directory.Paused },
	}
	return scimdoor.New(directories, scimdoor.Options{
		URL: o.PortalURL, RequestsPerSecond: o.live.directoryRate, Network: portal.ClientNetwork(o.TrustedProxies),
		Observe: opener.Observe, Now: o.now(), Log: log,
	}), nil
}
