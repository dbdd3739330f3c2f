// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
)

// object is a pointer to one of Usher's kinds.
type object interface {
	runtime.Object
	client.Object
}

// validator judges every change of one kind.
type validator[T object] struct{ authorizer }

// ValidateCreate judges a new object.
func (v validator[T]) ValidateCreate(ctx context.Context, created T) (admission.Warnings, error) {
	return v.judge(ctx, created, authz.Request{Operation: authz.Create, New: created})
}

// ValidateUpdate judges a change.
func (v validator[T]) ValidateUpdate(ctx context.Context, before, after T) (admission.Warnings, error) {
	return v.judge(ctx, after, authz.Request{Operation: authz.Update, Old: before, New: after})
}

// ValidateDelete judges a deletion.
func (v validator[T]) ValidateDelete(ctx context.Context, deleted T) (admission.Warnings, error) {
	return v.judge(ctx, deleted, authz.Request{Operation: authz.Delete, Old: deleted})
}

const intakeOffWarning = "spec.portal.intakeEmail: the operator does not receive mail, because its --intake-address is not set"

func (v validator[T]) judge(ctx context.Context, o T, r authz.Request) (admission.Warnings, error) {
	actor, request, err := v.actor(ctx)
	if err != nil {
		return nil, err
	}
	v.noteSeen(actor, request)
	r.Actor, r.Organization, r.Status = actor, request.Namespace, request.SubResource == "status"
	if r.Facts, err = v.cache.RequestFacts(ctx, r, v.operatorNamespace); err != nil {
		return nil, fmt.Errorf("cannot read the state of organization %q: %w", request.Namespace, err)
	}
	violations, err := v.decide(ctx, r)
	if err != nil {
		return nil, err
	}
	audit(ctx, actor, violations)
	if len(violations) > 0 {
		return nil, refusal(request, violations)
	}
	if err := v.refuseGrowth(r); err != nil {
		return nil, err
	}
	warnings, err := v.pauseWarnings(ctx, r)
	if err != nil || r.Status {
		return warnings, err
	}
	more, err := v.warnings(ctx, o, r)
	return slices.Concat(warnings, repeatedResendWarnings(request, r), more), err
}

// warnings returns what is worth knowing about an object that is admitted.
func (v validator[T]) warnings(ctx context.Context, o T, r authz.Request) (admission.Warnings, error) {
	warnings, err := v.cache.InviterWarnings(ctx, r)
	if err != nil {
		return nil, err
	}
	if r.Operation == authz.Delete {
		what, err := v.cache.DeletionWarnings(ctx, o)
		return append(warnings, what...), err
	}
	missing, err := v.cache.MissingReferenceWarnings(ctx, o)
	if err != nil {
		return nil, err
	}
	warnings = append(warnings, missing...)
	inherited, err := v.cache.InheritanceWarnings(ctx, r.Old, o)
	if err != nil {
		return nil, err
	}
	seats, err := v.cache.SeatWarnings(ctx, r.Old, o)
	if err != nil {
		return nil, err
	}
	warnings = slices.Concat(warnings, inherited, seats)
	switch o := any(o).(type) {
	case *v1alpha1.Workspace:
		warnings = append(warnings, v.labels.Load().Warnings(o)...)
		if v.intakeOff && effective.IntakeOf(o) != "" {
			warnings = append(warnings, intakeOffWarning)
		}
	case *v1alpha1.Invitation:
		old, _ := r.Old.(*v1alpha1.Invitation)
		members, err := v.cache.MemberWarnings(ctx, old, o)
		return append(warnings, members...), err
	}
	return warnings, nil
}

// decide judges by the cache. The cache may be behind a user who deletes a whole folder, or who has just made somebody else an
// administrator or declared the same person under another name. So before the removal of a last administrator is refused, the API
// server is asked.
func (v validator[T]) decide(ctx context.Context, r authz.Request) ([]authz.Violation, error) {
	violations := authz.Judge(r)
	if !slices.ContainsFunc(violations, func(broken authz.Violation) bool { return broken.Rule == authz.RuleLastAdministrator }) {
		return violations, nil
	}
	if err := v.api.AdministratorFacts(ctx, &r); err != nil {
		return nil, fmt.Errorf("cannot determine whether organization %q has another administrator: %w", r.Organization, err)
	}
	if former, is := r.Old.(*v1alpha1.OrgUser); is && r.Operation == authz.Delete {
		same, err := v.api.UsersSpelling(ctx, former.Namespace, string(former.Spec.Email))
		if err != nil {
			return nil, fmt.Errorf("cannot determine who takes over from %q in organization %q: %w", former.Name, r.Organization, err)
		}
		if r.Facts.Succession, err = v.cache.SuccessionAmong(ctx, former, same); err != nil {
			return nil, err
		}
	}
	return authz.Judge(r), nil
}
