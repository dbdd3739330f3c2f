// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/status"
)

// bringAbout takes the access that is in force no longer, writes what is in force, and then gives the access that follows
// from it.
func (r *Reconciler) bringAbout(ctx context.Context, before *v1alpha1.OrgUser, f effective.UserFacts,
	wait time.Duration,
) (ctrl.Result, error) {
	u, in := f.User, effective.UserInForce(f)
	if early, err := r.tooEarly(ctx, before, in); early || err != nil {
		return ctrl.Result{RequeueAfter: namesakeRetry}, err
	}
	in, err := r.seated(ctx, before, in)
	if err != nil {
		return ctrl.Result{}, err
	}
	in = in.WithModules(f, in.Modules)
	existing, err := r.existingBindings(ctx, before, in)
	if err != nil {
		return ctrl.Result{}, err
	}
	plan := rolebinding.NewPlan(rolebinding.UserHolder(u, in.Username), rolebinding.ForUser(f, in), existing)
	if err := r.bindings.Delete(ctx, plan.Delete); err != nil {
		return r.failed(ctx, before, u, err)
	}
	plan.Delete = nil
	r.describe(f, in)
	return r.give(ctx, before, f, in, plan, wait)
}

// give writes what is in force and gives the access that follows. What changed about somebody from outside, whose own wishes
// are in force, costs one write; otherwise a user is Ready only when the access is there.
func (r *Reconciler) give(ctx context.Context, before *v1alpha1.OrgUser, f effective.UserFacts, in effective.InForce,
	plan rolebinding.Plan, wait time.Duration,
) (ctrl.Result, error) {
	u := f.User
	if !plan.Empty() && inForceDiffers(&before.Status, &u.Status) {
		if !isSteady(before) || u.Status.State != v1alpha1.UserActive {
			status.Progressing(u, v1alpha1.ReasonReconciling, "access is being brought up to date")
			return requeue.IgnoreConflict(ctrl.Result{}, r.write(ctx, before, u)) // the write brings the next pass
		}
		conclusion(f, in)
		if err := r.write(ctx, before, u); err != nil {
			return requeue.IgnoreConflict(ctrl.Result{}, err)
		}
		before = u.DeepCopy()
	}
	if err := r.bindings.Apply(ctx, plan); err != nil {
		return r.failed(ctx, before, u, err)
	}
	conclusion(f, in)
	if err := r.write(ctx, before, u); err != nil {
		return requeue.IgnoreConflict(ctrl.Result{}, err)
	}
	if in.State == v1alpha1.UserRemoving {
		return requeue.IgnoreConflict(ctrl.Result{}, r.letGo(ctx, u))
	}
	return ctrl.Result{RequeueAfter: wait}, nil
}

// failed says that access could not be given or taken. The error brings the next pass.
func (r *Reconciler) failed(ctx context.Context, before, u *v1alpha1.OrgUser, err error) (ctrl.Result, error) {
	status.Progressing(u, v1alpha1.ReasonFailed, err.Error())
	return requeue.IgnoreConflict(ctrl.Result{}, errors.Join(err, r.write(ctx, before, u)))
}

// isSteady tells whether a user was active, with everything that the spec asks for in force.
func isSteady(u *v1alpha1.OrgUser) bool {
	return u.Status.State == v1alpha1.UserActive && u.Status.ObservedGeneration == u.Generation &&
		u.DeletionTimestamp.IsZero() && meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionReady)
}

// inForceDiffers tells whether access would follow from something that is not written yet.
func inForceDiffers(a, b *v1alpha1.OrgUserStatus) bool {
	return a.State != b.State || a.Role != b.Role || a.Username != b.Username ||
		!equality.Semantic.DeepEqual(a.Workspaces, b.Workspaces) || !equality.Semantic.DeepEqual(a.Modules, b.Modules)
}
