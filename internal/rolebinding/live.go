// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// removeUnseen removes these bindings, read past the cache: it may not know yet what the pass before has made, and nobody
// looks again once the object is gone.
func (w Writer) DeleteUnseen(ctx context.Context, of ...client.ListOption) error {
	bindings, err := w.List(ctx, of...)
	if err != nil {
		return err
	}
	return w.Delete(ctx, bindings)
}

// liveBindings reads bindings past the cache.
func (w Writer) List(ctx context.Context, of ...client.ListOption) ([]*rbacv1.RoleBinding, error) {
	var list rbacv1.RoleBindingList
	if err := w.api.List(ctx, &list, of...); err != nil {
		return nil, err
	}
	bindings := make([]*rbacv1.RoleBinding, 0, len(list.Items))
	for i := range list.Items {
		bindings = append(bindings, &list.Items[i])
	}
	return bindings, nil
}

// bindingsOf names the bindings of a user, in all namespaces.
func OfUser(u *v1alpha1.OrgUser) client.MatchingLabels {
	return client.MatchingLabels{v1alpha1.LabelOrganization: u.Namespace, v1alpha1.LabelUser: u.Name}
}
