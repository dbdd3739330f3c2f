// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// stocked returns a workspace with a device for each serial number. Age is in days.
func stocked(name string, age int, serials ...string) *v1alpha1.Workspace {
	w := builders.Workspace("acme", name)
	for n, serial := range serials {
		w = w.With(func(w *v1alpha1.Workspace) {
			w.Spec.Devices = append(w.Spec.Devices, v1alpha1.Device{
				Name: v1alpha1.ObjectName(name + string(rune('a'+n))), SerialNumber: serial,
			})
		})
	}
	o := w.Obj()
	o.CreationTimestamp = metav1.NewTime(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -age))
	return o
}

var _ = Describe("A device's serial number", func() {
	DescribeTable("GTA-6 is compared regardless of case and surrounding white space", func(a, b string, same bool) {
		equal := Equal(effective.SerialKey(b))
		if !same {
			equal = Not(equal)
		}
		Expect(effective.SerialKey(a)).To(equal)
	},
		Entry(nil, "SN-1", "sn-1", true),
		Entry(nil, " SN-1\t", "SN-1", true),
		Entry("composed and decomposed letters", "Ñ1", "Ñ1", true),
		Entry("inner white space counts", "SN 1", "SN1", false),
		Entry("leading zeros count", "0012", "12", false),
	)

	It("GTA-6 is checked only if a change adds it", func() {
		Expect(effective.NewSerialKeys(nil, stocked("support", 0, "b", "A", "", "a"))).To(HaveExactElements("A", "B"))
		Expect(effective.NewSerialKeys(stocked("support", 0, "A", "c"), stocked("support", 0, "C", "b", "a"))).To(HaveExactElements("B"))
	})

	It("GTA-6 belongs to the oldest workspace that names it and is not being deleted", func() {
		young, old, other := stocked("a", 1, "SN-1"), stocked("z", 3, "x", "sn-1"), stocked("y", 3, "SN-1")
		Expect(holder(effective.HolderOf("SN-1", []*v1alpha1.Workspace{young, old}))).To(Equal(effective.SerialHolder{Workspace: "z", Device: "zb"}))
		Expect(holder(effective.HolderOf("SN-1", []*v1alpha1.Workspace{young, old, other}))).To(HaveField("Workspace", "y"))
		Expect(effective.WorkspacePrecedes(old, young)).To(BeTrue())
		Expect(effective.WorkspacePrecedes(young, old)).To(BeFalse())
		Expect(effective.WorkspacePrecedes(old, old)).To(BeFalse())
		old.DeletionTimestamp = ptr.To(metav1.Now())
		Expect(effective.WorkspacePrecedes(old, young)).To(BeFalse())
		Expect(holder(effective.HolderOf("SN-1", []*v1alpha1.Workspace{young, old}))).To(HaveField("Workspace", "a"))
		_, found := effective.HolderOf("SN-1", []*v1alpha1.Workspace{old})
		Expect(found).To(BeFalse())
	})

	It("GTA-6 belongs to one device in force", func() {
		w := stocked("support", 0, "SN-1", "", "sn-2", "SN-3", "sn-3", "")
		inForce, duplicates := effective.DevicesInForce(w, map[string]effective.SerialHolder{"SN-2": {Workspace: "sales", Device: "till"}, "": {Workspace: "sales"}})
		Expect(inForce).To(HaveLen(4))
		Expect(duplicates).To(HaveExactElements(
			effective.Duplicate{Device: &w.Spec.Devices[2], Holder: effective.SerialHolder{Workspace: "sales", Device: "till"}},
			effective.Duplicate{Device: &w.Spec.Devices[4], Holder: effective.SerialHolder{Workspace: "support", Device: "supportd"}}))
	})
})

func holder(h effective.SerialHolder, _ bool) effective.SerialHolder { return h }

var _ = Describe("A device's assignee", func() {
	It("LMI-4 is listed once for each account, in the order of the devices", func() {
		w := builders.Workspace("acme", "support").Device("a", "x@acme.example").Device("b", "").Device("c", "X@ACME.example").
			Device("d", "y@acme.example").Obj()
		devices, _ := effective.DevicesInForce(w, nil)
		Expect(effective.AssigneesOf(devices)).To(HaveExactElements(BeEquivalentTo("x@acme.example"), BeEquivalentTo("y@acme.example")))
	})
})
