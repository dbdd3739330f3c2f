// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package opener

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/door"
	"github.com/usher-operator/usher/internal/directory/token"
)

const (
	// maxAge is how long a token that was removed or paused may still open the directory.
	maxAge = 5 * time.Second
	// minAge is how long a new token may not open it yet. However many wrong tokens come, the API server is asked no more often.
	minAge = time.Second
)

// known are the tokens of the organizations whose directories were asked for. There is an entry for each organization that exists, so
// strangers add none.
type known struct {
	mu            sync.Mutex
	organizations map[string]*tokens
}

type tokens struct {
	mu   sync.Mutex
	set  token.Set
	read time.Time
}

func (k *known) of(organization string) *tokens {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.organizations == nil {
		k.organizations = map[string]*tokens{}
	}
	if k.organizations[organization] == nil {
		k.organizations[organization] = &tokens{}
	}
	return k.organizations[organization]
}

// find returns the name of a token of an organization, and all tokens.
func (o *Opener) find(ctx context.Context, organization, secret string) (string, token.Set, error) {
	t, now := o.tokens.of(organization), o.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	age := now.Sub(t.read)
	name, err := t.set.Find(secret, now)
	if age < minAge || err == nil && age < maxAge {
		return result(name, t.set, err)
	}
	set, err := o.readTokens(ctx, organization)
	if err != nil {
		return "", nil, err
	}
	t.set, t.read = set, now
	name, err = set.Find(secret, now)
	return result(name, set, err)
}

func result(name string, set token.Set, err error) (string, token.Set, error) {
	if err != nil {
		return "", nil, door.ErrUnauthorized
	}
	return name, set, nil
}

// readTokens returns the tokens of an organization. There are none if the Secret cannot be read: the controllers allow that while there is
// a token.
func (o *Opener) readTokens(ctx context.Context, organization string) (token.Set, error) {
	var secret corev1.Secret
	err := o.Client.Get(ctx, client.ObjectKey{Namespace: organization, Name: v1alpha1.DirectoryTokensSecret}, &secret)
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
		return token.Set{}, nil
	}
	if err != nil {
		return nil, err
	}
	set, wrong := token.Read(secret.Data)
	if wrong != nil {
		o.Log.Info("A token of a directory is not in order and opens nothing", "organization", organization, "reason", wrong.Error())
	}
	return set, nil
}
