// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// withDevices returns a workspace with devices with these serial numbers, named <workspace>-1 and so on.
func withDevices(org, name string, serials ...string) *v1alpha1.Workspace {
	w := builders.Workspace(org, name).Obj()
	for n, serial := range serials {
		w.Spec.Devices = append(w.Spec.Devices, v1alpha1.Device{
			Name: v1alpha1.ObjectName(fmt.Sprintf("%s-%d", name, n+1)), SerialNumber: serial,
		})
	}
	return w
}

// usersWith returns a function that reads the OrgUsers with an address.
func usersWith(ctx context.Context, org, email string) func(Gomega) []v1alpha1.OrgUser {
	return func(g Gomega) []v1alpha1.OrgUser {
		var list v1alpha1.OrgUserList
		g.Expect(env.Client.List(ctx, &list, client.InNamespace(org), client.MatchingFields{"spec.email": email})).To(Succeed())
		return list.Items
	}
}

// asOperator returns a client whose requests the webhooks allow because they are the operator's.
func asOperator() client.Client { return env.As(operatorUser, "system:masters") }

var _ = Describe("Devices", func() {
	var org string

	BeforeEach(func(ctx context.Context) { org = organization(ctx) })

	It("GTA-6 with a serial number that another device of the organization has are refused", func(ctx context.Context) {
		support := withDevices(org, "support", "SN-1", "", "SN-2", "")
		create(ctx, support)
		awaitReady(ctx, support)
		Expect(support.Status.Devices).To(HaveValue(BeEquivalentTo(4)))

		sales := withDevices(org, "sales", "SN-3")
		create(ctx, sales)
		awaitReady(ctx, sales)
		sales.Spec.Devices[0].SerialNumber = " sn-2"
		Expect(env.As("ana@"+org+".example").Update(ctx, sales.DeepCopy())).To(And(
			BeRefused(http.StatusUnprocessableEntity, `is the serial number of device "support-3" in workspace "support"`),
			HaveCause("spec.devices[0].serialNumber", `" sn-2"`)))
		Expect(env.Client.Create(ctx, withDevices(org, "twice", "SN-9", "sn-9"))).To(
			BeRefused(http.StatusUnprocessableEntity, `is also the serial number of device "twice-1"`))
		elsewhere := organization(ctx)
		create(ctx, withDevices(elsewhere, "support", "SN-1"))
	})

	It("GTA-6 with duplicate serial numbers, created past the webhooks, count for the oldest workspace until it removes them", func(ctx context.Context) {
		names := []string{"a", "b", "c"}
		var group sync.WaitGroup
		for _, name := range names {
			w := withDevices(org, name, "SN-1", "only-"+name)
			group.Go(func() {
				defer GinkgoRecover()
				Expect(asOperator().Create(ctx, w)).To(Succeed())
			})
		}
		group.Wait()
		first := holderOf(ctx, org, names)
		for _, name := range names {
			w := builders.Workspace(org, name).Obj()
			if name == first {
				awaitReady(ctx, w)
				Expect(w.Status.Devices).To(HaveValue(BeEquivalentTo(2)))
				continue
			}
			Eventually(get(ctx, w)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonDuplicateSerial))
			Expect(w).To(And(KeepKstatus(), HaveField("Status.Devices", HaveValue(BeEquivalentTo(1))),
				HaveField("Status.Namespace", org+"-"+name), HaveField("Status.Conditions", ContainElement(HaveField("Message", ContainSubstring(
					`SN-1 of device "`+name+`-1", which belongs to device "`+first+`-1" in workspace "`+first+`"`))))))
		}
		edit(ctx, builders.Workspace(org, first).Obj(), func(w *v1alpha1.Workspace) { w.Spec.Devices = nil })
		holderOf(ctx, org, names)
	})

	It("LMI-4 LMI-5 assigned to an unknown address cause one Limited account, without any mail, however many there are", func(ctx context.Context) {
		email := "claire.johnson@" + org + ".example"
		var group sync.WaitGroup
		for _, name := range []string{"one", "two", "three"} {
			w := builders.Workspace(org, name).Device("kiosk", email).Device("till", email).Obj()
			group.Go(func() {
				defer GinkgoRecover()
				create(ctx, w)
			})
		}
		group.Wait()
		user := userOf(ctx, org, email)
		awaitReady(ctx, user)
		Expect(user.Name).To(Equal(emailaddr.ObjectName(email)))
		Expect(user.Labels).To(HaveKeyWithValue(v1alpha1.LabelOrigin, v1alpha1.OriginDevice))
		Expect(user.Spec).To(And(HaveField("Role", v1alpha1.RoleMember), HaveField("Access", v1alpha1.AccessLimited)))
		Expect(user.Status).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Role", BeEmpty()), HaveField("Username", BeEmpty()),
			HaveField("DisplayName", "Claire Johnson"), HaveField("LastActive", v1alpha1.LastActivePending), HaveField("Workspaces", BeEmpty())))
		Expect(bindingsOf(ctx, user)).To(BeEmpty())
		for _, name := range []string{"one", "two", "three"} {
			awaitReady(ctx, builders.Workspace(org, name).Obj())
		}
		settle(ctx)
		Expect(usersWith(ctx, org, email)(Default)).To(HaveLen(1))
		Expect(mailsTo(email)).To(BeEmpty())
		By("LMI-2 listing Limited accounts separately")
		listed, _, err := env.Kubectl(ctx, "get", "ou", "-n", org, "--field-selector=spec.access=Limited", "-o", "name")
		Expect(err).NotTo(HaveOccurred())
		Expect(listed).To(Equal("orguser.accounts.usher.dev/" + user.Name + "\n"))
		Eventually(get(ctx, organizationOf(org))).Should(HaveField("Status.Users", And(
			HaveField("Total", HaveValue(BeEquivalentTo(2))), HaveField("Limited", HaveValue(BeEquivalentTo(1))))))
	})

	It("LMI-7 assigned to a user who already has an account leave it unchanged", func(ctx context.Context) {
		eva := builders.OrgUser(org, "eva").Existing().With(func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Eva María" }).Obj()
		create(ctx, eva)
		awaitReady(ctx, eva)
		w := builders.Workspace(org, "support").Device("kiosk", "EVA@"+org+".example").Device("other", "new@"+org+".example").Obj()
		create(ctx, w)
		userOf(ctx, org, "new@"+org+".example") // the devices have been processed by now
		Expect(get(ctx, eva)(Default).Generation).To(BeEquivalentTo(1))
		Expect(eva.Status.DisplayName).To(Equal("Eva María"))
		Expect(usersWith(ctx, org, "EVA@"+org+".example")(Default)).To(BeEmpty())
	})

	It("LMI-4 have a deleted account recreated, which a warning says, while they are assigned to its address", func(ctx context.Context) {
		email := "customer@" + org + ".example"
		w := builders.Workspace(org, "support").Device("kiosk", email).Obj()
		w.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Workspace"}
		Expect(apply(ctx, w)).To(ContainSubstring(
			"Warning: spec.devices: there is no user with the address " + email + ": Usher will create a Limited account for it"))
		first := awaitReady(ctx, userOf(ctx, org, email))
		_, warnings, err := env.Kubectl(ctx, "delete", "ou", "-n", org, first.Name)
		Expect(err).NotTo(HaveOccurred())
		Expect(warnings).To(ContainSubstring(`Warning: device "kiosk" in workspace "support" is assigned to ` + email +
			": Usher will create a Limited account for this address unless you remove the assignee there"))
		Eventually(usersWith(ctx, org, email)).Should(ConsistOf(HaveField("UID", Not(Equal(first.UID)))))
		edit(ctx, w, func(w *v1alpha1.Workspace) { w.Spec.Devices[0].Assignee = "" })
		awaitReady(ctx, w)
		Expect(env.Client.Delete(ctx, userOf(ctx, org, email))).To(Succeed())
		Eventually(usersWith(ctx, org, email)).Should(BeEmpty())
		settle(ctx)
		Expect(usersWith(ctx, org, email)(Default)).To(BeEmpty())
	})
})

