// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/dexidp/dex/api/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

const (
	// callTimeout bounds a call of the provider.
	callTimeout = 5 * time.Second
	// maxAnswer is the maximum size of the list of all accounts, in bytes.
	maxAnswer = 64 << 20
)

// Dex keeps accounts in Dex's password database, by its gRPC API. It is safe for concurrent use.
type Dex struct {
	connection *grpc.ClientConn
	client     api.DexClient
}

var _ Provider = (*Dex)(nil)

// NewDex returns the accounts of the Dex at an address. It connects when it is first used, and again after an outage.
func NewDex(o Options) (*Dex, error) {
	connection, err := grpc.NewClient(o.Address, grpc.WithTransportCredentials(o.TLS.credentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)))
	if err != nil {
		return nil, fmt.Errorf("cannot use Dex at %s: %w", o.Address, err)
	}
	return &Dex{connection: connection, client: api.NewDexClient(connection)}, nil
}

// Close closes the connection.
func (d *Dex) Close() error { return d.connection.Close() }

// Create implements Provider.
func (d *Dex) Create(ctx context.Context, a Account, hash Hash) error {
	return call(ctx, "create", func(ctx context.Context) error {
		answer, err := d.client.CreatePassword(ctx, &api.CreatePasswordReq{
			Password: &api.Password{Email: a.Address, Hash: hash.bytes, Username: a.Name, UserId: a.ID},
		})
		if err == nil && answer.AlreadyExists {
			return ErrExists
		}
		return err
	})
}

// SetPassword implements Provider.
func (d *Dex) SetPassword(ctx context.Context, address string, hash Hash) error {
	return call(ctx, "setPassword", func(ctx context.Context) error {
		answer, err := d.client.UpdatePassword(ctx, &api.UpdatePasswordReq{Email: address, NewHash: hash.bytes})
		if err == nil && answer.NotFound {
			return ErrNotFound
		}
		return err
	})
}

// Find implements Provider. Dex can only list all accounts.
func (d *Dex) Find(ctx context.Context, address string) (id string, err error) {
	err = call(ctx, "find", func(ctx context.Context) error {
		answer, err := d.client.ListPasswords(ctx, &api.ListPasswordReq{})
		for _, p := range answer.GetPasswords() {
			if p.Email == address {
				id = p.UserId
			}
		}
		return err
	})
	return id, err
}

// Delete implements Provider. Dex looks the account up when a session is renewed, so no refresh token outlives it.
func (d *Dex) Delete(ctx context.Context, address string) error {
	return call(ctx, "delete", func(ctx context.Context) error {
		_, err := d.client.DeletePassword(ctx, &api.DeletePasswordReq{Email: address})
		return err
	})
}

// RevokeSessions implements Provider. Dex lists the refresh tokens of every client.
func (d *Dex) RevokeSessions(ctx context.Context, id string, before time.Time) error {
	return call(ctx, "revokeSessions", func(ctx context.Context) error {
		subject := subjectOf(id)
		answer, err := d.client.ListRefresh(ctx, &api.ListRefreshReq{UserId: subject})
		for _, token := range answer.GetRefreshTokens() {
			if err == nil && (before.IsZero() || token.CreatedAt < before.Unix()) {
				_, err = d.client.RevokeRefresh(ctx, &api.RevokeRefreshReq{UserId: subject, ClientId: token.ClientId})
			}
		}
		return err
	})
}

// Ready returns why Dex does not answer, or nil if it does.
func (d *Dex) Ready(ctx context.Context) error {
	return call(ctx, "version", func(ctx context.Context) error {
		_, err := d.client.GetVersion(ctx, &api.VersionReq{})
		return err
	})
}

// call makes a call, bounds and counts it. Its error contains nothing of the request.
func call(ctx context.Context, operation string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := do(ctx)
	count(operation, err)
	if s, is := status.FromError(err); err != nil && is {
		return fmt.Errorf("the identity provider does not answer %s: %s: %s", operation, s.Code(), s.Message())
	}
	return err
}
