// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/scim"
)

// Rules are how the objects of a kind follow what the directory sends.
type Rules[T client.Object] struct {
	// Sent returns what the directory has sent about an object.
	Sent func(o T) (scim.Resource, error)
	// Bring brings an object to what the directory sends, and reports whether that is anything new.
	Bring func(ctx context.Context, o T, wanted scim.Resource) (bool, error)
	// Judge refuses what a change would break.
	Judge func(ctx context.Context, before, after T, wanted scim.Resource) error
	// Show returns an object as the directory sees it.
	Show func(o T) (scim.Resource, error)
}

// Change changes an object. Match is the header If-Match; empty: whatever the object is like. The function returns what the directory sends
// instead of what it has sent before, and may be called again: changes by others at the same time are never lost.
func (s Store[T]) Change(ctx context.Context, id, match string, rules Rules[T], change func(sent scim.Resource) (scim.Resource, error),
) (scim.Resource, error) {
	var after scim.Resource
	err := refusal.OnConflict(func() error {
		var err error
		after, err = s.changeOnce(ctx, id, match, rules, change)
		return err
	})
	return after, err
}

func (s Store[T]) changeOnce(ctx context.Context, id, match string, rules Rules[T], change func(scim.Resource) (scim.Resource, error),
) (scim.Resource, error) {
	o, err := s.Matching(ctx, id, match, rules.Show)
	if err != nil {
		return nil, err
	}
	sent, err := rules.Sent(o)
	if err != nil {
		return nil, err
	}
	wanted, err := change(sent)
	if err != nil {
		return nil, err
	}
	before, _ := o.DeepCopyObject().(T)
	changed, err := rules.Bring(ctx, o, wanted)
	if err != nil {
		return nil, err
	}
	if changed {
		if err := rules.Judge(ctx, before, o, wanted); err != nil {
			return nil, err
		}
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := s.client.Patch(ctx, o, patch, object.FieldOwner); err != nil {
			return nil, err
		}
	}
	return rules.Show(o)
}

// Matching returns an object if it is what the client has seen, as the header If-Match says.
func (s Store[T]) Matching(ctx context.Context, id, match string, show func(T) (scim.Resource, error)) (T, error) {
	o, err := s.Find(ctx, id)
	if err != nil || match == "" {
		return o, err
	}
	seen, err := show(o)
	if err != nil {
		return o, err
	}
	return o, scim.CheckMatch(match, seen.Version())
}

// Delete deletes an object, unless another one has its name by now.
func (s Store[T]) Delete(ctx context.Context, o T) error {
	err := s.client.Delete(ctx, o, client.Preconditions{UID: new(o.GetUID())})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// Claim has one of several objects stay that were created at the same time with the same value of a label, under different names. The API
// server orders creations: each creator looks at what existed at the very revision of its own object. Only the first one finds no other, so
// it stays, and all others remove their own. Whoever looks later cannot come to another result.
func (s Store[T]) Claim(ctx context.Context, o T, labels ...string) error {
	then := &client.ListOptions{Raw: &metav1.ListOptions{
		ResourceVersion: o.GetResourceVersion(), ResourceVersionMatch: metav1.ResourceVersionMatchExact,
	}}
	for _, label := range labels {
		value := o.GetLabels()[label]
		if value == "" || s.isAlone(ctx, o, label) {
			continue
		}
		same, err := s.Labelled(ctx, map[string]string{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory, label: value}, then)
		if err != nil {
			return err
		}
		for _, other := range same {
			if other.GetUID() == o.GetUID() {
				continue
			}
			if err := s.Delete(ctx, o); err != nil {
				return err
			}
			return scim.Conflict("the directory has created this %s at the same time, with the id %s", s.noun, other.GetName())
		}
	}
	return nil
}
