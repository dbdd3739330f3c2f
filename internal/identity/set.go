// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"time"
)

// LinkValidity is how long a link to choose a password can be used. Another one is a form away.
const LinkValidity = time.Hour

// RedeemTime is how long somebody who has signed in can still begin a session with it. Dex keeps authorization codes for half an hour,
// and people who have signed in and are asked for their approval for as long as its expiry.authRequests says: half an hour, as the
// documentation asks for.
const RedeemTime = time.Hour

// Set sets the password of an account, which is created if there is none, and ends its sessions. Exists says that it has been created
// before. The error is ErrExists if the address has an account with another ID: it is somebody else's to change.
func Set(ctx context.Context, p Provider, a Account, exists bool, hash Hash) error {
	if exists {
		err := p.SetPassword(ctx, a.Address, hash)
		if err == nil {
			return p.RevokeSessions(ctx, a.ID, time.Time{})
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	err := p.Create(ctx, a, hash)
	if !errors.Is(err, ErrExists) {
		return err
	}
	id, err := p.Find(ctx, a.Address)
	switch {
	case err != nil:
		return err
	case id != a.ID:
		return ErrExists
	}
	if err := p.SetPassword(ctx, a.Address, hash); err != nil {
		return err
	}
	return p.RevokeSessions(ctx, a.ID, time.Time{})
}
