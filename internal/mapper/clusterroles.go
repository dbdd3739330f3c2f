// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mapper

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
)

// OrganizationsNaming returns the organizations with a module that names a ClusterRole, if the change is one that decides whether
// the ClusterRole may be bound.
func OrganizationsNaming(ctx context.Context, cache lookup.Reader, c Change[*metav1.PartialObjectMetadata],
) ([]*v1alpha1.Organization, error) {
	if c.Initial || !c.Created() && !c.Deleted() &&
		c.Before.Labels[v1alpha1.LabelGrantable] == c.After.Labels[v1alpha1.LabelGrantable] {
		return nil, nil
	}
	return cache.OrganizationsByClusterRole(ctx, c.Newest().Name)
}
