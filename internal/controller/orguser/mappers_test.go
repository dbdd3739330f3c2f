// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Whom a change concerns:", func() {
	const view, edit = v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit
	reconciler := func(ctx context.Context, objects ...client.Object) *Reconciler {
		GinkgoHelper()
		scheme := runtime.NewScheme()
		Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
		Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
		b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...)
		Expect(lookup.AddIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
		return &Reconciler{cache: lookup.New(b.Build(), effective.IntakeDomains{})}
	}
	names := func(keys []types.NamespacedName, err error) []string {
		GinkgoHelper()
		Expect(err).NotTo(HaveOccurred())
		found := []string{}
		for _, key := range keys {
			Expect(key.Namespace).To(Equal("acme"))
			found = append(found, key.Name)
		}
		return found
	}
	user := func(name string, groups ...string) *v1alpha1.OrgUser {
		return builders.OrgUser("acme", name).Groups(groups...).Obj()
	}
	acme := builders.Organization("acme").ModuleWithRole("desk", 9, "tickets").ModuleWithRole("fax", 9, "faxes").Obj()
	acme.Status.Administrators = []string{"ana"}
	acme.Status.Modules = []v1alpha1.ModuleStatus{
		{Name: "desk", Holders: []string{"luis"}, Leaving: []string{"kim"}}, {Name: "fax", Holders: []string{"eva"}},
	}
	holder := user("holder")
	holder.Status.Workspaces = []v1alpha1.WorkspaceGrantStatus{builders.Granted("support", view)}
	people := []client.Object{
		acme, user("ana"), user("luis"), user("eva", "night"), user("kim", "night"), holder,
		builders.OrgUser("acme", "wisher").Workspace("support", view).Obj(), user("nobody"),
	}

	// next gives a workspace and how it is after a change of its spec.
	next := func(b builders.WorkspaceBuilder, mutate func(*v1alpha1.Workspace)) mapper.Change[*v1alpha1.Workspace] {
		before := b.Obj()
		before.Generation, before.Status.Namespace = 1, "acme-support"
		after := before.DeepCopy()
		after.Generation = 2
		mutate(after)
		return changeOf(before, after)
	}

	DescribeTable("of a workspace", func(ctx context.Context, c mapper.Change[*v1alpha1.Workspace], expected ...string) {
		users := reconciler(ctx, people...)
		Expect(names(users.ofWorkspace(ctx, c))).To(ConsistOf(expected))
	},
		Entry("ORG-23 who is added", next(builders.Workspace("acme", "support").Member("eva@acme.example", edit), func(w *v1alpha1.Workspace) {
			w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{Email: "luis@acme.example", Access: view})
		}), "luis"),
		Entry("who is taken out", next(builders.Workspace("acme", "support").Member("eva@acme.example", edit), func(w *v1alpha1.Workspace) {
			w.Spec.Members = nil
		}), "eva"),
		Entry("whose access is another", next(builders.Workspace("acme", "support").Member("eva@acme.example", edit).Member("luis@acme.example", view), func(w *v1alpha1.Workspace) {
			w.Spec.Members[0].Access = view
		}), "eva", "eva"),
		Entry("LMI-9 a group's people", next(builders.Workspace("acme", "support"), func(w *v1alpha1.Workspace) {
			w.Spec.Members = []v1alpha1.WorkspaceMember{{Group: "night", Access: view}}
		}), "eva", "kim"),
		Entry("nobody by another order or name", next(builders.Workspace("acme", "support").Member("eva@acme.example", edit).Member("luis@acme.example", view), func(w *v1alpha1.Workspace) {
			w.Spec.Members[0], w.Spec.Members[1] = w.Spec.Members[1], w.Spec.Members[0]
			w.Spec.DisplayName = "Soporte"
		})),
		Entry("nobody by what is in its status", next(builders.Workspace("acme", "support").Member("eva@acme.example", edit), func(w *v1alpha1.Workspace) {
			w.Generation, w.Status.Members = 1, ptr.To[int32](3)
		})),
		Entry("ORG-2 everybody in it when its namespace comes or goes", next(builders.Workspace("acme", "support").Member("luis@acme.example", edit).Group("night", view), func(w *v1alpha1.Workspace) {
			w.Generation, w.Status.Namespace = 1, ""
		}), "ana", "luis", "eva", "kim", "holder", "wisher"),
		Entry("everybody in it, before and after, when it goes", next(builders.Workspace("acme", "support").Member("luis@acme.example", edit), func(w *v1alpha1.Workspace) {
			w.DeletionTimestamp, w.Spec.Members = ptr.To(metav1.Now()), nil
		}), "ana", "luis", "holder", "wisher"),
		Entry("nobody when it was there before the watch", mapper.Change[*v1alpha1.Workspace]{
			After: builders.Workspace("acme", "support").Member("luis@acme.example", edit).Obj(), Initial: true,
		}),
	)

	It("one person of 5,000 when one is added to a workspace", func(ctx context.Context) {
		crowd := builders.Workspace("acme", "support").With(func(w *v1alpha1.Workspace) {
			for n := range 5000 {
				w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{
					Email: v1alpha1.MemberAddress(fmt.Sprintf("p%d@acme.example", n)), Access: view,
				})
			}
		})
		users := reconciler(ctx, people...)
		Expect(names(users.ofWorkspace(ctx, next(crowd, func(w *v1alpha1.Workspace) {
			w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{Email: "luis@acme.example", Access: view})
		})))).To(ConsistOf("luis"))
	})

	DescribeTable("GTA-10 of a ClusterRole", func(ctx context.Context, before, after string, expected ...string) {
		role := func(label string) *metav1.PartialObjectMetadata {
			if label == "gone" {
				return nil
			}
			r := lookup.ClusterRole()
			r.Name, r.Labels = "tickets", map[string]string{v1alpha1.LabelGrantable: label}
			return r
		}
		users := reconciler(ctx, people...)
		c := mapper.Change[*metav1.PartialObjectMetadata]{Before: role(before), After: role(after)}
		Expect(names(users.ofClusterRole(ctx, c))).To(ConsistOf(expected))
		Expect(mapper.OrganizationsNaming(ctx, users.cache, c)).To(HaveLen(min(len(expected), 1)))
	},
		Entry("who has its module's seats, when it comes", "gone", "true", "luis", "kim"),
		Entry("when it goes", "true", "gone", "luis", "kim"),
		Entry("when it may be bound no longer", "true", "", "luis", "kim"),
		Entry("nobody by anything else", "true", "true"),
	)

	It("ORG-6 who manages billing, when there are payment details from now on or no longer", func(ctx context.Context) {
		bill := builders.OrgUser("acme", "bill").Role(v1alpha1.RoleBillingAdmin).Obj()
		users := reconciler(ctx, append(people, bill)...)
		paying, other := acme.DeepCopy(), acme.DeepCopy()
		paying.Spec.Billing.PaymentSecretRef = &v1alpha1.SecretReference{Name: "card"}
		other.Spec.Billing.PaymentSecretRef = &v1alpha1.SecretReference{Name: "bank"}
		Expect(names(users.ofOrganization(ctx, changeOf(acme, paying)))).To(ConsistOf("bill"))
		Expect(names(users.ofOrganization(ctx, changeOf(paying, acme)))).To(ConsistOf("bill"))
		Expect(names(users.ofOrganization(ctx, changeOf(paying, other)))).To(BeEmpty())
	})

	It("GTA-10 GTA-5 of an organization: who has a module whose ClusterRole is another, all when a workspace is required", func(ctx context.Context) {
		users := reconciler(ctx, people...)
		after := acme.DeepCopy()
		after.Spec.Subscription.Modules[1].ClusterRoleName = "view"
		Expect(names(users.ofOrganization(ctx, changeOf(acme, after)))).To(ConsistOf("eva"))
		after = acme.DeepCopy()
		after.Spec.Profile.DisplayName = "Acme S.A."
		Expect(names(users.ofOrganization(ctx, changeOf(acme, after)))).To(BeEmpty())
		after.Spec.Settings.WorkspaceAssignment = v1alpha1.AssignmentRequired
		Expect(names(users.ofOrganization(ctx, changeOf(acme, after)))).To(HaveLen(len(people) - 1))
	})
})

func changeOf[T client.Object](before, after T) mapper.Change[T] {
	return mapper.Change[T]{Before: before, After: after}
}
