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
	keys := linkKeys{&linktoken.KeyRing{}, o.features}
	secret, err := ensureSecret(ctx, mgr, linkKeysKey(o), keys.initialData())
	if err != nil {
		return nil, err
	}
	_ = keys.use(secret) // reported; without keys, mails with links wait
	return keys.ring, nil
}

func linkKeysKey(o *Options) types.NamespacedName {
	return types.NamespacedName{Namespace: o.Namespace, Name: keySecret}
}

// linkKeys are the keys that sign links, in the Secret that holds them.
type linkKeys struct {
	ring     *linktoken.KeyRing
	features *features
}

// use puts changed keys in use. If they are invalid, the keys in use stay; without any, there are no links.
func (k linkKeys) use(secret *corev1.Secret) error {
	keys, err := linktoken.NewKeys(secret.Data)
	if err != nil {
		err = fmt.Errorf("the keys in Secret %s/%s: %w", secret.Namespace, secret.Name, err)
	} else {
		k.ring.Replace(keys)
	}
	k.features.report(featureLinks, err)
	return err
}

// initialData returns one new key.
func (linkKeys) initialData() map[string][]byte {
	return map[string][]byte{firstKeyName: linktoken.NewKey()}
}
