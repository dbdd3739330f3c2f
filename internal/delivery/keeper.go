// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/object"
)

// recordKey is the key of the Secret that holds the record.
const recordKey = "budgets.json"

// secretKeeper keeps the record of what was sent in a Secret. It names organizations, and destinations by a digest.
type secretKeeper struct {
	client client.Client
	api    client.Reader
	key    types.NamespacedName
}

// NewSecretKeeper returns a Keeper that keeps the record in a Secret, which it reads past the cache.
func NewSecretKeeper(c client.Client, api client.Reader, key types.NamespacedName) Keeper {
	return &secretKeeper{client: c, api: api, key: key}
}

// Load implements Keeper. A record that cannot be read is as good as none: it only lets some budgets begin anew.
func (k *secretKeeper) Load(ctx context.Context) (budget.Record, error) {
	var secret corev1.Secret
	if err := k.api.Get(ctx, k.key, &secret); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return decodeRecord(ctx, &secret), nil
}

func decodeRecord(ctx context.Context, secret *corev1.Secret) budget.Record {
	var record budget.Record
	if err := json.Unmarshal(secret.Data[recordKey], &record); err != nil {
		log.FromContext(ctx).Info("the record of the budgets cannot be read, so they begin anew", "secret", secret.Name)
		return nil
	}
	return record
}

// Save implements Keeper. Only the leader sends, so only the leader writes.
func (k *secretKeeper) Save(ctx context.Context, record budget.Record) error {
	var secret corev1.Secret
	err := k.api.Get(ctx, k.key, &secret)
	exists := err == nil
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	data, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("cannot encode the record of the budgets: %w", err)
	}
	secret.Data = map[string][]byte{recordKey: data}
	if exists {
		return k.client.Update(ctx, &secret, object.FieldOwner)
	}
	secret.ObjectMeta = metav1.ObjectMeta{
		Namespace: k.key.Namespace, Name: k.key.Name, Labels: map[string]string{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue},
	}
	return k.client.Create(ctx, &secret, object.FieldOwner)
}
