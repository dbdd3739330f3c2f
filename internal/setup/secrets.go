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
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/internal/linktoken"
)

// secretWatch passes the operator's own Secrets to the code that uses them, in every replica, as soon as they change. A
// mounted Secret would follow a minute later, and only inside a pod.
type secretWatch struct {
	client client.Client
	users  map[types.NamespacedName]secretUser
	// readOnly is true if the Secrets are another process's, which creates and recreates them.
	readOnly bool
}

// secretUser uses a Secret.
type secretUser interface {
	// use puts the contents of the Secret in use.
	use(secret *corev1.Secret) error
	// initialData returns the contents of a new Secret: one that somebody deletes is recreated.
	initialData() map[string][]byte
}

// addSecretWatch watches the Secret of the keys that sign links. That of the certificate is watched by certificates.
func addSecretWatch(mgr ctrl.Manager, o *Options, keys *linktoken.KeyRing) error {
	users := map[types.NamespacedName]secretUser{linkKeysKey(o): linkKeys{keys, o.features}}
	return ctrl.NewControllerManagedBy(mgr).
		Named("secret").
		For(&corev1.Secret{}).
		WithOptions(controller.Options{
			NeedLeaderElection: new(false),
			SkipNameValidation: new(o.SkipNameValidation),
		}).
		Complete(&secretWatch{client: mgr.GetClient(), users: users, readOnly: !o.runs(ComponentControllers)})
}

// Reconcile passes a Secret on, or recreates it, which triggers the next pass.
func (w *secretWatch) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	user, ours := w.users[request.NamespacedName]
	if !ours {
		return reconcile.Result{}, nil
	}
	var secret corev1.Secret
	err := w.client.Get(ctx, request.NamespacedName, &secret)
	switch {
	case apierrors.IsNotFound(err) && w.readOnly:
		return reconcile.Result{}, nil
	case apierrors.IsNotFound(err):
		return reconcile.Result{}, w.recreate(ctx, request.NamespacedName, user.initialData())
	case err != nil:
		return reconcile.Result{}, err
	}
	return reconcile.Result{}, user.use(&secret)
}

// recreate creates a Secret that somebody has deleted. Another replica may be first, or the namespace may be terminating.
func (w *secretWatch) recreate(ctx context.Context, key types.NamespacedName, data map[string][]byte) error {
	err := w.client.Create(ctx, newSecret(key, data))
	if apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the operator's own Secret %s was deleted and cannot be recreated: %w", key, err)
	}
	ctrl.LoggerFrom(ctx).Info("recreated the Secret, which had been deleted")
	return nil
}

func newSecret(key types.NamespacedName, data map[string][]byte) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}, Data: data}
}

// ensureSecret returns one of the operator's own Secrets, creating it if necessary. Another replica may create it at the same
// time.
func ensureSecret(ctx context.Context, mgr ctrl.Manager, key types.NamespacedName, data map[string][]byte,
) (*corev1.Secret, error) {
	writer, err := client.New(mgr.GetConfig(), client.Options{Scheme: mgr.GetScheme(), HTTPClient: mgr.GetHTTPClient()})
	if err != nil {
		return nil, err
	}
	secret := newSecret(key, data)
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
