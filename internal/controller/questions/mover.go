// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/internal/question/store"
	"github.com/usher-operator/usher/internal/requeue"
)

// Mover moves questions from the operator's own namespace, where they are kept unless there is a namespace for them, to that namespace.
// During an upgrade, processes of the earlier version may still put some there.
type Mover struct {
	client    client.Client
	questions *store.Store
	// from is the operator's own namespace.
	from string
}

// NewMover returns a Mover.
func NewMover(c client.Client, questions *store.Store, from string) *Mover {
	return &Mover{client: c, questions: questions, from: from}
}

// Setup adds the controller to the manager, if the store has a namespace of its own.
func (m *Mover) Setup(mgr ctrl.Manager) error {
	if m.from == m.questions.Namespace {
		return nil
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("question-mover").
		WithOptions(requeue.Singly).
		For(&corev1.Secret{}, builder.WithPredicates(predicate.NewPredicateFuncs(m.isMisplaced))).
		Complete(reconcile.AsReconciler(m.client, m))
}

func (m *Mover) isMisplaced(o client.Object) bool {
	return store.IsQuestion(o) && o.GetNamespace() == m.from
}

// Reconcile moves one question.
func (m *Mover) Reconcile(ctx context.Context, secret *corev1.Secret) (ctrl.Result, error) {
	if !m.isMisplaced(secret) || !secret.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	return requeue.IgnoreConflict(secret, ctrl.Result{}, m.questions.MoveHere(ctx, secret))
}
