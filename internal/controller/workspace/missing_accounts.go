// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// reconcileMissingAccounts says in a condition whom the workspace names although they have no account: the next person with such an
// address, or user name, would have their access (ORG-26).
func (r *Reconciler) reconcileMissingAccounts(ctx context.Context, s *scope) (time.Duration, error) {
	w := s.workspace
	if s.organization == nil || !s.organization.DeletionTimestamp.IsZero() {
		return 0, nil
	}
	if wait := requeue.Settling(w, r.settleDelay, r.now()); wait > 0 {
		return wait, nil // users who are declared together with the workspace have to arrive
	}
	addresses, err := r.membersWithoutAccount(ctx, w)
	if err != nil {
		return 0, err
	}
	wait, err := r.reconcileStaleBindings(ctx, s)
	if err != nil {
		return 0, err
	}
	setAccountsExist(w, addresses)
	return wait, nil
}

// membersWithoutAccount returns the addresses in the members that no user has.
func (r *Reconciler) membersWithoutAccount(ctx context.Context, w *v1alpha1.Workspace) ([]string, error) {
	var addresses []string
	for _, m := range effective.DistinctMembers(w.Spec.Members) {
		if m.Email == "" {
			continue
		}
		known, err := r.cache.HasEmail(ctx, w.Namespace, string(m.Email))
		if err != nil {
			return nil, err
		}
		if !known {
			addresses = append(addresses, string(m.Email))
		}
	}
	return addresses, nil
}

func setAccountsExist(w *v1alpha1.Workspace, addresses []string) {
	var words []string
	if len(addresses) > 0 {
		words = append(words, fmt.Sprintf("spec.members names addresses that no user has: %s. The next user with such an address gets "+
			"that access: remove it there, unless the person is to join", wording.Some(addresses)))
	}
	if len(w.Status.StaleBindings) > 0 {
		names := make([]string, 0, len(w.Status.StaleBindings))
		for _, b := range w.Status.StaleBindings {
			names = append(names, fmt.Sprintf("%s (%s)", b.Name, b.Username))
		}
		words = append(words, fmt.Sprintf("RoleBindings in namespace %q that Usher did not create name users who were removed: %s. "+
			"Whoever has such a user name has their access: delete them, or take the user out", w.Status.Namespace, wording.Some(names)))
	}
	if len(words) == 0 {
		meta.RemoveStatusCondition(&w.Status.Conditions, v1alpha1.ConditionAccountsExist)
		return
	}
	status.Set(w, v1alpha1.ConditionAccountsExist, false, v1alpha1.ReasonAccountMissing, strings.Join(words, "; "))
}

// maxNote is how many bytes an event's text may have.
const maxNote = 1000

// reportMissingAccounts emits an event when the condition turns bad, or names other RoleBindings.
func (r *Reconciler) reportMissingAccounts(before, after *v1alpha1.Workspace) {
	is := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionAccountsExist)
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionAccountsExist)
	if is == nil || was != nil && len(after.Status.StaleBindings) <= len(before.Status.StaleBindings) {
		return
	}
	r.recorder.Eventf(after, nil, corev1.EventTypeWarning, v1alpha1.ReasonAccountMissing, "Reconcile", "%s",
		attempt.Shorten(is.Message, maxNote))
}
