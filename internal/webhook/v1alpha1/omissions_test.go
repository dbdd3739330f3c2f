// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Usher's finalizer", func() {
	DescribeTable("is kept when an update leaves it out", func(ctx context.Context, before, after, kept []string) {
		old, replaced := builders.OrgUser("acme", "luis").Obj(), builders.OrgUser("acme", "luis").Obj()
		old.Finalizers, replaced.Finalizers = before, after
		answer := omissionKeeper{}.Handle(ctx, request("ana@acme.example", admissionv1.Update, old, replaced))
		Expect(answer.Allowed).To(BeTrue())
		if kept == nil {
			Expect(answer.Patches).To(BeEmpty())
			return
		}
		Expect(answer.Patches).To(HaveExactElements(And(HaveField("Operation", "add"), HaveField("Path", "/metadata/finalizers"), HaveField("Value", kept))))
	},
		Entry("with all others", []string{v1alpha1.Finalizer}, nil, []string{v1alpha1.Finalizer}),
		Entry("before another", []string{v1alpha1.Finalizer, "a.example/b"}, []string{"a.example/b"}, []string{v1alpha1.Finalizer, "a.example/b"}),
		Entry("behind another", []string{"a.example/b", v1alpha1.Finalizer}, []string{"a.example/b"}, []string{"a.example/b", v1alpha1.Finalizer}),
		Entry("behind another that is left out too", []string{"a.example/b", v1alpha1.Finalizer}, nil, []string{v1alpha1.Finalizer}),
		Entry("not when it is there", []string{v1alpha1.Finalizer}, []string{v1alpha1.Finalizer}, nil),
		Entry("not when it was not there", nil, nil, nil),
	)

	DescribeTable("is set when an object is created", func(ctx context.Context, given, set []string) {
		u := builders.OrgUser("acme", "luis").Obj()
		u.Finalizers = given
		answer := omissionKeeper{}.Handle(ctx, request("ana@acme.example", admissionv1.Create, nil, u))
		Expect(answer.Allowed).To(BeTrue())
		if set == nil {
			Expect(answer.Patches).To(BeEmpty())
			return
		}
		Expect(answer.Patches).To(HaveExactElements(And(HaveField("Operation", "add"), HaveField("Path", "/metadata/finalizers"), HaveField("Value", set))))
	},
		Entry("without any", nil, []string{v1alpha1.Finalizer}),
		Entry("behind another", []string{"a.example/b"}, []string{"a.example/b", v1alpha1.Finalizer}),
		Entry("not when a saved copy has it", []string{v1alpha1.Finalizer, "a.example/b"}, nil),
	)

	It("WXP-5 and labels and owner references are kept when an update leaves them out, with a warning", func(ctx context.Context) {
		old, replaced := builders.OrgUser("acme", "luis").Obj(), builders.OrgUser("acme", "luis").Obj()
		old.Labels = map[string]string{v1alpha1.LabelInvitation: "team", v1alpha1.LabelOrigin: "intake", "team": "red"}
		old.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "c", UID: "1"}}
		replaced.Labels = map[string]string{v1alpha1.LabelOrigin: "portal", "team": "blue"}
		r := request("ana@acme.example", admissionv1.Update, old, replaced)

		answer := omissionKeeper{}.Handle(ctx, r)
		Expect(answer.Warnings).To(HaveExactElements(
			"metadata.labels[accounts.usher.dev/invitation] is left out and stays as it is: only Usher may remove it",
			"metadata.ownerReferences is left out and stays as it is: only Usher may remove it"))
		Expect(answer.Patches).To(ConsistOf(
			And(HaveField("Operation", "add"), HaveField("Path", "/metadata/labels"), HaveField("Value", map[string]string{
				v1alpha1.LabelInvitation: "team", v1alpha1.LabelOrigin: "portal", "team": "blue",
			})),
			And(HaveField("Operation", "add"), HaveField("Path", "/metadata/ownerReferences"), HaveField("Value", old.OwnerReferences)),
		))

		By("what an update changes is judged as before")
		replaced.Labels = map[string]string{v1alpha1.LabelInvitation: "other", v1alpha1.LabelOrigin: "intake"}
		replaced.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "d", UID: "2"}}
		r.Object.Raw = raw(replaced)
		Expect(omissionKeeper{}.Handle(ctx, r).Patches).To(BeEmpty())
	})

	It("is not put back into an object that is being deleted, or by other requests", func(ctx context.Context) {
		old, replaced := builders.OrgUser("acme", "luis").Obj(), builders.OrgUser("acme", "luis").Obj()
		old.Finalizers = []string{v1alpha1.Finalizer}
		status := request("ana@acme.example", admissionv1.Update, old, replaced)
		status.SubResource = "status"
		Expect(omissionKeeper{}.Handle(ctx, status).Patches).To(BeEmpty())
		old.DeletionTimestamp = new(metav1.Now())
		Expect(omissionKeeper{}.Handle(ctx, request("ana@acme.example", admissionv1.Update, old, replaced)).Patches).To(BeEmpty())
		Expect(omissionKeeper{}.Handle(ctx, request("ana@acme.example", admissionv1.Delete, old, nil)).Patches).To(BeEmpty())
	})
})
