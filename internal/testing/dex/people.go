// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package dex

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/dexidp/dex/api/v2"
	"github.com/google/uuid"
	"golang.org/x/crypto/bcrypt"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// AddPerson creates an account with a password. Dex takes the address for verified.
func (s *Server) AddPerson(ctx context.Context, email, password string) error {
	pair, err := tls.LoadX509KeyPair(s.CertFile, s.KeyFile)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.ca)
	return AddPerson(ctx, s.GRPCAddress, &tls.Config{
		RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12,
	}, email, password)
}

// AddPerson creates an account at the Dex whose API is at an address.
func AddPerson(ctx context.Context, address string, config *tls.Config, email, password string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the answer is what counts
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		return err
	}
	answer, err := api.NewDexClient(conn).CreatePassword(ctx, &api.CreatePasswordReq{
		Password: &api.Password{Email: email, Hash: hash, Username: email, UserId: uuid.NewString()},
	})
	if err != nil {
		return fmt.Errorf("create the account of %s at Dex: %w", email, err)
	}
	if answer.GetAlreadyExists() {
		return fmt.Errorf("create the account of %s at Dex: there is one already", email)
	}
	return nil
}