var _ = Describe("Devices of a deleted organization", func() {
	It("LMI-4 have no account recreated", func(ctx context.Context) {
		f := newFirm(ctx)
		customer := "customer@" + f.name + ".example"
		edit(ctx, f.keep, func(w *v1alpha1.Workspace) {
			w.Spec.Devices = []v1alpha1.Device{{Name: "kiosk", Assignee: v1alpha1.EmailAddress(customer)}, {Name: "till", Assignee: f.sam.Spec.Email}}
		})
		awaitReady(ctx, userOf(ctx, f.name, customer))
		f.delete(ctx, f.org)
		f.awaitGone(ctx)
		settle(ctx)
		f.awaitGone(ctx)
	})
})

// holderOf waits until the oldest of several workspaces has all its devices in force, and returns its name.
func holderOf(ctx context.Context, org string, names []string) string {
	GinkgoHelper()
	var oldest *v1alpha1.Workspace
	for _, name := range names {
		w := get(ctx, builders.Workspace(org, name).Obj())(Default)
		if len(w.Spec.Devices) > 0 && (oldest == nil || w.CreationTimestamp.Before(&oldest.CreationTimestamp)) {
			oldest = w // of those created in the same second, the first by name
		}
	}
	awaitReady(ctx, oldest)
	Expect(oldest.Status.Devices).To(HaveValue(BeEquivalentTo(2)))
	return oldest.Name
}
