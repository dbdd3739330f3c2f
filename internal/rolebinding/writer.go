// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	rbacv1ac "k8s.io/client-go/applyconfigurations/rbac/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/object"
)

// bindingWriter reads and writes RoleBindings.
type Writer struct {
	client client.Client
	api    lookup.APIReader
}

// newBindingWriter returns a writer.
func NewWriter(c client.Client, api lookup.APIReader) Writer {
	return Writer{client: c, api: api}
}

// carryOut brings a plan about: first what is only taken, then what is given, and then what that replaces, so that a change
// of role leaves no gap.
func (w Writer) Apply(ctx context.Context, plan Plan) error {
	if err := w.Delete(ctx, plan.Delete); err != nil {
		return err
	}
	for _, b := range plan.Apply {
		if err := w.giveBinding(ctx, b); err != nil {
			return fmt.Errorf("RoleBinding %s in namespace %s: %w", b.Name, b.Namespace, err)
		}
	}
	return w.Delete(ctx, plan.Replaced)
}

func (w Writer) Delete(ctx context.Context, bindings []*rbacv1.RoleBinding) error {
	for _, b := range bindings {
		if err := w.client.Delete(ctx, b, client.Preconditions{UID: &b.UID}); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("RoleBinding %s in namespace %s: %w", b.Name, b.Namespace, err)
		}
	}
	return nil
}

// labelPatience is how long the right to bind a ClusterRole may come after the label that gives it, about two seconds:
// Kubernetes gathers the labelled ones into usher-grantable a moment later.
var labelPatience = wait.Backoff{Steps: 14, Duration: 20 * time.Millisecond, Factor: 1.3}

// giveBinding makes or mends a binding; a module's is tried again for a moment while it is forbidden.
func (w Writer) giveBinding(ctx context.Context, b *rbacv1.RoleBinding) error {
	if b.Labels[v1alpha1.LabelModule] == "" {
		return w.applyBinding(ctx, b)
	}
	tooSoon := func(err error) bool {
		return ctx.Err() == nil && apierrors.IsForbidden(err) && !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
	}
	return retry.OnError(labelPatience, tooSoon, func() error { return w.applyBinding(ctx, b) })
}

func (w Writer) applyBinding(ctx context.Context, b *rbacv1.RoleBinding) error {
	subject := b.Subjects[0]
	to := rbacv1ac.Subject().WithKind(subject.Kind).WithName(subject.Name)
	if subject.APIGroup != "" {
		to.WithAPIGroup(subject.APIGroup)
	}
	if subject.Namespace != "" {
		to.WithNamespace(subject.Namespace)
	}
	err := w.client.Apply(ctx, rbacv1ac.RoleBinding(b.Name, b.Namespace).
		WithLabels(b.Labels).
		WithRoleRef(rbacv1ac.RoleRef().WithAPIGroup(b.RoleRef.APIGroup).WithKind(b.RoleRef.Kind).WithName(b.RoleRef.Name)).
		WithSubjects(to),
		object.FieldOwner, client.ForceOwnership)
	if apierrors.IsInvalid(err) { // a binding of this name with another role, made by hand: a role cannot be changed
		if err := w.client.Delete(ctx, b); err != nil {
			return err
		}
		return w.client.Create(ctx, b, object.FieldOwner)
	}
	return err
}
