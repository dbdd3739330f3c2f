// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/scim"
)

// claim has one of several accounts stay that were created for the same person at the same time, with different addresses and so with
// different names. The API server orders creations: each creator looks at what existed at the very revision of its own account. Only the
// first one finds nobody else, so it stays, and all others remove their own. Whoever looks later cannot come to another result.
func (p *People) claim(ctx context.Context, u *v1alpha1.OrgUser) error {
	labels := client.MatchingLabels{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory}
	if id := u.Labels[v1alpha1.LabelDirectoryID]; id != "" {
		labels[v1alpha1.LabelDirectoryID] = id
	} else {
		labels[v1alpha1.LabelDirectoryName] = u.Labels[v1alpha1.LabelDirectoryName]
	}
	then := &client.ListOptions{Raw: &metav1.ListOptions{
		ResourceVersion: u.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchExact,
	}}
	accounts, err := p.labelled(ctx, labels, then)
	if err != nil {
		return err
	}
	for _, other := range accounts {
		if other.UID == u.UID {
			continue
		}
		if err := p.Client.Delete(ctx, u, client.Preconditions{UID: &u.UID}); client.IgnoreNotFound(err) != nil {
			return err
		}
		return scim.Conflict("the directory has created this person at the same time, with the id %s", other.Name)
	}
	return nil
}
