// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/limited"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// reconcileAccount creates a Limited account for an asker who has confirmed the address, unless the address has an account of any kind
// (LMI-2, LMI-7). It does so once: an account that somebody deletes later is not recreated. Whatever keeps the account from being
// created keeps no question waiting.
func (r *Reconciler) reconcileAccount(ctx context.Context, s *scope) (time.Duration, error) {
	if s.kept.State == question.Waiting || s.kept.Account || s.kept.Address == "" {
		return 0, nil
	}
	err := r.ensureAccount(ctx, s)
	s.accountEnsured = err == nil
	return 0, err
}

func (r *Reconciler) ensureAccount(ctx context.Context, s *scope) error {
	if s.organization == nil {
		return nil
	}
	k := s.kept
	users, err := r.cache.UsersByEmail(ctx, k.Organization, k.Address)
	if err != nil || len(users) > 0 {
		return err
	}
	_, _, err = r.accounts.Create(ctx, k.Organization, k.Address, v1alpha1.OriginPortal)
	if err == nil || errors.Is(err, limited.ErrOrganizationGone) {
		return nil
	}
	return fmt.Errorf("cannot create the account of the person who asked question #%s: %w", k.Reference, err)
}

// reconcileState writes that the account was ensured, and the queue's present address, once it is in force.
func (r *Reconciler) reconcileState(ctx context.Context, s *scope) (time.Duration, error) {
	queue := ""
	if s.workspace != nil {
		queue = effective.QueueInForce(s.workspace)
	}
	if !s.accountEnsured && (!s.kept.Open() || queue == "" || queue == s.kept.Queue) {
		return 0, nil
	}
	amended, err := r.questions.Amend(ctx, s.kept.Name, func(q *question.Question) error {
		if s.accountEnsured {
			q.NoteAccount()
		}
		q.Readdress(queue)
		return nil
	})
	switch {
	case errors.Is(err, store.ErrGone):
		s.gone = true
		return 0, nil
	case err != nil:
		return 0, err
	}
	s.kept = amended
	return 0, nil
}
