// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package people keeps the accounts of an organization's directory in the API server. What is answered was read there, past every cache: a
// directory reads a person right after creating them, in whichever replica.
package people

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/account"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/directory/store"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/scim"
)

// People are the accounts that the directory of one organization keeps. They are safe for concurrent use.
type People struct {
	// Client acts in the name of the organization's directory, and has no cache.
	Client client.Client
	// Cache says where to look; nil: everything is looked for in the API server.
	Cache *lookup.Reader
	// Organization is the name of the organization.
	Organization string
	// Location is the URL of all people.
	Location string
	// Onboarding is how new people join.
	Onboarding v1alpha1.Onboarding
	// Now is the clock.
	Now func() time.Time
}

// Type is the type of these resources.
func (*People) Type() *scim.ResourceType { return scim.Users() }

func (p *People) api() lookup.APIReader { return lookup.NewAPIReader(p.Client) }

func (p *People) store() store.Store[*v1alpha1.OrgUser] {
	return store.People(p.Client, p.Cache, p.Organization)
}

// show returns a person as the directory sees them.
func (p *People) show(u *v1alpha1.OrgUser) (scim.Resource, error) {
	return directory.Resource(u, p.Location)
}

// Get returns a person.
func (p *People) Get(ctx context.Context, id string) (scim.Resource, error) {
	u, err := p.store().Find(ctx, id)
	if err != nil {
		return nil, err
	}
	return p.show(u)
}

// List returns the people whom a query selects, in the order in which they were created.
func (p *People) List(ctx context.Context, q scim.Query) (scim.ListResponse, error) {
	return p.store().Page(ctx, q, p.show, p.show)
}

// Create creates the account of a person. If the directory has deactivated one with the same externalId, that one returns, and created is
// false: a directory that has lost sight of somebody sends them as new.
func (p *People) Create(ctx context.Context, r scim.Resource) (after scim.Resource, created bool, err error) {
	if err := p.store().Accepts(ctx); err != nil {
		return nil, false, err
	}
	known, err := p.known().sameID(ctx, r, &v1alpha1.OrgUser{})
	switch {
	case err != nil:
		return nil, false, err
	case known != nil && !known.Spec.Suspend:
		return nil, false, scim.Conflict("the directory has a person with this externalId already, with the id %s", known.Name)
	case known != nil:
		after, err = p.Change(ctx, known.Name, "", func(before scim.Resource) (scim.Resource, error) { return returned(before, r), nil })
		return after, false, err
	}
	u, err := directory.New(p.Organization, r, p.Onboarding, p.Now())
	if err != nil {
		return nil, false, err
	}
	if err := p.known().free(ctx, u, r); err != nil {
		return nil, false, err
	}
	return p.create(ctx, u)
}

// returned is what a directory sends as new about a person whom it has had before.
func returned(before, r scim.Resource) scim.Resource {
	r = r.Clone()
	r["id"] = before["id"]
	return r
}

func (p *People) create(ctx context.Context, u *v1alpha1.OrgUser) (after scim.Resource, created bool, err error) {
	holder, created, err := account.Create(ctx, p.Client, p.api(), u, effective.Yields)
	switch {
	case err != nil:
		return nil, false, refusal.Of(err)
	case created:
	case !holder.DeletionTimestamp.IsZero():
		return nil, false, refusal.Later("the OrgUser %q with this address is being deleted: try again", holder.Name)
	default:
		return nil, false, addressTaken(holder)
	}
	if err := p.store().Claim(ctx, holder, identifyingLabel(holder)); err != nil {
		return nil, false, refusal.Of(err)
	}
	if err := p.yield(ctx, holder); err != nil {
		return nil, false, err
	}
	after, err = p.show(holder)
	return after, true, err
}

// identifyingLabel returns the label of which no two people of a directory have the same value.
func identifyingLabel(u *v1alpha1.OrgUser) string {
	if u.Labels[v1alpha1.LabelDirectoryID] != "" {
		return v1alpha1.LabelDirectoryID
	}
	return v1alpha1.LabelDirectoryName
}

// Change changes a person. Match is the header If-Match; empty: whatever the person is like. The function returns what the directory sends
// instead of what it has sent before, and may be called again.
func (p *People) Change(ctx context.Context, id, match string, change func(sent scim.Resource) (scim.Resource, error),
) (scim.Resource, error) {
	rules := store.Rules[*v1alpha1.OrgUser]{Sent: directory.Sent, Bring: p.bring, Judge: p.judge, Show: p.show}
	after, err := p.store().Change(ctx, id, match, rules, change)
	return after, refusal.Of(err)
}

// bring brings a person to what the directory has sent, and reports whether that is anything new.
func (p *People) bring(_ context.Context, u *v1alpha1.OrgUser, wanted scim.Resource) (bool, error) {
	return directory.Change(u, wanted, p.Now())
}

// judge refuses what a change would break.
func (p *People) judge(ctx context.Context, before, after *v1alpha1.OrgUser, wanted scim.Resource) error {
	if after.Spec.Suspend && !before.Spec.Suspend {
		if err := p.removes(ctx, after, "suspend"); err != nil {
			return err
		}
	}
	if before.Labels[v1alpha1.LabelDirectoryID] != after.Labels[v1alpha1.LabelDirectoryID] {
		known, err := p.all().sameID(ctx, wanted, after)
		if err != nil {
			return err
		}
		if known != nil {
			return scim.Conflict("the directory has another person with this externalId, with the id %s", known.Name)
		}
	}
	sameName := before.Labels[v1alpha1.LabelDirectoryName] == after.Labels[v1alpha1.LabelDirectoryName]
	if sameName && before.Spec.Email == after.Spec.Email {
		return nil
	}
	return p.all().free(ctx, after, wanted)
}

// Delete deletes a person, with all access.
func (p *People) Delete(ctx context.Context, id, match string) error {
	u, err := p.store().Matching(ctx, id, match, p.show)
	if err != nil {
		return err
	}
	if err := p.removes(ctx, u, "delete"); err != nil {
		return refusal.Of(err)
	}
	return refusal.Of(p.store().Delete(ctx, u))
}
