// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package object writes the metadata of objects: finalizers, labels, and the field owner under which Usher applies.
package object

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// FieldOwner is the name under which Usher writes.
const FieldOwner = client.FieldOwner("usher")

// EnsureFinalizer keeps an object until what it granted is revoked. It writes metadata, and only Usher's own part of it.
func EnsureFinalizer(ctx context.Context, c client.Client, o client.Object) error {
	before := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
	if !controllerutil.AddFinalizer(o, v1alpha1.Finalizer) {
		return nil
	}
	return PatchMetadata(ctx, c, o, before)
}

// RemoveFinalizer lets an object be deleted. An object that is gone already is no error.
func RemoveFinalizer(ctx context.Context, c client.Client, o client.Object) error {
	before := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
	if !controllerutil.RemoveFinalizer(o, v1alpha1.Finalizer) {
		return nil
	}
	return client.IgnoreNotFound(PatchMetadata(ctx, c, o, before))
}

// PatchMetadata writes what differs between an object and its former state. It fails with a conflict when the object has changed
// meanwhile.
func PatchMetadata(ctx context.Context, c client.Client, o, before client.Object) error {
	return c.Patch(ctx, o, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), FieldOwner)
}

// HasLabels reports whether all of want is in have.
func HasLabels(have, want map[string]string) bool {
	for key, value := range want {
		if had, is := have[key]; !is || had != value {
			return false
		}
	}
	return true
}
