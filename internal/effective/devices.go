// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// SerialKey returns the form of a serial number in which devices are compared. Labels, scanners and vendors' lists differ in
// upper and lower case and in white space around the number, so neither counts. Empty means that the device has none.
func SerialKey(serialNumber string) string {
	return norm.NFC.String(strings.ToUpper(strings.TrimSpace(serialNumber)))
}

// SerialKeys returns the keys of the serial numbers of a workspace's devices, sorted and without duplicates.
func SerialKeys(w *v1alpha1.Workspace) []string {
	var keys []string
	for n := range w.Spec.Devices {
		if key := SerialKey(w.Spec.Devices[n].SerialNumber); key != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// NewSerialKeys returns the keys of the serial numbers that a change adds to a workspace. Old is nil for a new workspace.
func NewSerialKeys(old, requested *v1alpha1.Workspace) []string {
	keys := SerialKeys(requested)
	if old == nil {
		return keys
	}
	had := SerialKeys(old)
	return slices.DeleteFunc(keys, func(key string) bool {
		_, found := slices.BinarySearch(had, key)
		return found
	})
}

// SerialHolder is the device that has a serial number.
type SerialHolder struct{ Workspace, Device string }

// HolderOf returns the device that has a serial number, given the workspaces that name it: the device of the oldest workspace
// that is not being deleted. False means that none has it.
func HolderOf(key string, workspaces []*v1alpha1.Workspace) (SerialHolder, bool) {
	var first *v1alpha1.Workspace
	for _, w := range workspaces {
		if w.DeletionTimestamp.IsZero() && (first == nil || olderWorkspace(w, first)) {
			first = w
		}
	}
	if first == nil {
		return SerialHolder{}, false
	}
	return SerialHolder{Workspace: first.Name, Device: deviceWith(first, key)}, true
}

func deviceWith(w *v1alpha1.Workspace, key string) string {
	for n := range w.Spec.Devices {
		if SerialKey(w.Spec.Devices[n].SerialNumber) == key {
			return string(w.Spec.Devices[n].Name)
		}
	}
	return ""
}

// WorkspacePrecedes reports whether another workspace has a serial number in force before a workspace that names it too: the
// oldest keeps it.
func WorkspacePrecedes(other, w *v1alpha1.Workspace) bool {
	return other.Name != w.Name && other.DeletionTimestamp.IsZero() && olderWorkspace(other, w)
}

// Duplicate is a device that is not in force because another one has its serial number.
type Duplicate struct {
	Device *v1alpha1.Device
	Holder SerialHolder
}

// DevicesInForce separates the devices in force from those whose serial number another device has: an earlier one in the same
// workspace, or one of another workspace that elsewhere lists by SerialKey.
func DevicesInForce(w *v1alpha1.Workspace, elsewhere map[string]SerialHolder) (devices []*v1alpha1.Device, duplicates []Duplicate) {
	here := map[string]SerialHolder{}
	for n := range w.Spec.Devices {
		d := &w.Spec.Devices[n]
		key := SerialKey(d.SerialNumber)
		holder, taken := elsewhere[key]
		if !taken {
			holder, taken = here[key]
		}
		if taken && key != "" {
			duplicates = append(duplicates, Duplicate{d, holder})
			continue
		}
		here[key] = SerialHolder{Workspace: w.Name, Device: string(d.Name)}
		devices = append(devices, d)
	}
	return devices, duplicates
}

// AssigneesOf returns the addresses that devices are assigned to, one for each account.
func AssigneesOf(devices []*v1alpha1.Device) []v1alpha1.EmailAddress {
	seen := map[string]bool{}
	var addresses []v1alpha1.EmailAddress
	for _, d := range devices {
		if key := emailaddr.Normalize(string(d.Assignee)); d.Assignee != "" && !seen[key] {
			seen[key] = true
			addresses = append(addresses, d.Assignee)
		}
	}
	return addresses
}
