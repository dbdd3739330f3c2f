// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/scim"
)

// List returns the people whom a query selects, in the order in which they were created.
func (p *People) List(ctx context.Context, q scim.Query) (scim.ListResponse, error) {
	accounts, err := p.candidates(ctx, q.Filter)
	if err != nil {
		return scim.ListResponse{}, refusal.Of(err)
	}
	slices.SortFunc(accounts, func(a, b *v1alpha1.OrgUser) int { return position(a).Compare(position(b)) })
	if q.Filter == nil {
		page, total := scim.Page(q, accounts)
		resources, err := p.resources(page)
		return scim.ListResponse{TotalResults: total, StartIndex: q.StartIndex, Resources: resources}, err
	}
	resources, err := p.resources(accounts)
	if err != nil {
		return scim.ListResponse{}, err
	}
	page, total := scim.Page(q, slices.DeleteFunc(resources, func(r scim.Resource) bool { return !q.Filter.Matches(r) }))
	return scim.ListResponse{TotalResults: total, StartIndex: q.StartIndex, Resources: page}, nil
}

func (p *People) resources(accounts []*v1alpha1.OrgUser) ([]scim.Resource, error) {
	resources := make([]scim.Resource, 0, len(accounts))
	for _, u := range accounts {
		r, err := directory.Resource(u, p.Location)
		if err != nil {
			return nil, err
		}
		resources = append(resources, r)
	}
	return resources, nil
}

func position(u *v1alpha1.OrgUser) scim.Position {
	return scim.Position{Created: u.CreationTimestamp.Time, ID: string(u.UID)}
}

// candidates returns the accounts that a filter can select: one if it names an identifier, else all.
func (p *People) candidates(ctx context.Context, f *scim.Filter) ([]*v1alpha1.OrgUser, error) {
	labels := directory.Selector()
	if f != nil {
		if id, ok := f.Equal("id"); ok {
			return p.single(ctx, id)
		}
		if externalID, ok := f.Equal("externalId"); ok {
			labels = directory.ByID(externalID)
		} else if userName, ok := f.Equal("userName"); ok {
			labels = directory.ByName(userName)
		}
	}
	return p.labelled(ctx, labels)
}

// single returns the account with an identifier, if there is one.
func (p *People) single(ctx context.Context, id string) ([]*v1alpha1.OrgUser, error) {
	u, err := p.find(ctx, id)
	switch {
	case refusal.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []*v1alpha1.OrgUser{u}, nil
}

// labelled returns the directory's accounts with labels, without those that are being deleted.
func (p *People) labelled(ctx context.Context, labels client.MatchingLabels, options ...client.ListOption) ([]*v1alpha1.OrgUser, error) {
	var list v1alpha1.OrgUserList
	if err := p.Client.List(ctx, &list, append(options, client.InNamespace(p.Organization), labels)...); err != nil {
		return nil, err
	}
	accounts := make([]*v1alpha1.OrgUser, 0, len(list.Items))
	for n := range list.Items {
		if u := &list.Items[n]; u.DeletionTimestamp.IsZero() {
			accounts = append(accounts, u)
		}
	}
	return accounts, nil
}
