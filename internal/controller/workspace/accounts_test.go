// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/world"
)

var _ = Describe("The account of a device's assignee", func() {
	const email = "customer@acme.example"

	devices := []*v1alpha1.Device{{Name: "kiosk", Assignee: email}, {Name: "bad", Assignee: "x@xn--a.example"}}

	// pass runs the phase with a cache that does not show what is created after its start.
	pass := func(ctx context.Context, o *v1alpha1.Organization, before ...client.Object) (
		attempt func() (time.Duration, error), accounts func() []v1alpha1.OrgUser, reported chan string, namespace string,
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
			return r.reconcileAccounts(ctx, &scope{workspace: workspace, organization: o, devices: devices})
		}
		accounts = func() []v1alpha1.OrgUser {
			var list v1alpha1.OrgUserList
			Expect(w.Client.List(ctx, &list, client.InNamespace(namespace))).To(Succeed())
			return list.Items
		}
		return attempt, accounts, recorder.Events, namespace
	}
	acme := builders.Organization("acme").Obj()

	It("LMI-4 is created once, however many passes run on an outdated cache", func(ctx context.Context) {
		attempt, accounts, reported, _ := pass(ctx, acme)
		for range 3 {
			Expect(attempt()).To(BeZero())
		}
		Expect(accounts()).To(ConsistOf(And(HaveField("Name", emailaddr.ObjectName(email)), HaveField("Spec.Access", v1alpha1.AccessLimited))))
		Expect(reported).To(HaveLen(1))
		Expect(<-reported).To(HavePrefix("Normal LimitedAccountMade a device is assigned to " + email))
	})

	It("LMI-7 is not created for an address that has one", func(ctx context.Context) {
		attempt, accounts, reported, _ := pass(ctx, acme, builders.OrgUser("", "someone").Email("Customer@acme.example").Obj())
		Expect(attempt()).To(BeZero())
		Expect(accounts()).To(HaveLen(1))
		Expect(reported).To(BeEmpty())
	})

	It("ORG-28 LMI-4 is created under another name when its name is another user's, and once", func(ctx context.Context) {
		names := slices.Collect(emailaddr.ObjectNames(email))
		attempt, accounts, reported, _ := pass(ctx, acme, builders.OrgUser("", names[0]).Email("other@acme.example").Obj())
		for range 3 {
			Expect(attempt()).To(BeZero())
		}
		Expect(accounts()).To(ConsistOf(
			And(HaveField("Name", names[0]), HaveField("Spec.Email", BeEquivalentTo("other@acme.example")), HaveField("Labels", BeEmpty())),
			And(HaveField("Name", names[1]), HaveField("Spec.Email", BeEquivalentTo(email)), HaveField("Spec.Access", v1alpha1.AccessLimited))))
		Expect(reported).To(HaveLen(1))
		Expect(<-reported).To(HavePrefix("Normal LimitedAccountMade a device is assigned to " + email))
	})

	It("is not created when all its names are other users', which an event reports", func(ctx context.Context) {
		var others []client.Object
		for name := range emailaddr.ObjectNames(email) {
			others = append(others, builders.OrgUser("", name).Email("x"+name+"@acme.example").Obj())
		}
		attempt, accounts, reported, _ := pass(ctx, acme, others...)
		Expect(attempt()).To(BeZero())
		Expect(accounts()).To(HaveLen(len(others)))
		Expect(reported).To(Receive(Equal("Warning NameTaken a device is assigned to " + email + ", which gets no account: the OrgUser " +
			emailaddr.ObjectName(email) + " and others have all the names that an OrgUser with the address " + email +
			" may get, but not its address: delete one of them")))
	})

	It("is not created without an organization, or in one that is being deleted", func(ctx context.Context) {
		for _, o := range []*v1alpha1.Organization{nil, builders.Organization("acme").With(func(o *v1alpha1.Organization) {
			o.DeletionTimestamp = ptr.To(metav1.Now())
		}).Obj()} {
			attempt, accounts, _, _ := pass(ctx, o)
			Expect(attempt()).To(BeZero())
			Expect(accounts()).To(BeEmpty())
		}
	})

	It("is not created in an organization that is gone although the cache still shows it", func(ctx context.Context) {
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
		Expect(r.reconcileAccounts(ctx, &scope{workspace: young, organization: acme, devices: devices})).To(Equal(2 * time.Second))
		unassigned := []*v1alpha1.Device{{Name: "kiosk"}}
		Expect(r.reconcileAccounts(ctx, &scope{workspace: young, organization: acme, devices: unassigned})).To(BeZero(), "nobody to wait for")
	})
})
