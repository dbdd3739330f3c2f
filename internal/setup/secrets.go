// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// secretWatch hands the operator's own Secrets to those who use them, in every replica, as soon as they change. A
// mounted Secret would do the same a minute later, and only inside a pod.
type secretWatch struct {
	client client.Client
	users  map[types.NamespacedName]func(*corev1.Secret) error
}

func addSecretWatch(mgr ctrl.Manager, o *Options, users map[types.NamespacedName]func(*corev1.Secret) error) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("secret").
		For(&corev1.Secret{}).
		WithOptions(controller.Options{
			NeedLeaderElection: ptr.To(false),
			SkipNameValidation: ptr.To(o.SkipNameValidation),
		}).
		Complete(&secretWatch{client: mgr.GetClient(), users: users})
}

// Reconcile hands a Secret over.
func (w *secretWatch) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	use, ours := w.users[request.NamespacedName]
	if !ours {
		return reconcile.Result{}, nil
	}
	var secret corev1.Secret
	if err := w.client.Get(ctx, request.NamespacedName, &secret); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	return reconcile.Result{}, use(&secret)
}

// ensureSecret gives one of the operator's own Secrets, made if it is not there. Another replica may make it at the same
// time.
func ensureSecret(ctx context.Context, mgr ctrl.Manager, key types.NamespacedName, data map[string][]byte,
) (*corev1.Secret, error) {
	writer, err := client.New(mgr.GetConfig(), client.Options{Scheme: mgr.GetScheme(), HTTPClient: mgr.GetHTTPClient()})
	if err != nil {
		return nil, err
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}, Data: data}
	err = writer.Get(ctx, key, &corev1.Secret{})
	if apierrors.IsNotFound(err) {
		err = writer.Create(ctx, secret)
	}
	if err == nil || apierrors.IsAlreadyExists(err) {
		err = writer.Get(ctx, key, secret)
	}
	if err != nil {
		return nil, fmt.Errorf("the operator's own Secret %s: %w", key, err)
	}
	return secret, nil
}
