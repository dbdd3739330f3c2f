// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/trust"
)

// contents returns what the Secret contains; nil: it does not exist. The operator's own Secret is created and renewed.
func (c *certificates) contents(ctx context.Context) (map[string][]byte, error) {
	if c.foreign {
		var secret corev1.Secret
		err := c.client.Get(ctx, c.secret, &secret)
		return secret.Data, client.IgnoreNotFound(err)
	}
	return c.keep(ctx, c.secret, c.names, func(data map[string][]byte) (map[string][]byte, bool, error) {
		return trust.Renew(data, c.names, c.now())
	})
}

// issueForPortal has the portal's Secret contain a certificate by the authority in the operator's own. If somebody else keeps that, they
// keep the portal's as well.
func (c *certificates) issueForPortal(ctx context.Context, own map[string][]byte) error {
	if c.foreign || c.portal.Name == "" || len(own[trust.AuthorityKey]) == 0 {
		return nil
	}
	_, err := c.keep(ctx, c.portal, c.portalNames, func(data map[string][]byte) (map[string][]byte, bool, error) {
		return trust.RenewBy(own, data, c.portalNames, c.now())
	})
	return err
}

// keep returns the contents of a Secret of the operator's own with a certificate, which it creates and renews; nothing: another replica was
// first, and its certificate counts.
func (c *certificates) keep(ctx context.Context, key types.NamespacedName, names []string,
	renew func(map[string][]byte) (map[string][]byte, bool, error),
) (map[string][]byte, error) {
	var secret corev1.Secret
	err := c.client.Get(ctx, key, &secret)
	missing := apierrors.IsNotFound(err)
	if err != nil && !missing {
		return nil, err
	}
	data, renewed, err := renew(secret.Data)
	if err != nil || !renewed {
		return data, err
	}
	if missing {
		err = c.client.Create(ctx, newSecret(key, data))
	} else {
		secret.Data = data
		err = c.client.Update(ctx, &secret)
	}
	switch {
	case apierrors.IsAlreadyExists(err), apierrors.IsConflict(err):
		return map[string][]byte{}, nil
	case apierrors.IsNotFound(err), apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return map[string][]byte{}, nil
	case err != nil:
		return nil, fmt.Errorf("cannot write the certificate to Secret %s: %w", key, err)
	}
	ctrl.LoggerFrom(ctx).Info("issued a certificate", "secret", key, "names", names)
	return data, nil
}
