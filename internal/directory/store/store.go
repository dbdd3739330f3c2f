// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package store keeps the objects of an organization's directory in the API server, whatever their kind. What is answered was read there,
// past every cache: a directory reads an object right after creating it, in whichever replica. The cache says where to look.
package store

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/scim"
)

// Store are the objects of one kind that the directory of one organization keeps. It is safe for concurrent use.
type Store[T client.Object] struct {
	client       client.Client
	organization string
	// noun is what an object is in a refusal.
	noun string
	// named is the attribute, beside id and externalId, of which no two objects have the same value.
	named    string
	empty    func() T
	emptyAll func() client.ObjectList
	// cached is nil if there is no cache.
	cached *cached[T]
}

// People returns the people of an organization's directory. The client has no cache. If there is no other one either, everything is looked
// for in the API server.
func People(c client.Client, cache *lookup.Reader, organization string) Store[*v1alpha1.OrgUser] {
	s := Store[*v1alpha1.OrgUser]{
		client: c, organization: organization, noun: "person", named: "userName",
		empty:    func() *v1alpha1.OrgUser { return &v1alpha1.OrgUser{} },
		emptyAll: func() client.ObjectList { return &v1alpha1.OrgUserList{} },
	}
	if cache != nil {
		s.cached = &cached[*v1alpha1.OrgUser]{
			known:    cache.Organization,
			labelled: cache.DirectoryUsers,
			named: func(ctx context.Context, organization, name string) (*v1alpha1.OrgUser, bool, error) {
				u, err := cache.SharedUser(ctx, organization, name)
				return u, u != nil, err
			},
		}
	}
	return s
}

// Groups does the same for the groups.
func Groups(c client.Client, cache *lookup.Reader, organization string) Store[*v1alpha1.OrgGroup] {
	s := Store[*v1alpha1.OrgGroup]{
		client: c, organization: organization, noun: "group", named: "displayName",
		empty:    func() *v1alpha1.OrgGroup { return &v1alpha1.OrgGroup{} },
		emptyAll: func() client.ObjectList { return &v1alpha1.OrgGroupList{} },
	}
	if cache != nil {
		s.cached = &cached[*v1alpha1.OrgGroup]{
			known:    cache.Organization,
			labelled: cache.DirectoryGroups,
			named: func(ctx context.Context, organization, name string) (*v1alpha1.OrgGroup, bool, error) {
				g, err := cache.Group(ctx, organization, name)
				return g, g != nil, err
			},
		}
	}
	return s
}

// Accepts refuses new objects in an organization that does not exist. One that the cache shows is enough: it may be deleted a moment
// later in any case, and what is created in it goes with it.
func (s Store[T]) Accepts(ctx context.Context) error {
	if s.cached != nil {
		known, err := s.cached.known(ctx, s.organization)
		if err == nil && known != nil && known.DeletionTimestamp.IsZero() {
			return nil
		}
	}
	o, err := lookup.NewAPIReader(s.client).Organization(ctx, s.organization)
	switch {
	case err != nil:
		return refusal.Of(err)
	case o == nil || !o.DeletionTimestamp.IsZero():
		return refusal.NotFound("there is no such organization")
	}
	return nil
}

// Find returns the object that the directory keeps under an identifier.
func (s Store[T]) Find(ctx context.Context, id string) (T, error) {
	var none T
	unknown := refusal.NotFound("the directory has no %s with the id %s", s.noun, id)
	if !directory.IsName(id) {
		return none, unknown
	}
	o := s.empty()
	err := s.client.Get(ctx, client.ObjectKey{Namespace: s.organization, Name: id}, o)
	switch {
	case err != nil && !apierrors.IsNotFound(err):
		return none, refusal.Of(err)
	case err != nil, !effective.FromDirectory(o), o.GetDeletionTimestamp() != nil:
		return none, unknown
	}
	return o, nil
}

