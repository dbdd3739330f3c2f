// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/open-policy-agent/cert-controller/pkg/rotator"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
)

// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingwebhookconfigurations;mutatingwebhookconfigurations,verbs=get;list;watch
// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingwebhookconfigurations,verbs=update,resourceNames=usher-validating-webhook-configuration
// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=mutatingwebhookconfigurations,verbs=update,resourceNames=usher-mutating-webhook-configuration

const (
	certificateSecret  = "usher-webhook-certificate" //nolint:gosec // a name
	webhookService     = "usher-webhook-service"
	metricsService     = "usher-metrics"
	validatingWebhooks = "usher-validating-webhook-configuration"
	mutatingWebhooks   = "usher-mutating-webhook-configuration"
)

// addCertificates adds what creates and renews the webhooks' certificates and gives their authority to the API server. The channel that
// it returns is closed when the API server has it.
func addCertificates(ctx context.Context, mgr ctrl.Manager, o *Options, certificate *servingCertificate) (<-chan struct{}, error) {
	key := certificateKey(o)
	if _, err := ensureSecret(ctx, mgr, key, certificate.initialData()); err != nil {
		return nil, err
	}
	ready, names := make(chan struct{}), o.DNSNames()
	err := rotator.AddRotator(quietManager{mgr}, &rotator.CertRotator{
		SecretKey:      key,
		CertDir:        certificate.dir,
		CAName:         "usher-ca",
		CAOrganization: "usher",
		DNSName:        names[0],
		ExtraDNSNames:  names[1:],
		IsReady:        ready,
		ControllerName: rotatorName(o),
		FieldOwner:     "usher-certificates",
		Webhooks: []rotator.WebhookInfo{
			{Name: validatingWebhooks, Type: rotator.Validating},
			{Name: mutatingWebhooks, Type: rotator.Mutating},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot set up certificate rotation: %w", err)
	}
	return ready, nil
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
