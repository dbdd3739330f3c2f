// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/url"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/trust"
)

// hook is a webhook as an API server calls it: at a host, with the authorities that must have issued the host's certificate.
type hook struct {
	kind, configuration, name, host string
	bundle                          []byte
}

// webhooks returns the webhooks in both configurations. One that does not exist is called by nobody.
func (c *certificates) webhooks(ctx context.Context) ([]hook, error) {
	var hooks []hook
	var validating admissionregistrationv1.ValidatingWebhookConfiguration
	if err := c.client.Get(ctx, types.NamespacedName{Name: validatingWebhooks}, &validating); client.IgnoreNotFound(err) != nil {
		return nil, err
	}
	for i := range validating.Webhooks {
		h := &validating.Webhooks[i]
		hooks = append(hooks, newHook("ValidatingWebhookConfiguration", validatingWebhooks, h.Name, &h.ClientConfig))
	}
	var mutating admissionregistrationv1.MutatingWebhookConfiguration
	if err := c.client.Get(ctx, types.NamespacedName{Name: mutatingWebhooks}, &mutating); client.IgnoreNotFound(err) != nil {
		return nil, err
	}
	for i := range mutating.Webhooks {
		h := &mutating.Webhooks[i]
		hooks = append(hooks, newHook("MutatingWebhookConfiguration", mutatingWebhooks, h.Name, &h.ClientConfig))
	}
	return hooks, nil
}

func newHook(kind, configuration, name string, config *admissionregistrationv1.WebhookClientConfig) hook {
	h := hook{kind: kind, configuration: configuration, name: name, bundle: config.CABundle}
	switch {
	case config.Service != nil:
		h.host = config.Service.Name + "." + config.Service.Namespace + ".svc"
	case config.URL != nil:
		if u, err := url.Parse(*config.URL); err == nil {
			h.host = u.Hostname()
		}
	}
	return h
}

// verifies returns which webhook an API server would not call because of a certificate, and why.
func verifies(hooks []hook, pair *tls.Certificate, now time.Time) error {
	chain := chainOf(pair)
	for _, h := range hooks {
		if err := trust.Verify(h.bundle, chain, h.host, now); err != nil {
			return fmt.Errorf("the API server does not trust the webhooks' certificate: caBundle of webhook %s in %s %s: %w",
				h.name, h.kind, h.configuration, err)
		}
	}
	return nil
}

// published reports whether each webhook has the operator's authority.
func published(hooks []hook, authority []byte) bool {
	for _, h := range hooks {
		if !bytes.HasPrefix(h.bundle, authority) { // as publish writes it
			return false
		}
	}
	return true
}

// publish writes the operator's authority to both configurations, beside the others that are there, or in their place.
func (c *certificates) publish(ctx context.Context, authority []byte, keepOthers bool) error {
	for kind, name := range map[string]string{
		"ValidatingWebhookConfiguration": validatingWebhooks, "MutatingWebhookConfiguration": mutatingWebhooks,
	} {
		// As it is, so that nothing is lost that this version of the operator does not know.
		configuration := &unstructured.Unstructured{}
		configuration.SetGroupVersionKind(admissionregistrationv1.SchemeGroupVersion.WithKind(kind))
		if err := c.live.Get(ctx, types.NamespacedName{Name: name}, configuration); client.IgnoreNotFound(err) != nil {
			return err
		}
		changed, err := inject(configuration, func(current []byte) []byte {
			if !keepOthers {
				current = nil
			}
			return trust.Join(authority, current, c.now())
		})
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		if err := c.client.Update(ctx, configuration, client.FieldOwner("usher-certificates")); err != nil {
			return err
		}
	}
	return nil
}

// inject replaces the bundles of a configuration, and reports whether one has changed.
func inject(configuration *unstructured.Unstructured, replace func([]byte) []byte) (bool, error) {
	webhooks, _, err := unstructured.NestedSlice(configuration.Object, "webhooks")
	if err != nil {
		return false, err
	}
	changed := false
	for i := range webhooks {
		webhook, _ := webhooks[i].(map[string]any) // the API server's schema
		text, _, err := unstructured.NestedString(webhook, "clientConfig", "caBundle")
		if err != nil {
			return false, err
		}
		current, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return false, err
		}
		next := replace(current)
		if bytes.Equal(current, next) {
			continue
		}
		changed = true
		if err := unstructured.SetNestedField(webhook, base64.StdEncoding.EncodeToString(next), "clientConfig", "caBundle"); err != nil {
			return false, err
		}
	}
	if !changed {
		return false, nil
	}
	return true, unstructured.SetNestedSlice(configuration.Object, webhooks, "webhooks")
}
