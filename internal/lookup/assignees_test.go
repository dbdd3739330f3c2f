// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// stocked gives a workspace with a device of that serial number, which is assigned to an address.
func stocked(name, serial, assignee string) *v1alpha1.Workspace {
	return builders.Workspace("acme", name).Device("kiosk", assignee).With(func(w *v1alpha1.Workspace) {
		w.Spec.Devices[0].SerialNumber = serial
	}).Obj()
}

var _ = Describe("Assignees", func() {
	It("are found by their address, of contacts and of devices", func(ctx context.Context) {
		reader := holding(builders.Workspace("acme", "a").Contact("Guardia", "Eva@acme.example").Contact("Nobody", "").Obj(),
			stocked("b", "", "EVA@acme.example"), stocked("c", "", "sam@acme.example"),
			builders.Workspace("other", "a").Contact("Guardia", "eva@acme.example").Obj())
		Expect(reader.WorkspacesByAssignee(ctx, "acme", "eva@ACME.example")).To(ConsistOf(HaveField("Name", "a"), HaveField("Name", "b")))
		Expect(reader.WorkspacesByAssignee(ctx, "acme", "")).To(BeEmpty())
	})

	It("ORG-27 are looked up once an address, in its normal form", func(ctx context.Context) {
		reader := holding(active("eva", v1alpha1.RoleMember))
		Expect(reader.Assignees(ctx, "acme", []v1alpha1.Contact{
			{Name: "a", Assignee: "EVA@acme.example"}, {Name: "b", Assignee: "eva@acme.example"}, {Name: "c"}, {Name: "d", Assignee: "x@acme.example"},
		})).To(And(HaveLen(2), HaveKeyWithValue("eva@acme.example", ConsistOf(HaveField("Name", "eva"))), HaveKeyWithValue("x@acme.example", BeEmpty())))
	})

	It("are said to be missing, of contacts in both kinds and of devices", func(ctx context.Context) {
		reader := holding(acme(), active("eva", v1alpha1.RoleMember))
		o := acme()
		o.Spec.Contacts = []v1alpha1.Contact{{Name: "Guardia", Assignee: "x@acme.example"}, {Name: "Eva", Assignee: "eva@acme.example"}}
		contact := `spec.contacts: there is no user with the address x@acme.example yet: contact "Guardia" is without assignee`
		Expect(reader.MissingReferenceWarnings(ctx, o)).To(HaveExactElements(contact))
		w := builders.Workspace("acme", "a").Contact("Guardia", "x@acme.example").Device("a", "y@acme.example").Device("b", "Y@acme.example").
			Device("c", "eva@acme.example").Member("z@acme.example", v1alpha1.WorkspaceView).Obj()
		Expect(reader.MissingReferenceWarnings(ctx, w)).To(HaveExactElements(contact,
			"spec.devices: there is no user with the address y@acme.example: Usher makes a Limited account for it",
			"spec.members: there is no user with the address z@acme.example yet"))
	})

	It("are said to be missing of a few among many", func(ctx context.Context) {
		contacts, devices := builders.Workspace("acme", "a"), builders.Workspace("acme", "b")
		for n := range 30 {
			contacts = contacts.Contact(strconv.Itoa(n), strconv.Itoa(n)+"@acme.example")
			devices = devices.Device("d"+strconv.Itoa(n), strconv.Itoa(n)+"@acme.example")
		}
		for _, b := range []builders.WorkspaceBuilder{contacts, devices} {
			missing, err := holding(acme()).MissingReferenceWarnings(ctx, b.Member("z@acme.example", v1alpha1.WorkspaceView).Obj())
			Expect(err).NotTo(HaveOccurred())
			Expect(missing).To(HaveLen(maxMissing + 1))
			Expect(missing[maxMissing]).To(Equal("and more"))
		}
	})
})

var _ = Describe("Whoever is deleted", func() {
	It("LMI-4 gets a Limited account when a device is assigned to the address, which is said", func(ctx context.Context) {
		going := stocked("going", "", "eva@acme.example")
		going.Finalizers, going.DeletionTimestamp = []string{v1alpha1.Finalizer}, ptr.To(metav1.Now())
		reader := holding(acme(), stocked("a", "", "EVA@acme.example"), going,
			builders.Workspace("acme", "b").Contact("Guardia", "eva@acme.example").Obj())
		Expect(reader.DeletionWarnings(ctx, active("eva", v1alpha1.RoleMember))).To(HaveExactElements(
			`device "kiosk" in workspace "a" is assigned to eva@acme.example: Usher makes a Limited account for the address again, unless ` +
				`the assignee is taken out there`))
		Expect(reader.DeletionWarnings(ctx, active("sam", v1alpha1.RoleMember))).To(BeEmpty())
		Expect(reader.DeletionWarnings(ctx, acme())).To(BeEmpty())
	})

	It("ORG-22 is made again while an Invitation is open to the address, which is said", func(ctx context.Context) {
		to := func(name string, state v1alpha1.RecipientState) *v1alpha1.Invitation {
			return builders.Invitation("acme", name, "eva@acme.example").With(func(i *v1alpha1.Invitation) {
				i.Status.Recipients = []v1alpha1.RecipientStatus{{
					Email: "eva@acme.example", OnboardingStatus: v1alpha1.OnboardingStatus{State: state},
				}}
			}).Obj()
		}
		reader := holding(acme(), to("team", v1alpha1.RecipientInvited), to("taken-back", v1alpha1.RecipientRevoked),
			to("accepted", v1alpha1.RecipientActive), to("over", v1alpha1.RecipientExpired))
		eva := builders.OrgUser("acme", "eva").Obj()
		Expect(reader.DeletionWarnings(ctx, eva)).To(HaveExactElements(
			`Invitation "team" invites eva@acme.example: Usher makes the pending user again, unless the address is taken out of spec.emails there`))
		Expect(holding(to("team", v1alpha1.RecipientInvited)).DeletionWarnings(ctx, eva)).To(BeEmpty(), "without an organization")
	})

	It("gets none when the organization goes or is gone", func(ctx context.Context) {
		eva, w := active("eva", v1alpha1.RoleMember), stocked("a", "", "eva@acme.example")
		Expect(holding(w).DeletionWarnings(ctx, eva)).To(BeEmpty())
		going := acme()
		going.Finalizers, going.DeletionTimestamp = []string{v1alpha1.Finalizer}, ptr.To(metav1.Now())
		Expect(holding(going, w).DeletionWarnings(ctx, eva)).To(BeEmpty())
	})
})

var _ = Describe("Serial numbers", func() {
	It("GTA-6 are found in the organization's other workspaces, however they are written", func(ctx context.Context) {
		reader := holding(stocked("a", "SN-1", ""), stocked("b", " sn-2", ""), builders.Workspace("other", "c").With(func(w *v1alpha1.Workspace) {
			w.Spec.Devices = []v1alpha1.Device{{Name: "x", SerialNumber: "SN-3"}}
		}).Obj())
		wished := stocked("a", "sn-1", "")
		wished.Spec.Devices = append(wished.Spec.Devices, v1alpha1.Device{Name: "two", SerialNumber: "SN-2"}, v1alpha1.Device{Name: "three", SerialNumber: "SN-3"})
		Expect(reader.newSerialHolders(ctx, "acme", nil, wished)).To(Equal(map[string]effective.SerialHolder{"SN-2": {Workspace: "b", Device: "kiosk"}}))
		Expect(reader.newSerialHolders(ctx, "acme", wished, wished)).To(BeEmpty(), "what it had already is not looked at")
	})
})
