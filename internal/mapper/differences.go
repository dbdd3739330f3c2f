// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mapper

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// SameBesideGeneration reports whether two states of an object have the same metadata, whatever their spec and status.
func SameBesideGeneration(a, b client.Object) bool {
	return a.GetDeletionTimestamp().IsZero() == b.GetDeletionTimestamp().IsZero() &&
		equality.Semantic.DeepEqual(a.GetLabels(), b.GetLabels()) &&
		equality.Semantic.DeepEqual(a.GetAnnotations(), b.GetAnnotations()) &&
		equality.Semantic.DeepEqual(a.GetFinalizers(), b.GetFinalizers()) &&
		equality.Semantic.DeepEqual(a.GetOwnerReferences(), b.GetOwnerReferences())
}

// StandingChanged reports whether a change of a user may change who is assigned to a contact.
func StandingChanged(c Change[*v1alpha1.OrgUser]) bool {
	return c.Created() || c.Deleted() || c.Before.Status.State != c.After.Status.State ||
		effective.UIDOf(c.Before) != effective.UIDOf(c.After) ||
		effective.EmailOf(c.Before) != effective.EmailOf(c.After) ||
		effective.IsProvisional(c.Before) != effective.IsProvisional(c.After)
}

// Difference returns the names that are in only one of two lists, in no particular order.
func Difference(a, b []string) []string {
	seen := map[string]int{}
	for _, name := range a {
		seen[name]++
	}
	for _, name := range b {
		seen[name]--
	}
	var names []string
	for name, n := range seen {
		if n != 0 {
			names = append(names, name)
		}
	}
	return names
}
