// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package groups keeps the groups of an organization's directory in the API server, as OrgGroups. Everything is read there, past every
// cache: a directory reads a group right after creating it, in whichever replica.
//
// The identifier of a group is the OrgGroup's name, which workspaces list: a group that is renamed keeps both, and what it opens.
package groups

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/scim"
)

// Groups are the groups that the directory of one organization keeps. They are safe for concurrent use.
type Groups struct {
	// Client acts in the name of the organization's directory, and has no cache.
	Client client.Client
	// Organization is the name of the organization.
	Organization string
	// Base is the URL of the organization's SCIM service.
	Base string
	// Now is the clock.
	Now func() time.Time
}

// Type is the type of these resources.
func (*Groups) Type() *scim.ResourceType { return scim.Groups() }

func (g *Groups) api() lookup.APIReader { return lookup.NewAPIReader(g.Client) }

// Get returns a group.
func (g *Groups) Get(ctx context.Context, id string) (scim.Resource, error) {
	group, err := g.find(ctx, id)
	if err != nil {
		return nil, err
	}
	return directory.GroupResource(group, g.Base, true)
}

// find returns the group that the directory keeps under an identifier.
func (g *Groups) find(ctx context.Context, id string) (*v1alpha1.OrgGroup, error) {
	unknown := refusal.NotFound("the directory has no group with the id %s", id)
	if !directory.IsName(id) {
		return nil, unknown
	}
	group := &v1alpha1.OrgGroup{}
	err := g.Client.Get(ctx, client.ObjectKey{Namespace: g.Organization, Name: id}, group)
	switch {
	case err != nil && !apierrors.IsNotFound(err):
		return nil, refusal.Of(err)
	case err != nil, !directory.KeepsGroup(group), !group.DeletionTimestamp.IsZero():
		return nil, unknown
	}
	return group, nil
}

// Change changes a group. Match is the header If-Match; empty: whatever the group is like. The function returns what the directory sends
// instead of what it has sent before, and may be called again: changes by others at the same time are never lost.
func (g *Groups) Change(ctx context.Context, id, match string, change func(sent scim.Resource) (scim.Resource, error),
) (scim.Resource, error) {
	var after scim.Resource
	err := refusal.OnConflict(func() error {
		var err error
		after, err = g.changeOnce(ctx, id, match, change)
		return err
	})
	return after, refusal.Of(asConflict(err))
}

func (g *Groups) changeOnce(ctx context.Context, id, match string, change func(scim.Resource) (scim.Resource, error),
) (scim.Resource, error) {
	group, err := g.matching(ctx, id, match)
	if err != nil {
		return nil, err
	}
	sent, err := directory.SentGroup(group)
	if err != nil {
		return nil, err
	}
	wanted, err := change(sent)
	if err != nil {
		return nil, err
	}
	before := group.DeepCopy()
	changed, err := g.bring(ctx, group, wanted)
	if err != nil {
		return nil, err
	}
	if changed {
		if err := g.judge(ctx, before, group, wanted); err != nil {
			return nil, err
		}
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := g.Client.Patch(ctx, group, patch, object.FieldOwner); err != nil {
			return nil, err
		}
	}
	return directory.GroupResource(group, g.Base, true)
}

// bring brings a group to what the directory has sent, and reports whether that is anything new.
func (g *Groups) bring(ctx context.Context, group *v1alpha1.OrgGroup, wanted scim.Resource) (bool, error) {
	addresses, err := g.newAddresses(ctx, group, wanted)
	if err != nil {
		return false, err
	}
	return directory.ChangeGroup(group, wanted, addresses, g.Now())
}

// matching returns a group if it is what the client has seen.
func (g *Groups) matching(ctx context.Context, id, match string) (*v1alpha1.OrgGroup, error) {
	group, err := g.find(ctx, id)
	if err != nil || match == "" {
		return group, err
	}
	seen, err := directory.GroupResource(group, g.Base, false)
	if err != nil {
		return nil, err
	}
	return group, scim.CheckMatch(match, seen.Version())
}

// Delete deletes a group. Those whom only it listed lose what it opens.
func (g *Groups) Delete(ctx context.Context, id, match string) error {
	group, err := g.matching(ctx, id, match)
	if err != nil {
		return err
	}
	err = g.Client.Delete(ctx, group, client.Preconditions{UID: &group.UID})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return refusal.Of(err)
}
