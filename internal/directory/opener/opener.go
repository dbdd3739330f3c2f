// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package opener opens the directories of organizations to their tokens. Whoever serves the portal has no right to any account: it acts as
// the organization's directory, where the organization has one.
package opener

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/directory/door"
	"github.com/usher-operator/usher/internal/directory/groups"
	"github.com/usher-operator/usher/internal/directory/people"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/scim"
)

// pausedRetry is when a directory whose organization is paused is to come again.
const pausedRetry = 10 * time.Minute

// Opener opens directories.
type Opener struct {
	// Cache knows which organizations there are.
	Cache lookup.Reader
	// Client acts as whoever serves the portal, and reads past the cache.
	Client client.Client
	// Config is that of the same user. Directories act in its place.
	Config *rest.Config
	// Onboarding returns how new people join an organization; nil: they are active at once.
	Onboarding func(*v1alpha1.Organization) v1alpha1.Onboarding
	// Paused reports whether an organization has paused its directory; nil: none has.
	Paused func(*v1alpha1.Organization) bool
	// Now is the clock.
	Now func() time.Time
	// Log gets no token and no hash.
	Log logr.Logger

	tokens known
	uses   uses

	mu      sync.Mutex
	clients map[string]client.Client
}

// Open returns the directory of an organization that a token opens.
func (o *Opener) Open(ctx context.Context, organization, secret, base string) (*door.Directory, error) {
	// Strangers cause no request to the API server for organizations that there are not.
	found, err := o.Cache.Organization(ctx, organization)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, door.ErrUnauthorized
	}
	name, set, err := o.find(ctx, organization, secret)
	if err != nil {
		return nil, err
	}
	if err := o.open(ctx, found); err != nil {
		return nil, err
	}
	o.noteUse(ctx, found, name, set)
	c, err := o.client(organization)
	if err != nil {
		return nil, err
	}
	onboarding := v1alpha1.OnboardingNone
	if o.Onboarding != nil {
		onboarding = o.Onboarding(found)
	}
	return &door.Directory{
		Users: &people.People{
			Client: c, Cache: &o.Cache, Organization: organization, Location: base + scim.Users().Endpoint,
			Onboarding: onboarding, Now: o.Now,
		},
		Groups: &groups.Groups{Client: c, Cache: &o.Cache, Organization: organization, Base: base, Now: o.Now},
	}, nil
}

// open returns an error while the directory of an organization is paused.
func (o *Opener) open(ctx context.Context, organization *v1alpha1.Organization) error {
	if o.Paused != nil && o.Paused(organization) {
		return paused("the directory of the organization is paused: an administrator of the organization %q has to end the pause in "+
			"spec.directory.paused", organization.Name)
	}
	by, err := o.Cache.Paused(ctx, organization.Name)
	if err != nil {
		return err
	}
	if by {
		return paused("the organization %q is paused by the platform: it does not change until the platform team ends the pause",
			organization.Name)
	}
	return nil
}

func paused(format string, args ...any) error {
	return door.After(pausedRetry, &scim.Error{Status: http.StatusServiceUnavailable, Detail: fmt.Sprintf(format, args...)})
}

// client returns a client that acts as the directory of an organization, and has no cache.
func (o *Opener) client(organization string) (client.Client, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c := o.clients[organization]; c != nil {
		return c, nil
	}
	cfg := rest.CopyConfig(o.Config)
	cfg.Impersonate = rest.ImpersonationConfig{UserName: authz.DirectoryUsername(organization)}
	cfg.QPS = -1 // the door limits each organization
	c, err := client.New(cfg, client.Options{Scheme: o.Client.Scheme(), Mapper: o.Client.RESTMapper()})
	if err != nil {
		return nil, err
	}
	if o.clients == nil {
		o.clients = map[string]client.Client{}
	}
	o.clients[organization] = c
	return c, nil
}
