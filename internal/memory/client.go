// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Client returns a client that creates no OrgUser while there is no room. Usher's own requests do not come to the webhooks, which refuse
// everybody else's. All the rest is created: it follows from what was admitted. While memory is short, who reads waits for collections, see
// Pace.
func (g *Guard) Client(c client.Client) client.Client { return boundedClient{c, g} }

type boundedClient struct {
	client.Client

	guard *Guard
}

// Get implements client.Reader. It paces the passes of reconcilers, which begin by reading their object.
func (c boundedClient) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	c.guard.Pace()
	return c.Client.Get(ctx, key, o, opts...)
}

// Create implements client.Writer.
func (c boundedClient) Create(ctx context.Context, o client.Object, opts ...client.CreateOption) error {
	if user, is := o.(*v1alpha1.OrgUser); is {
		if err := c.guard.Full(); err != nil {
			return fmt.Errorf("cannot create an account for %s: %w", user.Spec.Email, err)
		}
	}
	return c.Client.Create(ctx, o, opts...)
}
