// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// scope is what the phases of one pass share.
type scope struct {
	// kept is the question as it was read or last written.
	kept *store.Kept
	// organization is nil if it is gone or being deleted; workspace also if it is another one of that name, or has no page any more.
	organization *v1alpha1.Organization
	workspace    *v1alpha1.Workspace
	// intake is the address at which mail to the workspace arrives; empty: it receives none.
	intake string

	// accountEnsured is true once reconcileAccount has found or created the account that the question calls for.
	accountEnsured bool
	// gone is true if somebody has deleted the question in the meantime.
	gone bool
}

// held returns the mails that are kept back: those to a queue whose owner has not agreed to it. If the workspace or its page is gone, the
// question goes to the address at which the queue was in force when it was asked.
func (s *scope) held() []question.Kind {
	if s.workspace != nil && effective.QueueInForce(s.workspace) == "" {
		return []question.Kind{question.KindQuestion}
	}
	return nil
}

// newScope finds the organization and the workspace of a question.
func (r *Reconciler) newScope(ctx context.Context, k *store.Kept) (*scope, error) {
	s := &scope{kept: k}
	var w v1alpha1.Workspace
	found, err := r.find(ctx, types.NamespacedName{Namespace: k.Organization, Name: k.Workspace}, &w, func() bool {
		return effective.UIDOf(&w) == k.WorkspaceUID && w.Spec.Portal != nil
	})
	if err != nil {
		return nil, err
	}
	if found {
		s.workspace = &w
		if s.intake, err = r.intakeOf(ctx, &w); err != nil {
			return nil, err
		}
	}
	var o v1alpha1.Organization
	found, err = r.find(ctx, types.NamespacedName{Namespace: k.Organization, Name: k.Organization}, &o, func() bool { return true })
	if found {
		s.organization = &o
	}
	return s, err
}

// intakeOf returns the intake address that a workspace has in force.
func (r *Reconciler) intakeOf(ctx context.Context, w *v1alpha1.Workspace) (string, error) {
	address := effective.IntakeOf(w)
	if address == "" || !r.receivesMail {
		return "", nil
	}
	holder, err := r.cache.WorkspaceByIntake(ctx, address)
	if err != nil || holder == nil || holder.Namespace != w.Namespace || holder.Name != w.Name {
		return "", err
	}
	return address, nil
}

// find reads an object. It reports whether there is one that is right and not being deleted: in the cache, or else at the API server,
// since what the cache does not show may be new.
func (r *Reconciler) find(ctx context.Context, key types.NamespacedName, o client.Object, isRight func() bool) (bool, error) {
	for _, from := range []client.Reader{r.cache, r.api} {
		switch err := from.Get(ctx, key, o); {
		case err == nil && o.GetDeletionTimestamp().IsZero() && isRight():
			return true, nil
		case client.IgnoreNotFound(err) != nil:
			return false, err
		}
	}
	return false, nil
}
