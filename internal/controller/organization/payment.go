// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	rbacv1ac "k8s.io/client-go/applyconfigurations/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// The operator cannot read payment details itself, and need not: it may make this one Role whatever it grants, and the
// ValidatingAdmissionPolicy usher-payment lets the Role grant nothing but what the Organization names.
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=roles,verbs=get;list;watch;create;patch;delete;escalate;bind,resourceNames=usher-payment

// settlePayment makes the Role that grants the reading of the one Secret that spec.billing.paymentSecretRef names, and
// removes it when none is named.
func (r *Reconciler) settlePayment(ctx context.Context, o *v1alpha1.Organization) error {
	var have rbacv1.Role
	err := r.client.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: rolebinding.PaymentRole}, &have)
	missing := apierrors.IsNotFound(err)
	if err != nil && !missing {
		return err
	}
	rules := rolebinding.PaymentRules(o)
	switch {
	case rules == nil && missing, !missing && equality.Semantic.DeepEqual(have.Rules, rules) && goesWith(&have, o):
		return nil
	case rules == nil:
		err = client.IgnoreNotFound(r.client.Delete(ctx, &have, client.Preconditions{UID: &have.UID}))
	default:
		err = r.applyPaymentRole(ctx, o, o.Spec.Billing.PaymentSecretRef.Name)
	}
	if err != nil {
		return fmt.Errorf("the Role %s in namespace %s: %w", rolebinding.PaymentRole, o.Namespace, err)
	}
	return nil
}

// goesWith tells whether the Role goes with this very Organization.
func goesWith(role *rbacv1.Role, o *v1alpha1.Organization) bool {
	return len(role.OwnerReferences) == 1 && role.OwnerReferences[0].UID == o.UID
}

func (r *Reconciler) applyPaymentRole(ctx context.Context, o *v1alpha1.Organization, secret string) error {
	return r.client.Apply(ctx, rbacv1ac.Role(rolebinding.PaymentRole, o.Namespace).
		WithLabels(map[string]string{
			v1alpha1.ManagedByLabel:    v1alpha1.ManagedByValue,
			v1alpha1.LabelOrganization: o.Namespace,
		}).
		WithOwnerReferences(metav1ac.OwnerReference().
			WithAPIVersion(v1alpha1.GroupVersion.String()).WithKind("Organization").WithName(o.Name).WithUID(o.UID)).
		WithRules(rbacv1ac.PolicyRule().
			WithAPIGroups("").WithResources("secrets").WithResourceNames(secret).WithVerbs("get")),
		object.FieldOwner, client.ForceOwnership)
}

// ofRole: what somebody does to the Role is set right.
func (r *Reconciler) ofRole(_ context.Context, c mapper.Change[*rbacv1.Role]) ([]types.NamespacedName, error) {
	return []types.NamespacedName{mapper.OrganizationKey(c.Newest())}, nil
}
