// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"

	"github.com/usher-operator/usher/internal/linktoken"
)

const (
	keySecret    = "usher-link-keys"
	firstKeyName = "0001"
)

// ensureLinkKeys puts the keys that sign links in the ring. In a new installation it creates the first one.
func ensureLinkKeys(ctx context.Context, mgr ctrl.Manager, o *Options, ring *linktoken.KeyRing) error {
	keys := linkKeys{ring, o.features}
	secret, err := ensureSecret(ctx, mgr, linkKeysKey(o), keys.initialData())
	if err != nil {
		return err
	}
	_ = keys.use(secret) // reported; without keys, mails with links wait
	return nil
}

// readLinkKeys puts the keys that another process has created in the ring. In a new installation there are none yet: the watch of
// Secrets puts them there as soon as there are.
func readLinkKeys(ctx context.Context, mgr ctrl.Manager, o *Options, ring *linktoken.KeyRing) error {
	var secret corev1.Secret
	switch err := mgr.GetAPIReader().Get(ctx, linkKeysKey(o), &secret); {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("the operator's own Secret %s: %w", linkKeysKey(o), err)
	}
	_ = linkKeys{ring, o.features}.use(&secret) // reported; without keys, no link works
	return nil
}

// linkKeysCheck returns the check that there are keys, or that it was reported why there are none. Without it, a portal that is faster
// than what creates the keys would turn people away.
func linkKeysCheck(o *Options, ring *linktoken.KeyRing) healthz.Checker {
	return func(*http.Request) error {
		if o.features.isDegraded(featureLinks) || ring.Ready() {
			return nil
		}
		return fmt.Errorf("there is no Secret %s yet, which the process with the component %s creates",
			linkKeysKey(o), ComponentControllers)
	}
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
