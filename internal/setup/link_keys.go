// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/linktoken"
)

const (
	keySecret    = "usher-link-keys"
	firstKeyName = "0001"
)

// ensureLinkKeys returns the keys that sign links. In a new installation it creates the first one.
func ensureLinkKeys(ctx context.Context, mgr ctrl.Manager, o *Options) (*linktoken.KeyRing, error) {
	keys := linkKeys{&linktoken.KeyRing{}}
	secret, err := ensureSecret(ctx, mgr, linkKeysKey(o), keys.initialData())
	if err != nil {
		return nil, err
	}
	return keys.ring, keys.use(secret)
}

func linkKeysKey(o *Options) types.NamespacedName {
	return types.NamespacedName{Namespace: o.Namespace, Name: keySecret}
}

// linkKeys are the keys that sign links, in the Secret that holds them.
type linkKeys struct{ ring *linktoken.KeyRing }

// use puts changed keys in use. If they are invalid, the keys in use stay.
func (k linkKeys) use(secret *corev1.Secret) error {
	keys, err := linktoken.NewKeys(secret.Data)
	if err != nil {
		return fmt.Errorf("the keys in Secret %s/%s: %w", secret.Namespace, secret.Name, err)
	}
	k.ring.Replace(keys)
	return nil
}

// initialData returns one new key.
func (linkKeys) initialData() map[string][]byte {
	return map[string][]byte{firstKeyName: linktoken.NewKey()}
}
