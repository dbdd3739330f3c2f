// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// PaymentRole is the Role in an organization's namespace that lets its holders read the Secret with payment details. Those who
// manage billing are bound to it, beside the ClusterRole of their role, while the organization names such a Secret.
const PaymentRole = "usher-payment"

// PaymentRules returns what the Role grants; nil: there is nothing to grant.
func PaymentRules(o *v1alpha1.Organization) []rbacv1.PolicyRule {
	ref := o.Spec.Billing.PaymentSecretRef
	if ref == nil || ref.Name == "" {
		return nil
	}
	return []rbacv1.PolicyRule{{
		APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{ref.Name}, Verbs: []string{"get"},
	}}
}
