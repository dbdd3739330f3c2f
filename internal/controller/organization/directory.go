// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// The hashes of tokens tell nothing about the tokens. Only whether there are any is kept in the cache.
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch,resourceNames=usher-directory-tokens

// directoryGrants returns what makes the organization's directory work; nil: it has none, because there is no token.
func (r *Reconciler) directoryGrants(ctx context.Context, o *v1alpha1.Organization) ([]rolebinding.Grant, error) {
	if r.portal == "" {
		return nil, nil
	}
	var tokens corev1.Secret
	err := r.client.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: v1alpha1.DirectoryTokensSecret}, &tokens)
	if client.IgnoreNotFound(err) != nil || len(tokens.Data) == 0 || !tokens.DeletionTimestamp.IsZero() {
		return nil, client.IgnoreNotFound(err)
	}
	return rolebinding.ForDirectory(o, r.portal), nil
}

// organizationForTokens maps the Secret with the tokens of an organization's directory.
func organizationForTokens(_ context.Context, c mapper.Change[*corev1.Secret]) ([]types.NamespacedName, error) {
	if c.Newest().Name != v1alpha1.DirectoryTokensSecret {
		return nil, nil
	}
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}
