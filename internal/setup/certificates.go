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
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
)

// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingwebhookconfigurations;mutatingwebhookconfigurations,verbs=get;list;watch
// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingwebhookconfigurations,verbs=update,resourceNames=usher-validating-webhook-configuration
// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=mutatingwebhookconfigurations,verbs=update,resourceNames=usher-mutating-webhook-configuration

const (
	certificateSecret  = "usher-webhook-certificate" //nolint:gosec // a name
	validatingWebhooks = "usher-validating-webhook-configuration"
	mutatingWebhooks   = "usher-mutating-webhook-configuration"
)

// certificateFiles are the files that the Secret contains and the webhook server reads.
var certificateFiles = []string{"tls.crt", "tls.key", "ca.crt"}

// addCertificates adds what creates and renews the webhooks' certificates and gives their authority to the API server. The
// channel is closed when the first certificate is in place.
func addCertificates(ctx context.Context, mgr ctrl.Manager, o *Options, ready chan struct{}) error {
	key := certificateKey(o)
	if _, err := ensureSecret(ctx, mgr, key, certificateDir(o.CertificateDir).initialData()); err != nil {
		return err
	}
	err := rotator.AddRotator(quietManager{mgr}, &rotator.CertRotator{
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
		return fmt.Errorf("cannot set up certificate rotation: %w", err)
	}
	return nil
}

func certificateKey(o *Options) types.NamespacedName {
	return types.NamespacedName{Namespace: o.Namespace, Name: certificateSecret}
}

var rotators atomic.Int64

// rotatorName returns a name that is unique in the process if several operators may run in one: the rotator's controller has
// no option SkipNameValidation.
func rotatorName(o *Options) string {
	if o.SkipNameValidation {
		return fmt.Sprintf("certificate-rotation-%d", rotators.Add(1))
	}
	return "certificate-rotation"
}

// certificateDir is the directory from which the webhook server reads its certificate.
type certificateDir string

// use writes the files of the certificate.
func (d certificateDir) use(secret *corev1.Secret) error {
	if !isComplete(secret) {
		return nil // not created yet
	}
	for _, name := range certificateFiles {
		if err := replaceFile(filepath.Join(string(d), name), secret.Data[name]); err != nil {
			return fmt.Errorf("cannot write the webhooks' certificate: %w", err)
		}
	}
	return nil
}

// initialData returns nothing, because the rotation fills the Secret.
func (certificateDir) initialData() map[string][]byte { return nil }

// isComplete reports whether a Secret contains all files of a certificate.
func isComplete(secret *corev1.Secret) bool {
	for _, name := range certificateFiles {
		if len(secret.Data[name]) == 0 {
			return false
		}
	}
	return true
}

// replaceFile replaces a file atomically, so that nobody reads half of the new one.
func replaceFile(path string, content []byte) error {
	next := path + ".next"
	if err := os.WriteFile(next, content, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
