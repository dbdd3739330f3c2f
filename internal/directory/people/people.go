// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package people keeps the accounts of an organization's directory in the API server. Everything is read there, past every cache: a
// directory reads a person right after creating them, in whichever replica.
package people

import (
	"context"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/account"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/scim"
)

// People are the accounts that the directory of one organization keeps. They are safe for concurrent use.
type People struct {
	// Client acts in the name of the organization's directory, and has no cache.
	Client client.Client
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

// Get returns a person.
func (p *People) Get(ctx context.Context, id string) (scim.Resource, error) {
	u, err := p.find(ctx, id)
	if err != nil {
		return nil, err
	}
	return directory.Resource(u, p.Location)
}

// find returns the account that the directory keeps under an identifier.
func (p *People) find(ctx context.Context, id string) (*v1alpha1.OrgUser, error) {
	unknown := refusal.NotFound("the directory has no person with the id %s", id)
	if !directory.IsName(id) {
		return nil, unknown
	}
	u, err := p.api().User(ctx, p.Organization, id)
	switch {
	case err != nil:
		return nil, refusal.Of(err)
	case u == nil || !directory.Keeps(u) || !u.DeletionTimestamp.IsZero():
		return nil, unknown
	}
	return u, nil
}

// Create creates the account of a person. If the directory has deactivated one with the same externalId, that one returns, and created is
// false: a directory that has lost sight of somebody sends them as new.
func (p *People) Create(ctx context.Context, r scim.Resource) (after scim.Resource, created bool, err error) {
	if err := p.accepts(ctx); err != nil {
		return nil, false, err
	}
	known, err := p.sameID(ctx, r, &v1alpha1.OrgUser{})
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
	if err := p.free(ctx, u, r); err != nil {
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
	if err := p.claim(ctx, holder); err != nil {
		return nil, false, refusal.Of(err)
	}
	after, err = directory.Resource(holder, p.Location)
	return after, true, err
}

// accepts refuses new people in an organization that is not there.
func (p *People) accepts(ctx context.Context) error {
	o, err := p.api().Organization(ctx, p.Organization)
	switch {
	case err != nil:
		return refusal.Of(err)
	case o == nil || !o.DeletionTimestamp.IsZero():
		return &scim.Error{Status: http.StatusNotFound, Detail: "there is no such organization"}
	}
	return nil
}

// Change changes a person. Match is the header If-Match; empty: whatever the person is like. The function returns what the directory sends
// instead of what it has sent before, and may be called again.
func (p *People) Change(ctx context.Context, id, match string, change func(sent scim.Resource) (scim.Resource, error),
) (scim.Resource, error) {
	var after scim.Resource
	err := refusal.OnConflict(func() error {
		var err error
		after, err = p.changeOnce(ctx, id, match, change)
		return err
	})
	return after, refusal.Of(err)
}

func (p *People) changeOnce(ctx context.Context, id, match string, change func(scim.Resource) (scim.Resource, error),
) (scim.Resource, error) {
	u, err := p.matching(ctx, id, match)
	if err != nil {
		return nil, err
	}
	sent, err := directory.Sent(u)
	if err != nil {
		return nil, err
	}
	wanted, err := change(sent)
	if err != nil {
		return nil, err
	}
	before := u.DeepCopy()
	changed, err := directory.Change(u, wanted, p.Now())
	if err != nil {
		return nil, err
	}
	if changed {
		if err := p.judge(ctx, before, u, wanted); err != nil {
			return nil, err
		}
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := p.Client.Patch(ctx, u, patch, object.FieldOwner); err != nil {
			return nil, err
		}
	}
	return directory.Resource(u, p.Location)
}

// judge refuses what a change would break.
func (p *People) judge(ctx context.Context, before, after *v1alpha1.OrgUser, wanted scim.Resource) error {
	if after.Spec.Suspend && !before.Spec.Suspend {
		if err := p.removes(ctx, after, "suspend"); err != nil {
			return err
		}
	}
	if before.Labels[v1alpha1.LabelDirectoryID] != after.Labels[v1alpha1.LabelDirectoryID] {
		known, err := p.sameID(ctx, wanted, after)
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
	return p.free(ctx, after, wanted)
}

// matching returns an account if it is what the client has seen.
func (p *People) matching(ctx context.Context, id, match string) (*v1alpha1.OrgUser, error) {
	u, err := p.find(ctx, id)
	if err != nil || match == "" {
		return u, err
	}
	seen, err := directory.Resource(u, p.Location)
	if err != nil {
		return nil, err
	}
	return u, scim.CheckMatch(match, scim.ETag(seen))
}

// Delete deletes a person, with all access.
func (p *People) Delete(ctx context.Context, id, match string) error {
	u, err := p.matching(ctx, id, match)
	if err != nil {
		return err
	}
	if err := p.removes(ctx, u, "delete"); err != nil {
		return refusal.Of(err)
	}
	err = p.Client.Delete(ctx, u, client.Preconditions{UID: &u.UID})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return refusal.Of(err)
}
