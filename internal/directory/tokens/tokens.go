// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package tokens keeps the tokens of an organization's directory in the Secret usher-directory-tokens of its namespace, for those who
// manage them. What the Secret looks like is said in package token.
package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/token"
)

var (
	// ErrExists is returned if a token is to be made with the name of another one.
	ErrExists = errors.New("there is a token with this name already: choose another name, or remove that one first")
	// ErrFull is returned if an organization has as many tokens as it can have.
	ErrFull = fmt.Errorf("there are %d tokens already: remove one that is no longer used", token.Max)
	// ErrNotFound is returned if there is no token with a name.
	ErrNotFound = errors.New("there is no token with this name")
)

// Tokens are those of one organization's directory.
type Tokens struct {
	// Client acts in the name of whoever manages the tokens.
	Client client.Client
	// Organization is the name of the organization.
	Organization string
	// FieldOwner is who changes the Secret, in its managedFields.
	FieldOwner client.FieldOwner
}

// Token is a token as it can be shown.
type Token struct {
	Name string
	token.Entry
	// LastUse is when the token was last used, which may be an hour too early. It is zero if that is not known.
	LastUse time.Time
}

// List returns the tokens, by name. With an error of those that are not in order, it returns the others.
func (t Tokens) List(ctx context.Context) ([]Token, error) {
	secret, err := t.secret(ctx)
	if err != nil {
		return nil, err
	}
	set, wrong := token.Read(secret.Data)
	var use corev1.ConfigMap
	key := client.ObjectKey{Namespace: t.Organization, Name: v1alpha1.DirectoryUseConfigMap}
	if err := t.Client.Get(ctx, key, &use); client.IgnoreNotFound(err) != nil {
		return nil, err
	}
	list := make([]Token, 0, len(set))
	for _, name := range slices.Sorted(maps.Keys(set)) {
		used, _ := time.Parse(time.RFC3339, use.Data[name])
		list = append(list, Token{Name: name, Entry: set[name], LastUse: used})
	}
	return list, wrong
}

// Make makes a token, and returns it. It is kept nowhere: whoever has asked for it has to be shown it now. It never expires if expires is
// zero.
func (t Tokens) Make(ctx context.Context, name string, now, expires time.Time) (string, error) {
	if err := token.CheckName(name); err != nil {
		return "", err
	}
	secret, entry := token.New(now, expires)
	if err := t.ensure(ctx); err != nil {
		return "", err
	}
	err := t.change(ctx, func(data map[string][]byte) error {
		switch _, has := data[name]; {
		case has:
			return ErrExists
		case len(data) >= token.Max:
			return ErrFull
		}
		return put(data, name, entry)
	})
	if err != nil {
		return "", err // a token that is not kept opens nothing
	}
	return secret, nil
}

// Remove removes a token. The directory is closed with the last one.
func (t Tokens) Remove(ctx context.Context, name string) error {
	return t.change(ctx, func(data map[string][]byte) error {
		if _, has := data[name]; !has {
			return ErrNotFound
		}
		delete(data, name)
		return nil
	})
}

// SetPaused pauses a token, or resumes it.
func (t Tokens) SetPaused(ctx context.Context, name string, paused bool) error {
	return t.change(ctx, func(data map[string][]byte) error {
		value, has := data[name]
		if !has {
			return ErrNotFound
		}
		set, err := token.Read(map[string][]byte{name: value})
		if err != nil {
			return err
		}
		entry := set[name]
		entry.Paused = paused
		return put(data, name, entry)
	})
}

func put(data map[string][]byte, name string, entry token.Entry) error {
	body, err := json.Marshal(entry)
	data[name] = body
	return err
}

// secret returns the Secret, or an empty one if there is none.
func (t Tokens) secret(ctx context.Context) (*corev1.Secret, error) {
	var secret corev1.Secret
	err := t.Client.Get(ctx, client.ObjectKey{Namespace: t.Organization, Name: v1alpha1.DirectoryTokensSecret}, &secret)
	return &secret, client.IgnoreNotFound(err)
}

// ensure creates the Secret if there is none. It applies it, because the right to create one by name is that to apply it: RBAC knows no
// name in a POST. Whoever applies it later changes nothing.
func (t Tokens) ensure(ctx context.Context) error {
	secret, err := t.secret(ctx)
	if err != nil || secret.UID != "" {
		return err
	}
	empty := corev1ac.Secret(v1alpha1.DirectoryTokensSecret, t.Organization).WithType(corev1.SecretTypeOpaque)
	return t.Client.Apply(ctx, empty, t.FieldOwner, client.ForceOwnership)
}

// change changes the Secret, again if somebody else has done so at the same time.
func (t Tokens) change(ctx context.Context, f func(data map[string][]byte) error) error {
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		secret, err := t.secret(ctx)
		if err != nil {
			return err
		}
		before := secret.DeepCopy()
		if secret.Data == nil {
			secret.Data = map[string][]byte{}
		}
		if err := f(secret.Data); err != nil {
			return err
		}
		if secret.UID == "" {
			return ErrNotFound // a dry run has not made it, or it was deleted in between
		}
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := t.Client.Patch(ctx, secret, patch, t.FieldOwner); !apierrors.IsNotFound(err) {
			return err
		}
		return ErrNotFound // the Secret was deleted in between
	})
}
