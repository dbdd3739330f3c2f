// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// reconcileDevices finds and counts the devices that are in force: a serial number belongs to the oldest workspace that names it.
func (r *Reconciler) reconcileDevices(ctx context.Context, s *scope) (time.Duration, error) {
	w := s.workspace
	elsewhere, err := r.cache.SerialHolders(ctx, w.Namespace, effective.SerialKeys(w), func(other *v1alpha1.Workspace) bool {
		return effective.WorkspacePrecedes(other, w)
	})
	if err != nil {
		return 0, err
	}
	var duplicates []effective.Duplicate
	s.devices, duplicates = effective.DevicesInForce(w, elsewhere)
	s.deviceProblem = duplicateProblem(duplicates)
	w.Status.Devices = status.Count(len(s.devices))
	return 0, nil
}

// duplicateProblem names devices that are not in force; nil: all are.
func duplicateProblem(duplicates []effective.Duplicate) *problem {
	if len(duplicates) == 0 {
		return nil
	}
	named := make([]string, 0, len(duplicates))
	for _, d := range duplicates {
		named = append(named, fmt.Sprintf("%s of device %q, which belongs to device %q in workspace %q",
			d.Device.SerialNumber, d.Device.Name, d.Holder.Device, d.Holder.Workspace))
	}
	return stalled(v1alpha1.ReasonDuplicateSerial, fmt.Sprintf(
		"serial numbers are unique in an organization: correct or remove %s", wording.Some(named)))
}
