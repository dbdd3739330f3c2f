// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func scheme() *runtime.Scheme {
	GinkgoHelper()
	s := runtime.NewScheme()
	Expect(v1alpha1.AddToScheme(s)).To(Succeed())
	return s
}

var _ = Describe("A change of a workspace", func() {
	const view, edit = v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit

	// next returns a workspace before and after a change of its spec.
	next := func(b builders.WorkspaceBuilder, mutate func(*v1alpha1.Workspace)) mapper.Change[*v1alpha1.Workspace] {
		before := b.Obj()
		before.Generation, before.Status.Namespace = 1, "acme-support"
		after := before.DeepCopy()
		after.Generation = 2
		mutate(after)
		return mapper.Change[*v1alpha1.Workspace]{Before: before, After: after}
	}

	DescribeTable("leads to a pass at once, or later together with others:", func(at string, mutate func(*v1alpha1.Workspace)) {
		c := next(builders.Workspace("acme", "support").Member("eva@acme.example", edit), mutate)
		Expect(beyondMembers().Update(event.UpdateEvent{ObjectOld: c.Before, ObjectNew: c.After})).To(Equal(at == "at once"))
	},
		Entry("ORG-23 another member", "later", func(w *v1alpha1.Workspace) {
			w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{Email: "luis@acme.example", Access: view})
		}),
		Entry("its own count", "later", func(w *v1alpha1.Workspace) { w.Status.Members = ptr.To[int32](3) }),
		Entry("one member less and a setting", "at once", func(w *v1alpha1.Workspace) {
			w.Spec.Members, w.Spec.Settings.Language = nil, "es"
		}),
		Entry("a label", "at once", func(w *v1alpha1.Workspace) { w.Labels = map[string]string{"a": "b"} }),
		Entry("its deletion", "at once", func(w *v1alpha1.Workspace) { w.DeletionTimestamp = ptr.To(metav1.Now()) }),
	)

	DescribeTable("is counted after a delay that grows with the list of members:", func(ctx context.Context, listed int, delay time.Duration) {
		w := builders.Workspace("acme", "support").With(func(w *v1alpha1.Workspace) {
			w.Spec.Members = make([]v1alpha1.WorkspaceMember, listed)
		}).Obj()
		r := &Reconciler{client: fake.NewClientBuilder().WithScheme(scheme()).WithObjects(w).Build()}
		Expect(r.countDelay(ctx, client.ObjectKeyFromObject(w))).To(Equal(delay))
		gone, urgent := r.countDelay(ctx, types.NamespacedName{Namespace: "acme", Name: "gone"})
		Expect(gone).To(Equal(mapper.CountDelay))
		Expect(urgent).To(BeTrue())
	},
		Entry(nil, 0, mapper.CountDelay), Entry(nil, 499, mapper.CountDelay), Entry(nil, 5000, 11*mapper.CountDelay), Entry(nil, 10000, 21*mapper.CountDelay),
	)
})
