// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package groups

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/scim"
)

// claim has one of several groups stay that were created at the same time with the same externalId or displayName, and have different
// names nevertheless. The API server orders creations: each creator looks at what existed at the very revision of its own group, so only
// the first one finds no other and stays, whoever looks when.
func (g *Groups) claim(ctx context.Context, group *v1alpha1.OrgGroup) error {
	then := &client.ListOptions{Raw: &metav1.ListOptions{
		ResourceVersion: group.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchExact,
	}}
	for _, label := range []string{v1alpha1.LabelDirectoryName, v1alpha1.LabelDirectoryID} {
		value := group.Labels[label]
		if value == "" {
			continue
		}
		same, err := g.labelled(ctx, client.MatchingLabels{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory, label: value}, then)
		if err != nil {
			return err
		}
		for _, other := range same {
			if other.UID == group.UID {
				continue
			}
			if err := g.Client.Delete(ctx, group, client.Preconditions{UID: &group.UID}); client.IgnoreNotFound(err) != nil {
				return err
			}
			return scim.Conflict("the directory has created this group at the same time, with the id %s", other.Name)
		}
	}
	return nil
}
