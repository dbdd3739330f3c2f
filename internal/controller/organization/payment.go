// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"fmt"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	rbacv1ac "k8s.io/client-go/applyconfigurations/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// The operator cannot read payment details itself, and does not need to: it may apply this one Role whatever it grants, and the
// ValidatingAdmissionPolicy usher-payment lets the Role grant nothing but what the Organization names.
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=roles,verbs=get;list;watch;create;patch;delete;escalate;bind,resourceNames=usher-payment

// reconcilePayment applies the Role that grants reading the one Secret that spec.billing.paymentSecretRef names, and deletes it
// when none is named. It follows from the spec alone, so it need not wait until the status is written.
func (r *Reconciler) reconcilePayment(ctx context.Context, s *scope) (time.Duration, error) {
	o := s.organization
	var have rbacv1.Role
	err := r.client.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: rolebinding.PaymentRole}, &have)
	missing := apierrors.IsNotFound(err)
	if err != nil && !missing {
		return 0, err
	}
	rules := rolebinding.PaymentRules(o)
	switch {
	case rules == nil && missing, !missing && equality.Semantic.DeepEqual(have.Rules, rules) && isOwnedBy(&have, o):
		return 0, nil
	case rules == nil:
		err = client.IgnoreNotFound(r.client.Delete(ctx, &have, client.Preconditions{UID: &have.UID}))
	default:
		err = r.applyPaymentRole(ctx, o, o.Spec.Billing.PaymentSecretRef.Name)
	}
	if err != nil {
		return 0, fmt.Errorf("the Role %s in namespace %s: %w", rolebinding.PaymentRole, o.Namespace, err)
	}
	return 0, nil
}

// isOwnedBy reports whether the Role is deleted together with this very Organization.
func isOwnedBy(role *rbacv1.Role, o *v1alpha1.Organization) bool {
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
