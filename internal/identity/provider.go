// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package identity keeps people's accounts with a password at an identity provider. Usher is none: it hands a password's hash over, and
// keeps neither.
//
// It knows nothing of Kubernetes.
package identity

import (
	"context"
	"errors"
	"time"
)

// Provider is an identity provider that has accounts of its own. All methods can be repeated.
type Provider interface {
	// Create creates an account. The error is ErrExists if the address has one, whoever created it.
	Create(ctx context.Context, a Account, hash Hash) error
	// SetPassword replaces the password of an account. The error is ErrNotFound if the address has none.
	SetPassword(ctx context.Context, address string, hash Hash) error
	// Find returns the ID of the account of an address; empty: it has none. It may read all accounts.
	Find(ctx context.Context, address string) (id string, err error)
	// Delete deletes the account of an address. From then on, the provider refuses to sign in and to renew any session of it.
	Delete(ctx context.Context, address string) error
	// RevokeSessions revokes the refresh tokens of an account, which may be deleted: those issued before a time, or all if it is zero.
	RevokeSessions(ctx context.Context, id string, before time.Time) error
}

// Account is an account at the provider.
type Account struct {
	// Address is what the person signs in with, in its normal form.
	Address string
	// ID is what the provider knows the person by. It is never used for two accounts.
	ID string
	// Name is the name that tokens say.
	Name string
}

var (
	// ErrExists is returned for an address that has an account.
	ErrExists = errors.New("the address has an account at the identity provider")
	// ErrNotFound is returned for an address that has no account.
	ErrNotFound = errors.New("the address has no account at the identity provider")
)
