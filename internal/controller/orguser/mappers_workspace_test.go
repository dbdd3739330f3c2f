// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A change of a workspace", func() {
	const view, edit = v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit

	// next returns a workspace before and after a change of its spec.
	next := func(b builders.WorkspaceBuilder, mutate func(*v1alpha1.Workspace)) mapper.Change[*v1alpha1.Workspace] {
		before := b.Obj()
		before.Generation, before.Status.Namespace = 1, "acme-support"
		after := before.DeepCopy()
		after.Generation = 2
		mutate(after)
		return changeOf(before, after)
	}

	DescribeTable("concerns", func(ctx context.Context, c mapper.Change[*v1alpha1.Workspace], expected ...string) {
		users := mapping(ctx, acmePeople()...)
		Expect(names(users.usersForWorkspace(ctx, c))).To(ConsistOf(expected))
	},
		Entry("ORG-23 a person who is added", next(builders.Workspace("acme", "support").Member("eva@acme.example", edit), func(w *v1alpha1.Workspace) {
			w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{Email: "luis@acme.example", Access: view})
		}), "luis"),
		Entry("a person who is removed", next(builders.Workspace("acme", "support").Member("eva@acme.example", edit), func(w *v1alpha1.Workspace) {
			w.Spec.Members = nil
		}), "eva"),
		Entry("a person whose access changes", next(builders.Workspace("acme", "support").Member("eva@acme.example", edit).Member("luis@acme.example", view), func(w *v1alpha1.Workspace) {
			w.Spec.Members[0].Access = view
		}), "eva"),
		Entry("LMI-9 the people of a group", next(builders.Workspace("acme", "support"), func(w *v1alpha1.Workspace) {
			w.Spec.Members = []v1alpha1.WorkspaceMember{{Group: "night", Access: view}}
		}), "eva", "kim"),
		Entry("nobody when only the order or the display name changes", next(builders.Workspace("acme", "support").Member("eva@acme.example", edit).Member("luis@acme.example", view), func(w *v1alpha1.Workspace) {
			w.Spec.Members[0], w.Spec.Members[1] = w.Spec.Members[1], w.Spec.Members[0]
			w.Spec.DisplayName = "Soporte"
		})),
		Entry("nobody when only the status changes", next(builders.Workspace("acme", "support").Member("eva@acme.example", edit), func(w *v1alpha1.Workspace) {
			w.Generation, w.Status.Members = 1, ptr.To[int32](3)
		})),
		Entry("ORG-2 everybody in it when its namespace appears or disappears", next(builders.Workspace("acme", "support").Member("luis@acme.example", edit).Group("night", view), func(w *v1alpha1.Workspace) {
			w.Generation, w.Status.Namespace = 1, ""
		}), "ana", "luis", "eva", "kim", "holder", "requester"),
		Entry("everybody in it, before and after, when it is deleted", next(builders.Workspace("acme", "support").Member("luis@acme.example", edit), func(w *v1alpha1.Workspace) {
			w.DeletionTimestamp, w.Spec.Members = ptr.To(metav1.Now()), nil
		}), "ana", "luis", "holder", "requester"),
		Entry("nobody when it existed before the watch began", mapper.Change[*v1alpha1.Workspace]{
			After: builders.Workspace("acme", "support").Member("luis@acme.example", edit).Obj(), Initial: true,
		}),
	)

	It("ORG-23 concerns each person once, however often the members name them", func(ctx context.Context) {
		crowd := builders.Workspace("acme", "support").With(func(w *v1alpha1.Workspace) {
			for range 5000 {
				w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{Group: "night", Access: view},
					v1alpha1.WorkspaceMember{Email: "Eva@acme.example", Access: edit})
			}
		})
		users := mapping(ctx, acmePeople()...)
		Expect(names(users.usersForWorkspace(ctx, next(crowd, func(w *v1alpha1.Workspace) {
			w.Generation, w.Status.Namespace = 1, ""
		})))).To(ConsistOf("ana", "eva", "kim", "holder", "requester"))
	})

	It("concerns one person of 5,000 when one is added", func(ctx context.Context) {
		crowd := builders.Workspace("acme", "support").With(func(w *v1alpha1.Workspace) {
			for n := range 5000 {
				w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{
					Email: v1alpha1.MemberAddress(fmt.Sprintf("p%d@acme.example", n)), Access: view,
				})
			}
		})
		users := mapping(ctx, acmePeople()...)
		Expect(names(users.usersForWorkspace(ctx, next(crowd, func(w *v1alpha1.Workspace) {
			w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{Email: "luis@acme.example", Access: view})
		})))).To(ConsistOf("luis"))
	})
})
