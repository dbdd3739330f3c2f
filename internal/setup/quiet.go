// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// quietManager hands out a client that leaves out updates which change nothing: the rotation of certificates sends one
// for every webhook configuration at every start.
type quietManager struct{ ctrl.Manager }

// GetClient gives the manager's client, made quiet.
func (m quietManager) GetClient() client.Client {
	return quietClient{Client: m.Manager.GetClient(), live: m.GetAPIReader()}
}

type quietClient struct {
	client.Client
	live client.Reader
}

// Update sends the object if it differs from what the API server holds.
func (c quietClient) Update(ctx context.Context, o client.Object, opts ...client.UpdateOption) error {
	current := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
	if err := c.live.Get(ctx, client.ObjectKeyFromObject(o), current); err != nil {
		return err
	}
	if equality.Semantic.DeepEqual(current, o) {
		return nil
	}
	return c.Client.Update(ctx, o, opts...)
}
