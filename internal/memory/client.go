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
// everybody else's. All the rest is created: it follows from what was admitted.
func (g *Guard) Client(c client.Client) client.Client { return boundedClient{c, g} }

type boundedClient struct {
	client.Client

	guard *Guard
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
