// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	rbacv1ac "k8s.io/client-go/applyconfigurations/rbac/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/object"
)

// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=rolebindings,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=clusterroles,verbs=get;list;watch
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=clusterroles,verbs=bind,resourceNames=admin;edit;view;usher-organization-admin;usher-billing-admin;usher-finance-admin;usher-user-admin;usher-technician;usher-member;usher-directory;usher-directory-door

// Writer writes RoleBindings, and reads them past the cache.
type Writer struct {
	client client.Client
	api    lookup.APIReader
}

// NewWriter returns a Writer.
func NewWriter(c client.Client, api lookup.APIReader) Writer {
	return Writer{client: c, api: api}
}

// atATime is how many bindings of one holder are written at the same time: as many as a reconciler has workers, so that a person with
// many workspaces does not wait for one after another.
const atATime = 8

// Apply carries out a plan: it first deletes what nothing replaces, then applies, and then deletes what was replaced, so that a
// change of role leaves no gap. A binding that is refused keeps no other from being applied or deleted, except that what it was to
// replace stays. All failures are returned together.
func (w Writer) Apply(ctx context.Context, plan Plan) error {
	failures := []error{w.Delete(ctx, plan.Delete)}
	errs := each(ctx, plan.Apply, w.applyOnce)
	w.applyAgain(ctx, plan.Apply, errs)
	refused := map[bindingSlot]bool{}
	for n, b := range plan.Apply {
		if errs[n] != nil {
			failures = append(failures, failure(b, errs[n]))
			refused[slotOf(b)] = true
		}
	}
	replaced := slices.DeleteFunc(slices.Clone(plan.Replaced), func(b *rbacv1.RoleBinding) bool { return refused[slotOf(b)] })
	return errors.Join(append(failures, w.Delete(ctx, replaced))...)
}

// each writes bindings, several at a time, and returns the error of each of them.
func each(ctx context.Context, bindings []*rbacv1.RoleBinding, do func(context.Context, *rbacv1.RoleBinding) error) []error {
	errs := make([]error, len(bindings))
	all := context.WithoutCancel(ctx) // none is left out: what ctx ends has its error
	workqueue.ParallelizeUntil(all, atATime, len(bindings), func(n int) { errs[n] = do(ctx, bindings[n]) })
	return errs
}

// OfUser selects the bindings of a user, in all namespaces.
func OfUser(u *v1alpha1.OrgUser) client.MatchingLabels {
	return client.MatchingLabels{v1alpha1.LabelOrganization: u.Namespace, v1alpha1.LabelUser: u.Name}
}

// OfGroup selects the bindings of a group, in all namespaces.
func OfGroup(g *v1alpha1.OrgGroup) client.MatchingLabels {
	return client.MatchingLabels{v1alpha1.LabelOrganization: g.Namespace, v1alpha1.LabelGroup: g.Name}
}

// List returns the bindings that the API server has, past the cache.
func (w Writer) List(ctx context.Context, selection ...client.ListOption) ([]*rbacv1.RoleBinding, error) {
	var list rbacv1.RoleBindingList
	if err := w.api.List(ctx, &list, selection...); err != nil {
		return nil, err
	}
	bindings := make([]*rbacv1.RoleBinding, 0, len(list.Items))
	for i := range list.Items {
		bindings = append(bindings, &list.Items[i])
	}
	return bindings, nil
}

// DeleteMatching deletes the bindings that List returns. The cache may not know yet what the pass before has created, and nobody
// looks again once the holder's object is gone.
func (w Writer) DeleteMatching(ctx context.Context, selection ...client.ListOption) error {
	bindings, err := w.List(ctx, selection...)
	if err != nil {
		return err
	}
	return w.Delete(ctx, bindings)
}

// Delete deletes bindings. One that is gone already is no error, and one that is refused keeps no other from being deleted. All
// failures are returned together.
func (w Writer) Delete(ctx context.Context, bindings []*rbacv1.RoleBinding) error {
	_, err := w.Revoke(ctx, bindings)
	return err
}

// Revoke does the same, and returns the bindings that could not be deleted as well.
func (w Writer) Revoke(ctx context.Context, bindings []*rbacv1.RoleBinding) (left []*rbacv1.RoleBinding, err error) {
	errs := each(ctx, bindings, func(ctx context.Context, b *rbacv1.RoleBinding) error {
		return client.IgnoreNotFound(w.client.Delete(ctx, b, client.Preconditions{UID: &b.UID}))
	})
	var failures []error
	for n, b := range bindings {
		if errs[n] != nil {
			left, failures = append(left, b), append(failures, failure(b, errs[n]))
		}
	}
	return left, errors.Join(failures...)
}

func failure(b *rbacv1.RoleBinding, err error) error {
	return fmt.Errorf("RoleBinding %s in namespace %s: %w", b.Name, b.Namespace, err)
}

// grantableDelay is how long the right to bind a ClusterRole may come after the label that grants it, about two seconds:
// Kubernetes aggregates the labelled ClusterRoles into usher-grantable a moment later.
var grantableDelay = wait.Backoff{Steps: 14, Duration: 20 * time.Millisecond, Factor: 1.3}

// applyAgain repeats what is forbidden for a moment after a module was added. It waits once: after that, the others have waited as long.
func (w Writer) applyAgain(ctx context.Context, bindings []*rbacv1.RoleBinding, errs []error) {
	delay := grantableDelay
	for n, b := range bindings {
		if !tooSoon(ctx, b, errs[n]) {
			continue
		}
		again := func(ctx context.Context) (bool, error) {
			errs[n] = w.applyOnce(ctx, b)
			return !tooSoon(ctx, b, errs[n]), nil
		}
		if err := wait.ExponentialBackoffWithContext(ctx, delay, again); err != nil {
			delay = wait.Backoff{Steps: 1}
		}
	}
}

// tooSoon reports whether the right to bind a module's ClusterRole may still come.
func tooSoon(ctx context.Context, b *rbacv1.RoleBinding, err error) bool {
	return b.Labels[v1alpha1.LabelModule] != "" && ctx.Err() == nil && apierrors.IsForbidden(err) &&
		!apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}

// applyOnce creates or corrects a binding.
func (w Writer) applyOnce(ctx context.Context, b *rbacv1.RoleBinding) error {
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
	if apierrors.IsInvalid(err) {
		return w.recreate(ctx, b, err)
	}
	return err
}

// recreate replaces a binding of this name that somebody has created with another role, which cannot be changed. If there is none, the
// binding was refused for another reason, for example by an admission policy, and stays as it is.
func (w Writer) recreate(ctx context.Context, b *rbacv1.RoleBinding, refused error) error {
	var have rbacv1.RoleBinding
	if err := w.api.Get(ctx, client.ObjectKeyFromObject(b), &have); client.IgnoreNotFound(err) != nil {
		return err
	} else if err != nil || have.RoleRef == b.RoleRef {
		return refused
	}
	if err := w.client.Delete(ctx, &have, client.Preconditions{UID: &have.UID}); err != nil {
		return err
	}
	return w.client.Create(ctx, b, object.FieldOwner)
}
