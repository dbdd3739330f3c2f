// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// partOfUsher selects what an installation consists of.
var partOfUsher = client.MatchingLabels{"app.kubernetes.io/part-of": "usher"}

func inNamespaceOf(c *checkup) []client.ListOption {
	return []client.ListOption{client.InNamespace(c.namespace), client.Limit(1)}
}

// webhooksOfUsher are the webhooks of an installation: those of config/webhook, to which a test compares them.
var webhooksOfUsher = []string{
	"finalizers.accounts.usher.dev", "inviter.accounts.usher.dev", "invitations.accounts.usher.dev", "organizations.accounts.usher.dev",
	"orggroups.accounts.usher.dev", "orgusers.accounts.usher.dev", "whoami.accounts.usher.dev", "workspaces.accounts.usher.dev",
}

// webhooks checks that the webhooks of all kinds are there, and their certificates.
func (c *checkup) webhooks(ctx context.Context, name string) error {
	validating, mutating := &admissionv1.ValidatingWebhookConfigurationList{}, &admissionv1.MutatingWebhookConfigurationList{}
	if err := c.List(ctx, validating); err != nil {
		return err
	}
	if err := c.List(ctx, mutating); err != nil {
		return err
	}
	clients := map[string]admissionv1.WebhookClientConfig{}
	for _, configuration := range validating.Items {
		for _, w := range configuration.Webhooks {
			clients[w.Name] = w.ClientConfig
		}
	}
	for _, configuration := range mutating.Items {
		for _, w := range configuration.Webhooks {
			clients[w.Name] = w.ClientConfig
		}
	}
	var missing []string
	for _, webhook := range webhooksOfUsher {
		client, is := clients[webhook]
		if !is {
			missing = append(missing, webhook)
			continue
		}
		if problem := certificateProblem(client.CABundle, c.now()); problem != "" {
			c.fault(name, webhook+": "+problem)
			return nil
		}
	}
	if len(missing) > 0 {
		c.fault(name, fmt.Sprintf("these are not installed, so what they check is not checked: %s", strings.Join(missing, ", ")))
		return nil
	}
	c.ok(name, "all %d are installed, with certificates", len(webhooksOfUsher))
	return nil
}

// soon is how long before its end a certificate is worth a word. The operator renews its own a month before.
const soon = 14 * 24 * time.Hour

// certificateProblem returns what is wrong with the authority that a webhook's certificate is checked by.
func certificateProblem(bundle []byte, now time.Time) string {
	if len(bundle) == 0 {
		return "it has no certificate authority: the operator, or cert-manager, has not written it yet; look at its log"
	}
	var latest time.Time
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil && certificate.NotAfter.After(latest) {
			latest = certificate.NotAfter
		}
	}
	switch {
	case latest.IsZero():
		return "its certificate authority cannot be read: delete the Secret with the operator's certificate to have a new one made"
	case latest.Before(now.Add(soon)):
		return fmt.Sprintf("its certificate authority ends on %s and was not renewed: look at the operator's log",
			latest.Format(time.DateOnly))
	}
	return ""
}

// deployments checks the operator's pods.
func (c *checkup) deployments(ctx context.Context, name string) error {
	list := &appsv1.DeploymentList{}
	if err := c.List(ctx, list, partOfUsher); err != nil {
		return err
	}
	if len(list.Items) == 0 {
		c.table.add(name, resultUnknown, "there is no Deployment of Usher: the operator runs elsewhere, or not at all")
		return nil
	}
	for _, d := range list.Items {
		wanted := int32(1)
		if d.Spec.Replicas != nil {
			wanted = *d.Spec.Replicas
		}
		if d.Status.AvailableReplicas < wanted {
			c.fault(name, fmt.Sprintf("%d of %d replicas of Deployment %s are available: kubectl describe pods -n %s",
				d.Status.AvailableReplicas, wanted, d.Name, d.Namespace))
			continue
		}
		c.ok(name, "%d replicas of Deployment %s in namespace %s are available", wanted, d.Name, d.Namespace)
	}
	return nil
}

// linkKeysSecret is the Secret from which links are made.
const linkKeysSecret = "usher-link-keys"

// linkKeys checks that the keys of links are there, and looks at their names only.
func (c *checkup) linkKeys(ctx context.Context, name string) error {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
	if err := c.List(ctx, list, client.MatchingFields{"metadata.name": linkKeysSecret}); err != nil {
		return err
	}
	if len(list.Items) == 0 {
		c.fault(name, fmt.Sprintf("there is no Secret %s: the operator creates it when it starts, and no link works without it",
			linkKeysSecret))
		return nil
	}
	c.ok(name, "Secret %s is in namespace %s; back it up, no link works without it", linkKeysSecret, list.Items[0].Namespace)
	return nil
}

// policiesOfUsher are the ValidatingAdmissionPolicies of an installation: those of config/rbac, to which a test compares them.
var policiesOfUsher = []string{
	"usher-bindings", "usher-directory", "usher-grantable", "usher-namespaces", "usher-operator-bindings", "usher-operator-namespaces",
	"usher-payment", "usher-portal-accounts", "usher-portal-people", "usher-portal-questions", "usher-portal-queues",
}

// policies checks that the policies are installed and bound.
func (c *checkup) policies(ctx context.Context, name string) error {
	policies, bindings := &admissionv1.ValidatingAdmissionPolicyList{}, &admissionv1.ValidatingAdmissionPolicyBindingList{}
	if err := c.List(ctx, policies); err != nil {
		return err
	}
	if err := c.List(ctx, bindings); err != nil {
		return err
	}
	var missing []string
	for _, policy := range policiesOfUsher {
		installed := slices.ContainsFunc(policies.Items, func(p admissionv1.ValidatingAdmissionPolicy) bool { return p.Name == policy })
		bound := slices.ContainsFunc(bindings.Items, func(b admissionv1.ValidatingAdmissionPolicyBinding) bool {
			return b.Spec.PolicyName == policy
		})
		if !installed || !bound {
			missing = append(missing, policy)
		}
	}
	if len(missing) > 0 {
		c.fault(name, fmt.Sprintf("these policies are not installed, or not bound: %s; docs/security.md says what each keeps away",
			strings.Join(missing, ", ")))
		return nil
	}
	c.ok(name, "all %d are installed and bound", len(policiesOfUsher))
	return nil
}
