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

// SerialKey gives the form of a serial number in which devices are compared: neither the case of its letters counts, which
// labels, scanners and makers' lists write as they like, nor white space around it. Empty: the device has none.
func SerialKey(serialNumber string) string {
	return norm.NFC.String(strings.ToUpper(strings.TrimSpace(serialNumber)))
}

// SerialKeys gives the serial numbers of a workspace's devices, each once, in the form in which they are compared.
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

// SerialHolder is the device that has a serial number.
type SerialHolder struct{ Workspace, Device string }

// HolderOf gives the device that has a serial number among workspaces that name it: that of the oldest one. One that is
// being deleted gives it up. False: none has it.
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

// WorkspacePrecedes tells whether another workspace can have a serial number before one that names it too: the oldest keeps it.
func WorkspacePrecedes(other, w *v1alpha1.Workspace) bool {
	return other.Name != w.Name && other.DeletionTimestamp.IsZero() && olderWorkspace(other, w)
}

// Duplicate is a device that is not in force, as another one has its serial number.
type Duplicate struct {
	Device *v1alpha1.Device
	Holder SerialHolder
}

// DevicesInForce sorts out the devices whose serial number another device has: one further up in the same workspace, or
// one that elsewhere, of which the keys are compared forms, says is another workspace's.
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

// NewSerialKeys gives the serial numbers that a change brings into a workspace. Old is nil for a new workspace.
func NewSerialKeys(old, wished *v1alpha1.Workspace) []string {
	keys := SerialKeys(wished)
	if old == nil {
		return keys
	}
	had := SerialKeys(old)
	return slices.DeleteFunc(keys, func(key string) bool {
		_, found := slices.BinarySearch(had, key)
		return found
	})
}

// AssigneesOf gives the addresses that devices are assigned to, each account's once.
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
