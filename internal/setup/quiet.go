// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// quietManager has a client that skips updates which change nothing: the certificate rotation sends one for every webhook
// configuration at every start. It also creates the certificate in several replicas at the same time.
type quietManager struct{ ctrl.Manager }

// GetClient returns the manager's client, wrapped.
func (m quietManager) GetClient() client.Client {
	return quietClient{Client: m.Manager.GetClient(), live: m.GetAPIReader()}
}

type quietClient struct {
	client.Client
	live client.Reader
}

// Update sends the object if it differs from the one in the API server. A replica that is late with its certificate has
// nothing left to do: the first certificate counts.
func (c quietClient) Update(ctx context.Context, o client.Object, opts ...client.UpdateOption) error {
	current := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
	if err := c.live.Get(ctx, client.ObjectKeyFromObject(o), current); err != nil {
		return err
	}
	if equality.Semantic.DeepEqual(current, o) {
		return nil
	}
	err := c.Client.Update(ctx, o, opts...)
	if apierrors.IsConflict(err) && c.isCertificate(ctx, o) {
		return nil
	}
	return err
}

// isCertificate reports whether the object in the API server contains a complete certificate.
func (c quietClient) isCertificate(ctx context.Context, o client.Object) bool {
	if _, is := o.(*corev1.Secret); !is {
		return false
	}
	var current corev1.Secret
	return c.live.Get(ctx, client.ObjectKeyFromObject(o), &current) == nil && isComplete(&current)
}
