// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"time"

	"github.com/usher-operator/usher/internal/effective"
)

// reconcileContacts resolves the assignees of the organization's contacts (ORG-27).
func (r *Reconciler) reconcileContacts(_ context.Context, s *scope) (time.Duration, error) {
	o := s.organization
	o.Status.Contacts = effective.NextContacts(o.Spec.Contacts, o.Status.Contacts, s.assignees)
	return 0, nil
}
