// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/open-policy-agent/cert-controller/pkg/rotator"
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

// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingwebhookconfigurations;mutatingwebhookconfigurations,verbs=get;list;watch
// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingwebhookconfigurations,verbs=update;patch,resourceNames=usher-validating-webhook-configuration
// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=mutatingwebhookconfigurations,verbs=update;patch,resourceNames=usher-mutating-webhook-configuration

const (
	certificateSecret  = "usher-webhook-certificate" //nolint:gosec // a name
	validatingWebhooks = "usher-validating-webhook-configuration"
	mutatingWebhooks   = "usher-mutating-webhook-configuration"
)

// certificateFiles are what the Secret holds and the webhook server reads.
var certificateFiles = []string{"tls.crt", "tls.key", "ca.crt"}

// addCertificates has the webhooks' certificates made and renewed, and the API server told of their authority. The
// channel is closed when the first certificate is in place.
func addCertificates(ctx context.Context, mgr ctrl.Manager, o *Options, ready chan struct{}) error {
	key := types.NamespacedName{Namespace: o.Namespace, Name: certificateSecret}
	if err := ensureSecret(ctx, mgr, key, nil); err != nil {
		return err
	}
	err := rotator.AddRotator(mgr, &rotator.CertRotator{
		SecretKey:      key,
		CertDir:        o.CertificateDir,
		CAName:         "usher-ca",
		CAOrganization: "usher",
		DNSName:        o.WebhookDNSNames[0],
		ExtraDNSNames:  o.WebhookDNSNames[1:],
		IsReady:        ready,
		ControllerName: rotatorName(o),
		FieldOwner:     "usher-certificates",
		Webhooks: []rotator.WebhookInfo{
			{Name: validatingWebhooks, Type: rotator.Validating},
			{Name: mutatingWebhooks, Type: rotator.Mutating},
		},
	})
	if err != nil {
		return fmt.Errorf("cannot set up the rotation of certificates: %w", err)
	}
	return addProjector(mgr, o, key, o.CertificateDir)
}

var rotators atomic.Int64

// rotatorName is unique in the process where several operators may live in one: the rotator's controller does not know
// SkipNameValidation.
func rotatorName(o *Options) string {
	if o.SkipNameValidation {
		return fmt.Sprintf("certificate-rotation-%d", rotators.Add(1))
	}
	return "certificate-rotation"
}

// ensureSecret makes one of the operator's own Secrets if it is not there. Another replica may do so at the same time.
func ensureSecret(ctx context.Context, mgr ctrl.Manager, key types.NamespacedName, data map[string][]byte) error {
	err := mgr.GetAPIReader().Get(ctx, key, &corev1.Secret{})
	if !apierrors.IsNotFound(err) {
		return err
	}
	writer, err := client.New(mgr.GetConfig(), client.Options{Scheme: mgr.GetScheme(), HTTPClient: mgr.GetHTTPClient()})
	if err != nil {
		return err
	}
	err = writer.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name},
		Data:       data,
	})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("cannot make Secret %s: %w", key, err)
	}
	return nil
}

// projector writes the Secret's files to where the webhook server reads them, in every replica, as soon as they change.
// A mounted Secret would do the same a minute later, and only inside a pod.
type projector struct {
	client client.Client
	key    types.NamespacedName
	dir    string
}

func addProjector(mgr ctrl.Manager, o *Options, key types.NamespacedName, dir string) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("certificate").
		For(&corev1.Secret{}).
		WithOptions(controller.Options{
			NeedLeaderElection: ptr.To(false),
			SkipNameValidation: ptr.To(o.SkipNameValidation),
		}).
		Complete(&projector{client: mgr.GetClient(), key: key, dir: dir})
}

// Reconcile writes the files if the Secret is the right one and complete.
func (p *projector) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	if request.NamespacedName != p.key {
		return reconcile.Result{}, nil
	}
	var secret corev1.Secret
	if err := p.client.Get(ctx, p.key, &secret); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	for _, name := range certificateFiles {
		if len(secret.Data[name]) == 0 {
			return reconcile.Result{}, nil
		}
	}
	for _, name := range certificateFiles {
		if err := replaceFile(filepath.Join(p.dir, name), secret.Data[name]); err != nil {
			return reconcile.Result{}, fmt.Errorf("cannot write the webhooks' certificate: %w", err)
		}
	}
	return reconcile.Result{}, nil
}

// replaceFile puts a whole new file in the place of an old one, so that nobody reads half of it.
func replaceFile(path string, content []byte) error {
	next := path + ".next"
	if err := os.WriteFile(next, content, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
