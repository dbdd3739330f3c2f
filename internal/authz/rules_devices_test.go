// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// stocked returns a workspace with a device for each serial number.
func stocked(name string, serials ...string) *v1alpha1.Workspace {
	w := builders.Workspace("acme", name)
	for n, serial := range serials {
		w = w.With(func(w *v1alpha1.Workspace) {
			w.Spec.Devices = append(w.Spec.Devices, v1alpha1.Device{
				Name: v1alpha1.ObjectName(name + string(rune('a'+n))), SerialNumber: serial,
			})
		})
	}
	return w.Obj()
}

var _ = Describe("A device's serial number", func() {
	It("GTA-6 is refused for a second device in the workspace", func() {
		Expect(authz.CheckContent(stocked("support", "SN-1", "", "", " sn-1"))).To(ConsistOf(And(
			HaveField("Field", "spec.devices[3].serialNumber"), HaveField("Reason", authz.Invalid), HaveField("Value", " sn-1"),
			HaveField("Message", `is also the serial number of device "supporta": serial numbers are unique in the organization`))))
	})

	It("GTA-6 is refused if a device in another workspace of the organization has it", func() {
		held := authz.Facts{SerialHolders: map[string]effective.SerialHolder{"SN-2": {Workspace: "sales", Device: "till"}}}
		request := authz.Request{
			Operation: authz.Create, Actor: authz.Actor{Kind: authz.ActorPlatform}, Organization: "acme",
			New: stocked("support", "SN-1", "sn-2"), Facts: held,
		}
		Expect(authz.Judge(request)).To(ConsistOf(And(
			HaveField("Field", "spec.devices[1].serialNumber"), HaveField("Reason", authz.Invalid), HaveField("Rule", "serial-number-unique"),
			HaveField("Message", `is the serial number of device "till" in workspace "sales": serial numbers are unique in the `+
				`organization; remove it there first`))))
		request.Operation, request.Status, request.Old = authz.Update, true, request.New
		Expect(authz.Judge(request)).NotTo(ContainElement(HaveField("Rule", "serial-number-unique")))
	})
})

var _ = Describe("A device's assignee", func() {
	It("is refused if its domain is not valid in DNS", func() {
		Expect(authz.CheckContent(builders.Workspace("acme", "support").Device("a", "").Device("b", "a@xn--a.example").Obj())).To(ConsistOf(
			HaveField("Field", "spec.devices[1].assignee")))
	})
})
