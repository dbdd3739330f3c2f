// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// stocked returns a workspace with a device that has a serial number and is assigned to an address.
func stocked(name, serial, assignee string) *v1alpha1.Workspace {
	return builders.Workspace("acme", name).Device("kiosk", assignee).With(func(w *v1alpha1.Workspace) {
		w.Spec.Devices[0].SerialNumber = serial
	}).Obj()
}

var _ = Describe("Assignees", func() {
	It("are found by their address, for contacts and devices", func(ctx context.Context) {
		reader := holding(builders.Workspace("acme", "a").Contact("Guardia", "Eva@acme.example").Contact("Nobody", "").Obj(),
			stocked("b", "", "EVA@acme.example"), stocked("c", "", "sam@acme.example"),
			builders.Workspace("other", "a").Contact("Guardia", "eva@acme.example").Obj())
		Expect(reader.WorkspacesByAssignee(ctx, "acme", "eva@ACME.example")).To(ConsistOf(HaveField("Name", "a"), HaveField("Name", "b")))
		Expect(reader.WorkspacesByAssignee(ctx, "acme", "")).To(BeEmpty())
	})

	It("ORG-27 are looked up once for each address, in its normal form", func(ctx context.Context) {
		reader := holding(active("eva", v1alpha1.RoleMember))
		Expect(reader.Assignees(ctx, "acme", []v1alpha1.Contact{
			{Name: "a", Assignee: "EVA@acme.example"}, {Name: "b", Assignee: "eva@acme.example"}, {Name: "c"}, {Name: "d", Assignee: "x@acme.example"},
		})).To(And(HaveLen(2), HaveKeyWithValue("eva@acme.example", ConsistOf(HaveField("Name", "eva"))), HaveKeyWithValue("x@acme.example", BeEmpty())))
	})
})

var _ = Describe("Serial numbers", func() {
	It("GTA-6 are found in the organization's other workspaces, however they are spelled", func(ctx context.Context) {
		reader := holding(stocked("a", "SN-1", ""), stocked("b", " sn-2", ""), builders.Workspace("other", "c").With(func(w *v1alpha1.Workspace) {
			w.Spec.Devices = []v1alpha1.Device{{Name: "x", SerialNumber: "SN-3"}}
		}).Obj())
		requested := stocked("a", "sn-1", "")
		requested.Spec.Devices = append(requested.Spec.Devices, v1alpha1.Device{Name: "two", SerialNumber: "SN-2"}, v1alpha1.Device{Name: "three", SerialNumber: "SN-3"})
		Expect(reader.newSerialHolders(ctx, "acme", nil, requested)).To(Equal(map[string]effective.SerialHolder{"SN-2": {Workspace: "b", Device: "kiosk"}}))
		Expect(reader.newSerialHolders(ctx, "acme", requested, requested)).To(BeEmpty(), "what it had already is not looked at")
	})
})
