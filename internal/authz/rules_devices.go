// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// checkDevices refuses addresses that the API's schema lets through, and two devices with one serial number.
func checkDevices(w *v1alpha1.Workspace) []Violation {
	var found []Violation
	first := map[string]v1alpha1.ObjectName{}
	for n, d := range w.Spec.Devices {
		found = append(found, checkAddress(fmt.Sprintf("spec.devices[%d].assignee", n), d.Assignee)...)
		key := effective.SerialKey(d.SerialNumber)
		if other, taken := first[key]; taken {
			found = append(found, invalid(fmt.Sprintf("spec.devices[%d].serialNumber", n), serialUnique, d.SerialNumber,
				fmt.Sprintf("is also the serial number of device %q: serial numbers are unique in the organization", other)))
		} else if key != "" {
			first[key] = d.Name
		}
	}
	return few(found)
}

const serialUnique = "serial-number-unique"

// judgeSerials refuses a serial number that a device in another workspace has. A number that the workspace had before the
// change is left to the reconciler.
func judgeSerials(r Request) []Violation {
	w, ok := r.New.(*v1alpha1.Workspace)
	if !ok || r.Operation == Delete || r.Status {
		return nil
	}
	var found []Violation
	for n, d := range w.Spec.Devices {
		if holder, taken := r.Facts.SerialHolders[effective.SerialKey(d.SerialNumber)]; taken {
			found = append(found, invalid(fmt.Sprintf("spec.devices[%d].serialNumber", n), serialUnique, d.SerialNumber,
				fmt.Sprintf("is the serial number of device %q in workspace %q: serial numbers are unique in the organization; "+
					"remove it there first", holder.Device, holder.Workspace)))
		}
	}
	return few(found)
}
