// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"cmp"
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/scim"
)

// others are the accounts with which a person must not have anything in common.
type others struct {
	// labelled returns one of the directory's with labels, other than a given one.
	labelled func(ctx context.Context, labels map[string]string, except *v1alpha1.OrgUser) (*v1alpha1.OrgUser, bool, error)
	// addressed returns those, whosever, that have an address in force or request it.
	addressed func(ctx context.Context, email string) ([]*v1alpha1.OrgUser, error)
}

// known are those that the cache knows, as they are now. One that was created a moment ago may be missing: for a new person, that is found
// out after they were created.
func (p *People) known() others {
	if p.Cache == nil {
		return p.all()
	}
	return others{p.store().OtherKnown, p.knownByAddress}
}

// all are all of them. The API server looks at each.
func (p *People) all() others { return others{p.store().Other, p.byAddress} }

// sameID returns the directory's account with the externalId of a resource, other than a given account; nil: there is none.
func (o others) sameID(ctx context.Context, r scim.Resource, except *v1alpha1.OrgUser) (*v1alpha1.OrgUser, error) {
	externalID := scim.Users().Text(r, "externalId")
	if externalID == "" {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	known, _, err := o.labelled(ctx, directory.ByID(externalID), except)
	return known, err
}

// free refuses a person whose userName or address is another one's.
func (o others) free(ctx context.Context, u *v1alpha1.OrgUser, r scim.Resource) error {
	known, taken, err := o.labelled(ctx, directory.ByName(scim.Users().Text(r, "userName")), u)
	if err != nil {
		return err
	}
	if taken {
		return scim.Conflict("the directory has a person with this userName already, with the id %s", known.Name)
	}
	holders, err := o.addressed(ctx, string(u.Spec.Email))
	if err != nil {
		return refusal.Of(err)
	}
	for _, holder := range holders {
		if holder.UID != u.UID && holder.DeletionTimestamp.IsZero() && !effective.Yields(holder) {
			return addressTaken(holder)
		}
	}
	return nil
}

// yield deletes a person who was just created if somebody else has the address: whoever was declared a moment ago, or was created before.
// The cache shows that once it shows the person, because it follows the API server in the order of changes; until then, the API server
// does.
func (p *People) yield(ctx context.Context, u *v1alpha1.OrgUser) error {
	holders, err := p.holdersSince(ctx, u)
	if err != nil {
		return refusal.Of(err)
	}
	for _, holder := range holders {
		if holder.UID == u.UID || !holder.DeletionTimestamp.IsZero() || effective.Yields(holder) ||
			effective.FromDirectory(holder) && !older(holder, u) {
			continue
		}
		if err := p.store().Delete(ctx, u); err != nil {
			return err
		}
		return addressTaken(holder)
	}
	return nil
}

// holdersSince returns those who have the address of a person who was just created, or request it, as they are now.
func (p *People) holdersSince(ctx context.Context, u *v1alpha1.OrgUser) ([]*v1alpha1.OrgUser, error) {
	email := string(u.Spec.Email)
	if p.Cache == nil {
		return p.byAddress(ctx, email)
	}
	known, err := p.Cache.UsersByAnyEmail(ctx, p.Organization, u.Spec.Email)
	isNew := func(k *v1alpha1.OrgUser) bool { return k.UID == u.UID }
	switch {
	case err != nil:
		return nil, err
	case !slices.ContainsFunc(known, isNew):
		return p.byAddress(ctx, email)
	case !slices.ContainsFunc(known, func(k *v1alpha1.OrgUser) bool { return !isNew(k) }):
		return nil, nil
	}
	return p.knownByAddress(ctx, email)
}

// older reports whether a person was created before another one.
func older(a, b *v1alpha1.OrgUser) bool {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.UID, b.UID)) < 0
}

func (p *People) byAddress(ctx context.Context, email string) ([]*v1alpha1.OrgUser, error) {
	var found []*v1alpha1.OrgUser
	for field, value := range map[string]string{"status.email": emailaddr.Normalize(email), "spec.email": email} {
		var list v1alpha1.OrgUserList
		if err := p.Client.List(ctx, &list, client.InNamespace(p.Organization), client.MatchingFields{field: value}); err != nil {
			return nil, err
		}
		for n := range list.Items {
			found = append(found, &list.Items[n])
		}
	}
	return found, nil
}

func (p *People) knownByAddress(ctx context.Context, email string) ([]*v1alpha1.OrgUser, error) {
	known, err := p.Cache.UsersByAnyEmail(ctx, p.Organization, v1alpha1.EmailAddress(email))
	if err != nil {
		return nil, err
	}
	var found []*v1alpha1.OrgUser
	for _, outdated := range known {
		u, err := p.api().User(ctx, p.Organization, outdated.Name)
		if err != nil {
			return nil, err
		}
		if u != nil && (emailaddr.Same(string(effective.EmailOf(u)), email) || emailaddr.Same(string(u.Spec.Email), email)) {
			found = append(found, u)
		}
	}
	return found, nil
}
