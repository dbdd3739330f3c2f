// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package groups

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/scim"
)

// List returns the groups that a query selects, in the order in which they were created.
func (g *Groups) List(ctx context.Context, q scim.Query) (scim.ListResponse, error) {
	candidates, err := g.candidates(ctx, q.Filter)
	if err != nil {
		return scim.ListResponse{}, refusal.Of(err)
	}
	slices.SortFunc(candidates, func(a, b *v1alpha1.OrgGroup) int { return position(a).Compare(position(b)) })
	answer := scim.ListResponse{StartIndex: q.StartIndex, TotalResults: len(candidates)}
	if q.Filter != nil {
		if candidates, err = g.matched(candidates, q.Filter); err != nil {
			return answer, err
		}
	}
	candidates, answer.TotalResults = scim.Page(q, candidates)
	answer.Resources, err = g.resources(candidates, !q.Excludes("members"))
	return answer, err
}

// matched returns the groups that a filter selects.
func (g *Groups) matched(candidates []*v1alpha1.OrgGroup, filter *scim.Filter) ([]*v1alpha1.OrgGroup, error) {
	withMembers := filter.Names("members")
	var selected []*v1alpha1.OrgGroup
	for _, group := range candidates {
		r, err := directory.GroupResource(group, g.Base, withMembers)
		if err != nil {
			return nil, err
		}
		if filter.Matches(r) {
			selected = append(selected, group)
		}
	}
	return selected, nil
}

func (g *Groups) resources(page []*v1alpha1.OrgGroup, withMembers bool) ([]scim.Resource, error) {
	resources := make([]scim.Resource, 0, len(page))
	for _, group := range page {
		r, err := directory.GroupResource(group, g.Base, withMembers)
		if err != nil {
			return nil, err
		}
		resources = append(resources, r)
	}
	return resources, nil
}

func position(group *v1alpha1.OrgGroup) scim.Position {
	return scim.Position{Created: group.CreationTimestamp.Time, ID: string(group.UID)}
}

// candidates returns the groups that a filter can select: one if it names an identifier, else all.
func (g *Groups) candidates(ctx context.Context, f *scim.Filter) ([]*v1alpha1.OrgGroup, error) {
	labels := directory.Selector()
	if f != nil {
		if id, ok := f.Equal("id"); ok {
			return g.single(ctx, id)
		}
		if externalID, ok := f.Equal("externalId"); ok {
			labels = directory.GroupByID(externalID)
		} else if name, ok := f.Equal("displayName"); ok {
			labels = directory.GroupByName(name)
		}
	}
	return g.labelled(ctx, labels)
}

// single returns the group with an identifier, if there is one.
func (g *Groups) single(ctx context.Context, id string) ([]*v1alpha1.OrgGroup, error) {
	group, err := g.find(ctx, id)
	switch {
	case refusal.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []*v1alpha1.OrgGroup{group}, nil
}

// labelled returns the directory's groups with labels, without those that are being deleted.
func (g *Groups) labelled(ctx context.Context, labels client.MatchingLabels, options ...client.ListOption,
) ([]*v1alpha1.OrgGroup, error) {
	var list v1alpha1.OrgGroupList
	if err := g.Client.List(ctx, &list, append(options, client.InNamespace(g.Organization), labels)...); err != nil {
		return nil, err
	}
	found := make([]*v1alpha1.OrgGroup, 0, len(list.Items))
	for n := range list.Items {
		if group := &list.Items[n]; group.DeletionTimestamp.IsZero() {
			found = append(found, group)
		}
	}
	return found, nil
}
