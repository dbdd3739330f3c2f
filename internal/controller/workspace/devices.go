// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/limited"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// inventory is a workspace's devices, sorted out.
type inventory struct {
	inForce    []*v1alpha1.Device
	duplicates []effective.Duplicate
}

// describeDevices sorts out and counts the devices that are in force: a serial number is that of the oldest workspace that
// names it.
func (r *Reconciler) describeDevices(ctx context.Context, w *v1alpha1.Workspace) (inventory, error) {
	elsewhere, err := r.cache.SerialHolders(ctx, w.Namespace, effective.SerialKeys(w), func(other *v1alpha1.Workspace) bool {
		return effective.MayHold(other, w)
	})
	if err != nil {
		return inventory{}, err
	}
	var i inventory
	i.inForce, i.duplicates = effective.DevicesInForce(w, elsewhere)
	w.Status.Devices = status.Count(len(i.inForce))
	return i, nil
}

// conclude says which devices are not in force, unless there is something worse to say.
func (i inventory) conclude(w *v1alpha1.Workspace) {
	if len(i.duplicates) == 0 || !meta.IsStatusConditionTrue(w.Status.Conditions, v1alpha1.ConditionReady) {
		return
	}
	named := make([]string, 0, len(i.duplicates))
	for _, d := range i.duplicates {
		named = append(named, fmt.Sprintf("%s of device %q, which is that of device %q in workspace %q",
			d.Device.SerialNumber, d.Device.Name, d.Holder.Device, d.Holder.Workspace))
	}
	status.Stalled(w, v1alpha1.ReasonDuplicateSerial, fmt.Sprintf(
		"a serial number is one device's in the organization: correct or take out %s", wording.Some(named)))
}

// ofSerial: a workspace's serial numbers, coming or going, concern the other workspaces that name them.
func (r *Reconciler) ofSerial(ctx context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, serial := range mapper.Difference(serialsHeld(c.Before), serialsHeld(c.After)) {
		named, err := mapper.KeysOf(r.cache.WorkspacesBySerial(ctx, c.Newest().Namespace, serial))
		if err != nil {
			return nil, err
		}
		keys = append(keys, named...)
	}
	return keys, nil
}

func serialsHeld(w *v1alpha1.Workspace) []string {
	if w == nil || !w.DeletionTimestamp.IsZero() {
		return nil
	}
	return effective.SerialKeys(w)
}

// ensureAccounts makes a Limited account for every address that a device is assigned to and that no user has (LMI-4). It
// gives how long to wait for users who are declared together with the workspace.
func (r *Reconciler) ensureAccounts(ctx context.Context, w *v1alpha1.Workspace, o *v1alpha1.Organization,
	devices []*v1alpha1.Device,
) (time.Duration, error) {
	if o == nil || !o.DeletionTimestamp.IsZero() {
		return 0, nil
	}
	for _, email := range effective.AssigneesOf(devices) {
		if !emailaddr.Valid(string(email)) {
			continue
		}
		users, err := r.cache.UsersByEmail(ctx, w.Namespace, string(email))
		if err != nil {
			return 0, err
		}
		if len(users) > 0 {
			continue // as it is (LMI-7); one that goes brings the next pass
		}
		if age := r.now().Sub(w.CreationTimestamp.Time); age < r.settleDelay {
			return r.settleDelay - age, nil
		}
		if err := r.makeAccount(ctx, w, string(email)); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// makeAccount makes a Limited account. One of that name that is there already, and that the cache does not show yet, is the
// one.
func (r *Reconciler) makeAccount(ctx context.Context, w *v1alpha1.Workspace, email string) error {
	user := effective.LimitedAccount(w.Namespace, email, v1alpha1.OriginDevice)
	created, err := r.accounts.Create(ctx, w.Namespace, email, v1alpha1.OriginDevice)
	switch {
	case errors.Is(err, limited.ErrOrganizationGone):
		return nil
	case apierrors.IsAlreadyExists(err):
		return r.tellNameTaken(ctx, w, user)
	case created:
		r.recorder.Eventf(w, user, corev1.EventTypeNormal, "LimitedAccountMade", "Reconcile",
			"a device is assigned to %s, which no user had: made the Limited account %s", email, user.Name)
	}
	return err
}

// tellNameTaken says that somebody has given the name of an address's account to another address.
func (r *Reconciler) tellNameTaken(ctx context.Context, w *v1alpha1.Workspace, wanted *v1alpha1.OrgUser) error {
	var user v1alpha1.OrgUser
	if err := r.api.Get(ctx, client.ObjectKeyFromObject(wanted), &user); err != nil {
		return client.IgnoreNotFound(err)
	}
	if !emailaddr.Same(string(user.Spec.Email), string(wanted.Spec.Email)) {
		r.recorder.Eventf(w, &user, corev1.EventTypeWarning, "NameTaken", "Reconcile", "a device is assigned to %s, which gets no "+
			"account, as the OrgUser %s has another address: declare an OrgUser for it", wanted.Spec.Email, user.Name)
	}
	return nil
}
