// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

var _ = Describe("The size of an object", func() {
	judge := func(old, requested client.Object) []authz.Violation {
		r := authz.Request{Operation: authz.Create, Actor: authz.Actor{Kind: authz.ActorPlatform}, Organization: "acme", New: requested}
		if old != nil {
			r.Operation, r.Old = authz.Update, old
		}
		return authz.Judge(r)
	}
	annotated := func(o client.Object, kib int) client.Object {
		o = o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
		o.SetAnnotations(map[string]string{"example.com/padding": strings.Repeat("x", kib<<10)})
		return o
	}

	DescribeTable("OPS-9 is refused if it leaves the status too little room", func(o client.Object, kib int, message string) {
		o.SetNamespace("acme")
		Expect(judge(nil, annotated(o, kib-10))).To(BeEmpty())
		Expect(judge(nil, annotated(o, kib))).To(HaveExactElements(And(HaveField("Field", "spec"), HaveField("Rule", "size-bounded"),
			HaveField("Reason", authz.Invalid), HaveField("Message", message))))
	},
		Entry("of an organization", builders.Organization("acme").Obj(), 256, "has 257 KiB together with labels, annotations and managed fields, but only "+
			"256 KiB leave room for the status: remove annotations or contacts that nobody needs, or use kubectl apply --server-side, which needs no annotation"),
		Entry("of a user", builders.OrgUser("acme", "luis").Obj(), 512, "has 513 KiB together with labels, annotations and managed fields, but only "+
			"512 KiB leave room for the status: remove annotations or contacts that nobody needs, or use kubectl apply --server-side, which needs no annotation"),
		Entry("of an invitation", builders.Invitation("acme", "team", "luis@acme.example").Obj(), 256, "has 257 KiB together with labels, annotations and "+
			"managed fields, but only 256 KiB leave room for the status: split the list of addresses into several Invitations"),
		Entry("of a workspace", builders.Workspace("acme", "support").Obj(), 1024, "has 1025 KiB together with labels, annotations and managed fields, but only "+
			"1024 KiB leave room for the status: list groups instead of addresses in spec.members, or use kubectl apply --server-side, which needs no annotation"),
		Entry("of a group", builders.OrgGroup("acme", "helpdesk").Obj(), 1024, "has 1025 KiB together with labels, annotations and managed fields, but only "+
			"1024 KiB leave room for the status: name the group in spec.groups of OrgUsers instead of listing their addresses, or use kubectl apply "+
			"--server-side, which needs no annotation"),
	)

	It("OPS-9 allows a group with 10,000 members", func() { Expect(authz.CheckSize(maxima.OrgGroup())).To(BeEmpty()) })

	It("OPS-9 allows a workspace with 10,000 members and 1,000 devices", func() {
		w := maxima.Workspace()
		Expect(judge(nil, w)).To(BeEmpty())
	})

	It("OPS-9 may shrink and stay, but not grow, if it was stored too large, whatever changes", func() {
		o := builders.OrgUser("acme", "luis").Obj()
		large, larger := annotated(o, 600), annotated(o, 601)
		Expect(judge(large, larger)).To(HaveExactElements(HaveField("Rule", "size-bounded")))
		Expect(judge(larger, large)).To(BeEmpty())
		Expect(judge(large, large)).To(BeEmpty())
	})

	It("OPS-9 does not count the status and its managed fields", func() {
		o := builders.OrgUser("acme", "luis").Obj()
		o.Status.DisplayName = strings.Repeat("x", 600<<10)
		owned := func(subresource string) []metav1.ManagedFieldsEntry {
			return []metav1.ManagedFieldsEntry{{Subresource: subresource, FieldsV1: metav1.NewFieldsV1(`{"f:` + strings.Repeat("x", 600<<10) + `":{}}`)}}
		}
		o.ManagedFields = owned("status")
		Expect(judge(nil, o)).To(BeEmpty())
		o.ManagedFields = owned("")
		Expect(judge(nil, o)).To(HaveExactElements(HaveField("Rule", "size-bounded")))
	})
})

var _ = Describe("The hours of a page", func() {
	page := func(hours ...v1alpha1.OpeningHours) *v1alpha1.Workspace {
		w := builders.Workspace("acme", "support").Obj()
		w.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Support", QueueEmail: "queue@acme.example", Hours: hours}
		return w
	}
	span := func(opens, closes string, days ...v1alpha1.Weekday) v1alpha1.OpeningHours {
		return v1alpha1.OpeningHours{Days: days, Opens: opens, Closes: closes}
	}

	It("OPS-9 are refused if they list a time twice for a day", func() {
		Expect(authz.CheckContent(page(span("09:00", "14:00", v1alpha1.Monday, v1alpha1.Tuesday), span("15:00", "18:00", v1alpha1.Monday),
			span("09:00", "14:00", v1alpha1.Wednesday)))).To(BeEmpty())
		Expect(authz.CheckContent(page(span("09:00", "14:00", v1alpha1.Monday), span("15:00", "18:00", v1alpha1.Monday),
			span("09:00", "14:00", v1alpha1.Friday, v1alpha1.Monday)))).To(HaveExactElements(And(
			HaveField("Field", "spec.portal.hours[2]"), HaveField("Rule", "hours-listed-once"), HaveField("Value", "Monday 09:00-14:00"),
			HaveField("Message", "is already listed in spec.portal.hours[0]: remove the day from one of them"))))
	})
})

var _ = Describe("The faults of a list", func() {
	It("OPS-9 are reported up to ten at once", func() {
		w := builders.Workspace("acme", "support").Obj()
		for n := range 1000 {
			w.Spec.Devices = append(w.Spec.Devices, v1alpha1.Device{Name: maxima.Name("device", n), SerialNumber: "SN-1"})
		}
		for range 64 {
			w.Spec.Contacts = append(w.Spec.Contacts, v1alpha1.Contact{Name: "x", Assignee: "a@xn--a.example"})
		}
		Expect(authz.CheckContent(w)).To(HaveLen(20), "ten devices and ten contacts")
	})
})
