// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package groups keeps the groups of an organization's directory in the API server, as OrgGroups. What is answered was read there, past
// every cache: a directory reads a group right after creating it, in whichever replica.
//
// The identifier of a group is the OrgGroup's name, which workspaces list: a group that is renamed keeps both, and what it opens.
package groups

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/directory/store"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/scim"
)

// Groups are the groups that the directory of one organization keeps. They are safe for concurrent use.
type Groups struct {
	// Client acts in the name of the organization's directory, and has no cache.
	Client client.Client
	// Cache says where to look; nil: everything is looked for in the API server.
	Cache *lookup.Reader
	// Organization is the name of the organization.
	Organization string
	// Base is the URL of the organization's SCIM service.
	Base string
	// Now is the clock.
	Now func() time.Time
}

// Type is the type of these resources.
func (*Groups) Type() *scim.ResourceType { return scim.Groups() }

func (g *Groups) store() store.Store[*v1alpha1.OrgGroup] {
	return store.Groups(g.Client, g.Cache, g.Organization)
}

// show returns a function that shows a group as the directory sees it.
func (g *Groups) show(withMembers bool) func(*v1alpha1.OrgGroup) (scim.Resource, error) {
	return func(group *v1alpha1.OrgGroup) (scim.Resource, error) {
		return directory.GroupResource(group, g.Base, withMembers)
	}
}

// Get returns a group.
func (g *Groups) Get(ctx context.Context, id string) (scim.Resource, error) {
	group, err := g.store().Find(ctx, id)
	if err != nil {
		return nil, err
	}
	return g.show(true)(group)
}

// List returns the groups that a query selects, in the order in which they were created.
func (g *Groups) List(ctx context.Context, q scim.Query) (scim.ListResponse, error) {
	compared := g.show(q.Filter != nil && q.Filter.Names("members"))
	return g.store().Page(ctx, q, compared, g.show(!q.Excludes("members")))
}

// Change changes a group. Match is the header If-Match; empty: whatever the group is like. The function returns what the directory sends
// instead of what it has sent before, and may be called again: changes by others at the same time are never lost.
func (g *Groups) Change(ctx context.Context, id, match string, change func(sent scim.Resource) (scim.Resource, error),
) (scim.Resource, error) {
	rules := store.Rules[*v1alpha1.OrgGroup]{Sent: directory.SentGroup, Bring: g.bring, Judge: g.judge, Show: g.show(true)}
	after, err := g.store().Change(ctx, id, match, rules, change)
	return after, refusal.Of(asConflict(err))
}

// bring brings a group to what the directory has sent, and reports whether that is anything new.
func (g *Groups) bring(ctx context.Context, group *v1alpha1.OrgGroup, wanted scim.Resource) (bool, error) {
	addresses, err := g.newAddresses(ctx, group, wanted)
	if err != nil {
		return false, err
	}
	return directory.ChangeGroup(group, wanted, addresses, g.Now())
}

// Delete deletes a group. Those whom only it listed lose what it opens.
func (g *Groups) Delete(ctx context.Context, id, match string) error {
	group, err := g.store().Matching(ctx, id, match, g.show(false))
	if err != nil {
		return err
	}
	if err := g.takesOut(ctx, group, nil); err != nil {
		return refusal.Of(err)
	}
	return refusal.Of(g.store().Delete(ctx, group))
}

// takesOut refuses a change of a group that leaves only some of its members behind, if the protection does not allow it.
func (g *Groups) takesOut(ctx context.Context, group *v1alpha1.OrgGroup, stay []string) error {
	members := sets.New(effective.GroupMembers(group)...)
	people := members.Difference(sets.New(stay...)).Len()
	if people == 0 {
		return nil
	}
	return g.store().Protected(ctx, func(o *v1alpha1.Organization) error { return directory.TakeOut(o, group, people, g.Now()) })
}
