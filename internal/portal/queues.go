// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// QueueRequest asks the owner of an address to agree that customers' questions and mails are passed on to it (GTA-8).
type QueueRequest struct {
	// Organization is the name that people know the organization by, Workspace the workspace's.
	Organization, Workspace string
	// Branding is how the organization's pages look.
	Branding Branding
	// Address is the queue's address.
	Address string
	// Language is a BCP 47 tag.
	Language string
	// State is what has become of the request. Declined and the states in which the address is used are final.
	State v1alpha1.QueueState
}

// Queues finds requests by the links in mails, and changes their state. It returns ErrUnknown for a link that never existed, and
// ErrRevoked for one that has expired, or that a later mail or another address has replaced, and ErrPaused. Any other error is
// temporary. No error contains a token.
type Queues interface {
	// Open returns the request that a link leads to. It changes nothing.
	Open(ctx context.Context, token string) (*QueueRequest, error)
	// Answer agrees, or declines. Once that is done, doing it again changes nothing.
	Answer(ctx context.Context, token string, agree bool) (*QueueRequest, error)
}
