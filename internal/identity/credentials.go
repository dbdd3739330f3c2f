// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"net"

	"google.golang.org/grpc/credentials"
)

// reloading reads the files of a TLS for each connection.
type reloading struct {
	TLS
}

// ClientHandshake implements credentials.TransportCredentials.
func (r *reloading) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	config, err := r.config()
	if err != nil {
		return nil, nil, err
	}
	return credentials.NewTLS(config).ClientHandshake(ctx, authority, raw)
}

// ServerHandshake is never called: Usher is a client.
func (r *reloading) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return raw, nil, net.ErrClosed
}

// Info implements credentials.TransportCredentials.
func (r *reloading) Info() credentials.ProtocolInfo { return credentials.NewTLS(nil).Info() }

// Clone implements credentials.TransportCredentials.
func (r *reloading) Clone() credentials.TransportCredentials { return &reloading{TLS: r.TLS} }

// OverrideServerName implements credentials.TransportCredentials. The name is that of the address.
func (r *reloading) OverrideServerName(string) error { return nil }
