// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/world"
)

var _ = Describe("The account of a device's assignee", func() {
	const email = "customer@acme.example"

	// pass takes the step of a pass whose cache does not know what is made after it.
	pass := func(ctx context.Context, o *v1alpha1.Organization, before ...client.Object) (
		attempt func() (time.Duration, error), accounts func() []v1alpha1.OrgUser, told chan string, namespace string,
	) {
		w := world.Get()
		namespace = w.Namespace(ctx, "devices")
		Expect(w.Client.Create(ctx, builders.Organization(namespace).Obj())).To(Succeed())
		for _, object := range before {
			object.SetNamespace(namespace)
			Expect(w.Client.Create(ctx, object)).To(Succeed())
		}
		clients, freeze := w.Clients(ctx)
		recorder := events.NewFakeRecorder(10)
		freeze()
		workspace := builders.Workspace(namespace, "support").Obj()
		workspace.CreationTimestamp = metav1.Now()
		r := New(clients.Client, clients.Cache, clients.API, recorder, Platform{}, 0, time.Now)
		attempt = func() (time.Duration, error) {
			return r.ensureAccounts(ctx, workspace, o, []*v1alpha1.Device{{Name: "kiosk", Assignee: email}, {Name: "bad", Assignee: "x@xn--a.example"}})
		}
		accounts = func() []v1alpha1.OrgUser {
			var list v1alpha1.OrgUserList
			Expect(w.Client.List(ctx, &list, client.InNamespace(namespace))).To(Succeed())
			return list.Items
		}
		return attempt, accounts, recorder.Events, namespace
	}
	acme := builders.Organization("acme").Obj()

	It("LMI-4 is made once, however often and by whatever old state it is made", func(ctx context.Context) {
		attempt, accounts, told, _ := pass(ctx, acme)
		for range 3 {
			Expect(attempt()).To(BeZero())
		}
		Expect(accounts()).To(ConsistOf(And(HaveField("Name", emailaddr.ObjectName(email)), HaveField("Spec.Access", v1alpha1.AccessLimited))))
		Expect(told).To(HaveLen(1))
		Expect(<-told).To(HavePrefix("Normal LimitedAccountMade a device is assigned to " + email))
	})

	It("LMI-7 is not made for who has one", func(ctx context.Context) {
		attempt, accounts, told, _ := pass(ctx, acme, builders.OrgUser("", "someone").Email("Customer@acme.example").Obj())
		Expect(attempt()).To(BeZero())
		Expect(accounts()).To(HaveLen(1))
		Expect(told).To(BeEmpty())
	})

	It("is not made when its name is somebody else's, who is told of", func(ctx context.Context) {
		attempt, accounts, told, _ := pass(ctx, acme, builders.OrgUser("", emailaddr.ObjectName(email)).Email("other@acme.example").Obj())
		Expect(attempt()).To(BeZero())
		Expect(accounts()).To(HaveLen(1))
		Expect(<-told).To(HavePrefix("Warning NameTaken a device is assigned to " + email + ", which gets no account"))
	})

	It("is not made without an organization, or in one that goes", func(ctx context.Context) {
		for _, o := range []*v1alpha1.Organization{nil, builders.Organization("acme").With(func(o *v1alpha1.Organization) {
			o.DeletionTimestamp = ptr.To(metav1.Now())
		}).Obj()} {
			attempt, accounts, _, _ := pass(ctx, o)
			Expect(attempt()).To(BeZero())
			Expect(accounts()).To(BeEmpty())
		}
	})

	It("is not made in an organization of which the cache does not know that it is gone", func(ctx context.Context) {
		attempt, accounts, _, namespace := pass(ctx, acme)
		Expect(world.Get().Client.Delete(ctx, builders.Organization(namespace).Obj())).To(Succeed())
		Expect(attempt()).To(BeZero())
		Expect(accounts()).To(BeEmpty())
	})

	It("waits for users who are declared together with the workspace", func(ctx context.Context) {
		w := world.Get()
		clients, _ := w.Clients(ctx)
		noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
		young := builders.Workspace(w.Namespace(ctx, "devices"), "support").Obj()
		young.CreationTimestamp = metav1.NewTime(noon.Add(-time.Second))
		r := New(clients.Client, clients.Cache, clients.API, events.NewFakeRecorder(10), Platform{}, 3*time.Second,
			func() time.Time { return noon })
		Expect(r.ensureAccounts(ctx, young, acme, []*v1alpha1.Device{{Name: "kiosk", Assignee: email}})).To(Equal(2 * time.Second))
		Expect(r.ensureAccounts(ctx, young, acme, []*v1alpha1.Device{{Name: "kiosk"}})).To(BeZero(), "for nobody")
	})
})

var _ = Describe("What a workspace says of its devices", func() {
	duplicate := func(name string) effective.Duplicate {
		return effective.Duplicate{
			Device: &v1alpha1.Device{Name: v1alpha1.ObjectName(name), SerialNumber: "SN-1"},
			Holder: effective.SerialHolder{Workspace: "sales", Device: "till"},
		}
	}

	It("GTA-6 names those whose serial number another one has, a few of many", func() {
		w := builders.Workspace("acme", "support").Obj()
		status.Ready(w, v1alpha1.ReasonReady, "ready")
		inventory{duplicates: []effective.Duplicate{duplicate("a"), duplicate("b"), duplicate("c"), duplicate("d"), duplicate("e")}}.conclude(w)
		Expect(w).To(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonDuplicateSerial))
		Expect(w.Status.Conditions[0].Message).To(And(
			HavePrefix(`a serial number is one device's in the organization: correct or take out SN-1 of device "a", which is that of device `+
				`"till" in workspace "sales", SN-1 of device "b"`), HaveSuffix("and 2 more")))
	})

	It("is nothing while there is something worse, or nothing is wrong", func() {
		w := builders.Workspace("acme", "support").Obj()
		status.Stalled(w, v1alpha1.ReasonNamespaceConflict, "conflict")
		inventory{duplicates: []effective.Duplicate{duplicate("a")}}.conclude(w)
		Expect(w).To(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonNamespaceConflict))
		status.Ready(w, v1alpha1.ReasonReady, "ready")
		inventory{}.conclude(w)
		Expect(w).To(HaveCondition("Ready", metav1.ConditionTrue, v1alpha1.ReasonReady))
	})
})
