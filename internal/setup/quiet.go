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

// quietManager hands out a client that leaves out updates which change nothing: the rotation of certificates sends one
// for every webhook configuration at every start. And it makes the certificate in several places at the same moment.
type quietManager struct{ ctrl.Manager }

// GetClient gives the manager's client, made quiet.
func (m quietManager) GetClient() client.Client {
	return quietClient{Client: m.Manager.GetClient(), live: m.GetAPIReader()}
}

type quietClient struct {
	client.Client
	live client.Reader
}

// Update sends the object if it differs from what the API server holds. Who is late with a certificate has nothing left to
// do: the first one's counts.
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

// isCertificate says whether the API server holds a whole certificate in the object.
func (c quietClient) isCertificate(ctx context.Context, o client.Object) bool {
	if _, is := o.(*corev1.Secret); !is {
		return false
	}
	var current corev1.Secret
	return c.live.Get(ctx, client.ObjectKeyFromObject(o), &current) == nil && isWhole(&current)
}
