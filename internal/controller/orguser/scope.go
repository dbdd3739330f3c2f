// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"errors"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// scope is what a pass over one user knows: what it has read, and what it has decided so far.
type scope struct {
	// before is the user as it is written.
	before *v1alpha1.OrgUser
	// user is the user whose status the pass changes. It is the same as facts.User.
	user  *v1alpha1.OrgUser
	facts effective.UserFacts

	// emailHolder is the name of another user who keeps this one from the requested address.
	emailHolder string
	// linkExpired is true if the person has not confirmed the requested address in time.
	linkExpired bool
	// wait is how long until time alone moves the person's onboarding or the change of address on; zero: it does not.
	wait time.Duration
	// in is what is in force by the facts, and by what phases have confirmed past the cache.
	in   effective.InForce
	plan rolebinding.Plan
	// granting is true while the status is written that access follows from, of a user who is not Ready before the access is there.
	granting bool
	// failures did not keep the later phases from running.
	failures []error
	// writeFailed is true when the status could not be written. Then it cannot show why either.
	writeFailed bool
}

func (r *Reconciler) newScope(ctx context.Context, u *v1alpha1.OrgUser) (*scope, error) {
	s := &scope{before: u.DeepCopy(), user: u}
	effective.RecordIdentity(u)
	var err error
	s.facts, err = r.cache.UserFacts(ctx, u)
	return s, err
}

// errPostponed ends a pass that must not go on, because what it was made on has changed meanwhile or is about to.
var errPostponed = errors.New("postponed")

// retryDelay is how soon the next pass follows a postponed one.
const retryDelay = 100 * time.Millisecond

// runInOrder runs the phases of a pass up to the first that fails. Each relies on those before it: access must not be granted before
// it is recorded, nor recorded before it is confirmed. A RoleBinding that is refused is not a reason to stop: see revoke and grant.
func runInOrder(ctx context.Context, s *scope, phases ...func(context.Context, *scope) error) error {
	for _, run := range phases {
		if err := run(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// finish ends a pass: it shows in the status how the user stands, or what failed. The error of a pass brings the next one.
func (r *Reconciler) finish(ctx context.Context, s *scope, err error) (ctrl.Result, error) {
	if errors.Is(err, errPostponed) {
		return ctrl.Result{RequeueAfter: retryDelay}, nil // the status is not written: what the pass was made on may be out of date
	}
	failed := errors.Join(append(s.failures, err)...)
	if s.writeFailed {
		return ctrl.Result{}, failed
	}
	setConditions(s, failed)
	return ctrl.Result{RequeueAfter: s.wait}, errors.Join(failed, r.writeStatus(ctx, s))
}
