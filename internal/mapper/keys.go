// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mapper

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Itself maps a change of an object to that object.
func Itself[T client.Object](_ context.Context, c Change[T]) ([]types.NamespacedName, error) {
	return []types.NamespacedName{client.ObjectKeyFromObject(c.Newest())}, nil
}

// OrganizationKey returns the key of the organization of an object's namespace.
func OrganizationKey(o client.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetNamespace()}
}

// KeysOf returns the keys of the objects that a lookup found.
func KeysOf[T client.Object](objects []T, err error) ([]types.NamespacedName, error) {
	names := make([]types.NamespacedName, 0, len(objects))
	for _, o := range objects {
		names = append(names, client.ObjectKeyFromObject(o))
	}
	return names, err
}

// KeysNamed returns the keys of objects in one namespace.
func KeysNamed(namespace string, names []string) []types.NamespacedName {
	keys := make([]types.NamespacedName, 0, len(names))
	for _, name := range names {
		keys = append(keys, types.NamespacedName{Namespace: namespace, Name: name})
	}
	return keys
}