// Single returns the object with an identifier as a list, which is empty if there is none.
func (s Store[T]) Single(ctx context.Context, id string) ([]T, error) {
	o, err := s.Find(ctx, id)
	switch {
	case refusal.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []T{o}, nil
}

// Labelled returns the directory's objects with labels, without those that are being deleted.
func (s Store[T]) Labelled(ctx context.Context, labels map[string]string, options ...client.ListOption) ([]T, error) {
	list := s.emptyAll()
	options = append(options, client.InNamespace(s.organization), client.MatchingLabels(labels))
	if err := s.client.List(ctx, list, options...); err != nil {
		return nil, err
	}
	found := make([]T, 0, meta.LenList(list))
	err := meta.EachListItem(list, func(item runtime.Object) error {
		if o, ok := item.(T); ok && o.GetDeletionTimestamp() == nil {
			found = append(found, o)
		}
		return nil
	})
	return found, err
}

// Other returns one of the directory's objects with labels, other than a given one. Ok is false if there is none.
func (s Store[T]) Other(ctx context.Context, labels map[string]string, except T) (other T, ok bool, err error) {
	found, err := s.Labelled(ctx, labels)
	return otherThan(except, found, err)
}

// OtherKnown does the same for those that the cache knows.
func (s Store[T]) OtherKnown(ctx context.Context, labels map[string]string, except T) (other T, ok bool, err error) {
	found, err := s.Known(ctx, labels)
	return otherThan(except, found, err)
}

func otherThan[T client.Object](except T, found []T, err error) (other T, ok bool, _ error) {
	if err != nil {
		return other, false, refusal.Of(err)
	}
	n := slices.IndexFunc(found, func(o T) bool { return o.GetUID() != except.GetUID() })
	if n < 0 {
		return other, false, nil
	}
	return found[n], true, nil
}

// Page returns the objects that a query selects, in the order in which they were created. Compared shows an object to the filter, and shown
// in the answer.
func (s Store[T]) Page(ctx context.Context, q scim.Query, compared, shown func(T) (scim.Resource, error)) (scim.ListResponse, error) {
	answer := scim.ListResponse{StartIndex: q.StartIndex}
	found, err := s.selected(ctx, q.Filter, compared)
	if err != nil {
		return answer, refusal.Of(err)
	}
	slices.SortFunc(found, func(a, b T) int { return position(a).Compare(position(b)) })
	found, answer.TotalResults = scim.Page(q, found)
	answer.Resources = make([]scim.Resource, len(found))
	for n, o := range found {
		if answer.Resources[n], err = shown(o); err != nil {
			return answer, err
		}
	}
	return answer, nil
}

func position(o client.Object) scim.Position {
	return scim.Position{Created: o.GetCreationTimestamp().Time, ID: string(o.GetUID())}
}

// selected returns the objects that a filter selects.
func (s Store[T]) selected(ctx context.Context, f *scim.Filter, compared func(T) (scim.Resource, error)) ([]T, error) {
	candidates, err := s.candidates(ctx, f)
	if err != nil || f == nil {
		return candidates, err
	}
	found := make([]T, 0, len(candidates))
	for _, o := range candidates {
		r, err := compared(o)
		if err != nil {
			return nil, err
		}
		if f.Matches(r) {
			found = append(found, o)
		}
	}
	return found, nil
}

// candidates returns the objects that a filter can select: at most one if it names an identifier, else all.
func (s Store[T]) candidates(ctx context.Context, f *scim.Filter) ([]T, error) {
	if f == nil {
		return s.Labelled(ctx, directory.Selector())
	}
	if id, ok := f.Equal("id"); ok {
		return s.Single(ctx, id)
	}
	if externalID, ok := f.Equal("externalId"); ok {
		return s.Lookup(ctx, directory.ByID(externalID))
	}
	if name, ok := f.Equal(s.named); ok {
		return s.Lookup(ctx, directory.ByName(name))
	}
	return s.Labelled(ctx, directory.Selector())
}
