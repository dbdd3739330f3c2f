// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/status"
)

// computeInForce decides what is in force, by what the cache knows.
func (r *Reconciler) computeInForce(_ context.Context, s *scope) error {
	s.in = effective.UserInForce(s.facts)
	return nil
}

// recordInForce sees to it that what is in force is written before the access that follows from it is granted. The pass writes the
// status once, at its end, if no access follows from what is not written yet. Otherwise there are two writes:
//   - A user who stays Ready, about whom something changed from outside, has the first write say so already. The second one is left out
//     then, because nothing differs, unless a RoleBinding is refused.
//   - Any other user is Ready only when the access is there, which the second write says.
//
// The first write settles what a pass may rely on: it fails if anybody has written to the user since the pass read it, and from then on
// everybody else's write to the user fails. So nothing is to be gained from waiting until the cache shows it (ADR 0050).
func (r *Reconciler) recordInForce(ctx context.Context, s *scope) error {
	r.setInForce(s)
	r.setAccessChange(s)
	if s.plan.Empty() || !inForceDiffers(&s.before.Status, &s.user.Status) {
		return nil
	}
	s.granting = !isSteady(s.before) || s.user.Status.State != v1alpha1.UserActive
	setConditions(s, errors.Join(s.failures...))
	if err := r.writeStatus(ctx, s); err != nil {
		return err
	}
	s.before, s.granting = s.user.DeepCopy(), false
	return nil
}

// isSteady reports whether a user was active, with everything that the spec requests in force.
func isSteady(u *v1alpha1.OrgUser) bool {
	return u.Status.State == v1alpha1.UserActive && u.Status.ObservedGeneration == u.Generation &&
		u.DeletionTimestamp.IsZero() && meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionReady)
}

// inForceDiffers reports whether access would follow from something that is not written yet.
func inForceDiffers(a, b *v1alpha1.OrgUserStatus) bool {
	return a.State != b.State || a.Role != b.Role || a.Username != b.Username ||
		!equality.Semantic.DeepEqual(a.Workspaces, b.Workspaces) || !equality.Semantic.DeepEqual(a.Modules, b.Modules)
}

// setInForce sets what is in force in the status.
func (r *Reconciler) setInForce(s *scope) {
	u, in, out := s.user, s.in, &s.user.Status
	out.State, out.Role, out.Username = in.State, in.Role, in.Username
	out.UsernameSource = effective.UsernameSourceOf(s.facts, in)
	out.Email = emailaddr.Normalize(string(effective.EmailOf(u)))
	out.Workspaces, out.WorkspaceSummary, out.Modules = in.Workspaces, effective.SummaryOf(in.Workspaces), in.Modules
	out.Groups, out.ByGroup = in.Groups, in.ByGroup
	if s.facts.InvitedBy != "" && (!effective.IsAccepted(u) || out.InvitedBy == "") {
		out.InvitedBy = s.facts.InvitedBy // an inviter who changes after acceptance has not invited this person
	}
	if o := s.facts.Onboarding; o != nil && o.Registration != nil && in.Accepted {
		out.Registration = o.Registration.DeepCopy()
	}
	if out.OwnDetails != nil {
		out.Registration = out.OwnDetails.DeepCopy()
	}
	if out.State != v1alpha1.UserActive {
		out.LeaveRequestTime = nil // somebody else has decided
	}
	out.DisplayName = effective.DisplayNameOf(u, out.Registration)
	switch {
	case !in.Accepted || in.State == v1alpha1.UserPending && out.LastActive == "":
		out.LastActive = v1alpha1.LastActivePending
	case in.State == v1alpha1.UserPending:
	case out.LastActive == "" || out.LastActive == v1alpha1.LastActivePending:
		out.LastActive = r.acceptedAt(s.facts).UTC().Format(time.RFC3339)
	}
	setAccepted(u, in)
}

// setAccepted says whether a person has accepted.
func setAccepted(u *v1alpha1.OrgUser, in effective.InForce) {
	reason, message := v1alpha1.ReasonAwaitingAcceptance, "the person has not accepted yet"
	switch {
	case in.Accepted:
		reason, message = v1alpha1.ReasonAccepted, "the person has accepted"
	case effective.IsLimited(u):
		reason, message = v1alpha1.ReasonLimited, "a Limited account is not invited"
	}
	status.Set(u, v1alpha1.ConditionAccepted, in.Accepted, reason, message)
}

func (r *Reconciler) acceptedAt(f effective.UserFacts) time.Time {
	if f.Onboarding != nil && f.Onboarding.AcceptanceTime != nil {
		return f.Onboarding.AcceptanceTime.Time
	}
	return r.now()
}
