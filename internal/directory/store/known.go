// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/effective"
)

const (
	// maxSingle is how many objects are read one by one. Of more, all are read at once.
	maxSingle = 50
	// maxLag is how long a request waits for the cache to show what it has created. After that, the API server is asked.
	maxLag = time.Second
	// lookAgain is how often it looks.
	lookAgain = 2 * time.Millisecond
)

// cached is what the process knows of a kind's objects, which may be outdated. The objects are shared with the cache and must not be
// changed.
type cached[T client.Object] struct {
	known    func(ctx context.Context, organization string) (*v1alpha1.Organization, error)
	labelled func(ctx context.Context, organization string, labels map[string]string) ([]T, error)
	named    func(ctx context.Context, organization, name string) (o T, ok bool, err error)
}

// Lookup returns the directory's objects with the labels of an identifier or a name. One that the cache knows is read again, and if it
// still has the labels, it is the one. That there is none follows from no cache: another replica may have created it a moment ago. So the
// API server is asked, which looks at all objects of the organization for it.
func (s Store[T]) Lookup(ctx context.Context, labels map[string]string) ([]T, error) {
	if s.cached != nil {
		if found, err := s.Known(ctx, labels); err != nil || len(found) > 0 {
			return found, err
		}
	}
	return s.Labelled(ctx, labels)
}

// Known returns the directory's objects with the labels of an identifier or a name that the cache knows, each of them read again. There may
// be others, created a moment ago: whoever creates one has Claim find out.
func (s Store[T]) Known(ctx context.Context, labels map[string]string) ([]T, error) {
	if s.cached == nil {
		return s.Labelled(ctx, labels)
	}
	known, err := s.cached.labelled(ctx, s.organization, labels)
	if err != nil {
		return nil, err
	}
	found := make([]T, 0, len(known))
	for _, outdated := range known {
		o, err := s.Find(ctx, outdated.GetName())
		switch {
		case refusal.IsNotFound(err):
		case err != nil:
			return nil, err
		case has(o, labels):
			found = append(found, o)
		}
	}
	return found, nil
}

func has(o client.Object, labels map[string]string) bool {
	for name, value := range labels {
		if o.GetLabels()[name] != value {
			return false
		}
	}
	return true
}

// Named returns the objects with these names, as far as the directory has them. It returns those that the cache knows as they are there.
func (s Store[T]) Named(ctx context.Context, names []string) (map[string]T, error) {
	found, rest := make(map[string]T, len(names)), names
	if s.cached != nil {
		rest = nil
		for _, name := range names {
			o, ok, err := s.cached.named(ctx, s.organization, name)
			switch {
			case err != nil:
				return nil, err
			case ok && effective.FromDirectory(o) && o.GetDeletionTimestamp() == nil:
				found[name] = o
			default:
				rest = append(rest, name)
			}
		}
	}
	if len(rest) > maxSingle {
		all, err := s.Labelled(ctx, directory.Selector())
		for _, o := range all {
			found[o.GetName()] = o
		}
		return found, err
	}
	for _, name := range rest {
		single, err := s.Single(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, o := range single {
			found[name] = o
		}
	}
	return found, nil
}

// isAlone reports whether the cache proves that an object that was just created is the only one with a label. The cache follows the API
// server in the order of changes: once it shows the object, it shows all that were created before. If it shows another one, or takes long,
// that proves nothing.
func (s Store[T]) isAlone(ctx context.Context, o T, label string) bool {
	if s.cached == nil {
		return false
	}
	labels, alone := map[string]string{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory, label: o.GetLabels()[label]}, false
	err := wait.PollUntilContextTimeout(ctx, lookAgain, maxLag, true, func(ctx context.Context) (bool, error) {
		known, err := s.cached.labelled(ctx, s.organization, labels)
		known = slices.DeleteFunc(slices.Clone(known), func(k T) bool { return k.GetDeletionTimestamp() != nil })
		alone = len(known) == 1
		return slices.ContainsFunc(known, func(k T) bool { return k.GetUID() == o.GetUID() }), err
	})
	return err == nil && alone
}
