// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"time"

	"github.com/usher-operator/usher/internal/effective"
)

// reconcileContacts resolves the assignees of the contacts (ORG-27). It starts from the written status, which remembers who was
// assigned; the write of the status fails if that is no longer the newest.
func (r *Reconciler) reconcileContacts(ctx context.Context, s *scope) (time.Duration, error) {
	w := s.workspace
	users, err := r.cache.Assignees(ctx, w.Namespace, w.Spec.Contacts)
	if err == nil {
		w.Status.Contacts = effective.NextContacts(w.Spec.Contacts, w.Status.Contacts, users)
	}
	return 0, err
}
