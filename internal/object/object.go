// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package object writes the metadata of objects: finalizers and labels, under Usher's field owner.
package object

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// FieldOwner is the field owner under which Usher writes.
const FieldOwner = client.FieldOwner("usher")

// EnsureFinalizer adds Usher's finalizer to an object, which keeps the object until what it grants is revoked. It writes nothing but
// the finalizer.
func EnsureFinalizer(ctx context.Context, c client.Client, o client.Object) error {
	before := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
	if !controllerutil.AddFinalizer(o, v1alpha1.Finalizer) {
		return nil
	}
	return PatchMetadata(ctx, c, o, before)
}

// RemoveFinalizer removes Usher's finalizer from an object, so that the object can be deleted. An object that is gone already is no
// error.
func RemoveFinalizer(ctx context.Context, c client.Client, o client.Object) error {
	before := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
	if !controllerutil.RemoveFinalizer(o, v1alpha1.Finalizer) {
		return nil
	}
	return client.IgnoreNotFound(PatchMetadata(ctx, c, o, before))
}

// Release removes Usher's finalizer from an object that is being deleted, and has it remembered that it is gone.
func Release(ctx context.Context, c client.Client, o client.Object, written interface{ NoteReleased(o client.Object) }) error {
	if err := RemoveFinalizer(ctx, c, o); err != nil {
		return err
	}
	written.NoteReleased(o)
	return nil
}

// PatchMetadata writes what differs between an object and its former state. It fails with a conflict when the object has changed in
// the meantime.
func PatchMetadata(ctx context.Context, c client.Client, o, before client.Object) error {
	return c.Patch(ctx, o, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), FieldOwner)
}

// HasLabels reports whether all of want is in have.
func HasLabels(have, want map[string]string) bool {
	for key, value := range want {
		if had, labelled := have[key]; !labelled || had != value {
			return false
		}
	}
	return true
}
